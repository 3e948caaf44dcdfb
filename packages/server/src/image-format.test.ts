import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { imageFormat } from './image-format.js';

const image = () => sharp({ create: { width: 4, height: 4, channels: 3, background: 'red' } });

describe('imageFormat', () => {
  it.each([
    ['JPEG', () => image().jpeg().toBuffer()],
    ['PNG', () => image().png().toBuffer()],
    ['WebP', () => image().webp().toBuffer()],
    ['TIFF', () => image().tiff().toBuffer()],
    ['TIFF', () => image().tiff({ bigtiff: true }).toBuffer()],
    [null, () => image().gif().toBuffer()],
    [null, async () => Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>')],
    [null, async () => Buffer.from('RIFF1234AVI ')],
    [null, async () => Buffer.from([0xff, 0xd8])],
    [null, async () => Buffer.alloc(0)],
  ] as [string | null, () => Promise<Buffer>][])('is %s', async (format, make) => {
    expect(imageFormat(await make())).toBe(format);
  });
});
