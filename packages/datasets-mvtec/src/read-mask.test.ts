import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readMask } from './read-mask.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-masks-'));
});
afterAll(() => rm(folder, { recursive: true }));

const size = { height: 2, width: 2 };
const raw = (channels: 1 | 3 | 4) => ({ raw: { ...size, channels } });

it.each([
  ['8 bits, the smallest value', () => sharp(Uint8Array.of(0, 1, 255, 0), raw(1)).png()],
  [
    '16 bits, the smallest value',
    () =>
      sharp(Uint16Array.of(0, 1, 65535, 0), raw(1))
        .toColourspace('grey16')
        .png(),
  ],
  ['colours', () => sharp(Uint8Array.of(0, 0, 0, 0, 0, 1, 200, 0, 0, 0, 0, 0), raw(3)).png()],
  [
    'a palette',
    () =>
      sharp(Uint8Array.of(0, 0, 0, 128, 0, 0, 0, 128, 0, 0, 0, 0), raw(3)).png({ palette: true, dither: 0 }),
  ],
  [
    'an opaque black background',
    () => sharp(Uint8Array.of(0, 0, 0, 255, 9, 0, 0, 255, 0, 9, 0, 255, 0, 0, 0, 255), raw(4)).png(),
  ],
  [
    'a transparent white background',
    () =>
      sharp(Uint8Array.of(255, 255, 255, 0, 255, 255, 255, 255, 9, 9, 9, 9, 255, 255, 255, 0), raw(4)).png(),
  ],
  ['TIFF', () => sharp(Uint8Array.of(0, 1, 255, 0), raw(1)).tiff({ compression: 'lzw' })],
])('takes any pixel that is not zero as defective: %s', async (name, encode) => {
  const path = join(folder, `${name}.img`);
  await encode().toFile(path);
  expect(await readMask(path, size)).toEqual({ ...size, data: Uint8Array.of(0, 1, 1, 0) });
});

it('is turned like its image, and compared with it as turned', async () => {
  const mask = join(folder, 'turned.png');
  const image = join(folder, 'image.jpg');
  await sharp(Uint8Array.of(0, 255, 0), { raw: { width: 3, height: 1, channels: 1 } })
    .png()
    .toFile(mask);
  const create = { width: 1, height: 3, channels: 3 as const, background: '#888' };
  await sharp({ create }).withMetadata({ orientation: 6 }).jpeg().toFile(image);
  const { data } = await readMask(mask, { height: 1, width: 3 }, image);
  expect([...data]).toEqual([0, 1, 0]);
});
