import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { imageFormat, isImageFile } from './image-format.js';

const image = () => sharp({ create: { width: 4, height: 4, channels: 3, background: 'red' } });
const bmp = () => Buffer.from(`BM${'\0'.repeat(12)}\x28\0\0\0`, 'latin1');

describe('imageFormat', () => {
  it.each([
    ['JPEG', () => image().jpeg().toBuffer()],
    ['PNG', () => image().png().toBuffer()],
    ['BMP', async () => bmp()],
    ['TIFF', () => image().tiff().toBuffer()],
    ['TIFF', () => image().tiff({ bigtiff: true }).toBuffer()],
    ['WebP', () => image().webp().toBuffer()],
    ['GIF', () => image().gif().toBuffer()],
    ['AVIF', () => image().avif().toBuffer()],
    [null, async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    [null, async () => Buffer.from('BMW 320, left front door, line 2')],
    [null, async () => Buffer.from('RIFF1234AVI ')],
    [null, async () => Buffer.from([0xff, 0xd8])],
    [null, async () => Buffer.alloc(0)],
  ] as [string | null, () => Promise<Buffer>][])('is %s', async (format, make) => {
    expect(imageFormat(await make())).toBe(format);
  });
});

it('tells an image file by what is in it, whatever its name', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'adfw-format-'));
  const write = async (name: string, bytes: Uint8Array): Promise<string> => {
    await writeFile(join(folder, name), bytes);
    return join(folder, name);
  };
  try {
    expect(await isImageFile(await write('camera.dat', await image().jpeg().toBuffer()))).toBe(true);
    expect(await isImageFile(await write('short.bmp', bmp()))).toBe(true);
    expect(await isImageFile(await write('notes.jpg', Buffer.from('not an image')))).toBe(false);
    expect(await isImageFile(await write('empty.png', Buffer.alloc(0)))).toBe(false);
    await expect(isImageFile(folder)).rejects.toThrow(/EISDIR/);
  } finally {
    await rm(folder, { recursive: true });
  }
});
