import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp, { type Sharp } from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
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

/** A grey image, 255 inside the square from 20 to 40 of 64, saved as `name`. */
async function square(name: string, save: (image: Sharp) => Sharp, inside = 255): Promise<string> {
  const side = 64;
  const within = (at: number) => at >= 20 && at < 40;
  const pixels = Uint8Array.from({ length: side * side }, (_, i) =>
    within(i % side) && within(Math.floor(i / side)) ? inside : 0,
  );
  const path = join(folder, name);
  await save(sharp(pixels, { raw: { width: side, height: side, channels: 1 } })).toFile(path);
  return path;
}

const read = async (path: string) => {
  const { data, remarks } = await readMask(path, { height: 64, width: 64 });
  return { defective: data.reduce((sum, pixel) => sum + pixel, 0), remarks };
};

describe('a mask in a lossy format', () => {
  it.each([
    ['JPEG', (image: Sharp) => image.jpeg({ quality: 20 })],
    ['WebP', (image: Sharp) => image.webp({ quality: 30 })],
  ])('%s is defective from half of its brightest value on', async (format, save) => {
    const kind = `Masks in a lossy format (${format}), defective from half of the brightest value on`;
    for (const inside of [255, 128, 60]) {
      const { defective, remarks } = await read(await square(`square-${inside}.${format}`, save, inside));
      expect(Math.abs(defective - 400)).toBeLessThanOrEqual(8);
      expect(remarks).toEqual([kind]);
    }
  });

  it('is empty where it is black, or nearly', async () => {
    const { defective } = await read(await square('black.jpg', (image) => image.jpeg(), 12));
    expect(defective).toBe(0);
  });
});

it('of a lossless format is remarked on where its edges are soft: all but zero is defective', async () => {
  const soft = await read(await square('soft.png', (image) => image.blur(2).png()));
  expect(soft.defective).toBeGreaterThan(600);
  expect(soft.remarks).toEqual([expect.stringMatching(/^Masks of more than 16 grey values.*all but zero/)]);
  expect(await read(await square('hard.png', (image) => image.png(), 3))).toEqual({
    defective: 400,
    remarks: undefined,
  });
});

it('keeps a scratch that lies between the pixels of the smaller size, and says so', async () => {
  const path = join(folder, 'scratch.png');
  const pixels = Uint8Array.from({ length: 64 * 64 }, (_, i) => (i % 64 === 9 && i < 64 * 32 ? 255 : 0));
  await sharp(pixels, { raw: { width: 64, height: 64, channels: 1 } })
    .png()
    .toFile(path);
  const { data, remarks } = await readMask(path, { height: 8, width: 8 });
  expect(data).toEqual(Uint8Array.from({ length: 64 }, (_, i) => (i % 8 === 1 && i < 32 ? 1 : 0)));
  expect(remarks).toEqual([expect.stringContaining('between the pixels at 8x8')]);
});

describe('a mask and its image', () => {
  let count = 0;
  async function pair(
    image: { width: number; height: number; orientation?: number },
    mask: { width: number; height: number; orientation?: number },
  ) {
    count += 1;
    const write = async (
      { width, height, orientation = 1 }: typeof image,
      name: string,
      format: 'jpeg' | 'png',
    ) => {
      const path = join(folder, `${count}-${name}`);
      const pixels = Uint8Array.from({ length: width * height }, (_, i) => (i === 0 ? 255 : 0));
      const encoder = sharp(pixels, { raw: { width, height, channels: 1 } }).withMetadata({ orientation });
      await encoder.toFormat(format).toFile(path);
      return path;
    };
    const [path, of] = [await write(mask, 'mask.png', 'png'), await write(image, 'image.jpg', 'jpeg')];
    return readMask(path, { height: 4, width: 4 }, of);
  }

  it('have one size as they are shown', async () => {
    const turned = { width: 4, height: 2, orientation: 6 };
    expect((await pair(turned, { width: 2, height: 4 })).remarks).toBeUndefined();
    expect((await pair({ width: 2, height: 4 }, turned)).remarks).toBeUndefined();
    const both = await pair(turned, turned);
    expect([...both.data.subarray(0, 4)]).toEqual([0, 0, 1, 1]);
    expect(both.remarks).toBeUndefined();
  });

  it.each([
    [
      { width: 4, height: 2 },
      { width: 3, height: 2 },
      /mask\.png is 3x2 .*image\.jpg is 4x2; a mask has the size of/,
    ],
    [{ width: 4, height: 2 }, { width: 2, height: 4 }, /is 2x4 .* is 4x2; width and height are swapped/],
    [
      { width: 4, height: 2, orientation: 6 },
      { width: 4, height: 2 },
      /is 4x2 .* is 2x4; the image is turned by EXIF \(orientation 6\) and the mask/,
    ],
    [
      { width: 4, height: 2 },
      { width: 4, height: 2, orientation: 8 },
      /is 2x4 .* is 4x2; the mask is turned by EXIF \(orientation 8\) and the image is not/,
    ],
  ])('of %o and %o are refused', async (image, mask, fault) => {
    await expect(pair(image, mask)).rejects.toThrow(fault);
  });

  it.each([
    ['by half', 4, 3],
    ['mirrored', 4, 2],
    ['square', 2, 6],
  ])('may be turned differently: %s', async (_, width, orientation) => {
    const { remarks } = await pair({ width, height: 2, orientation }, { width, height: 2 });
    expect(remarks).toEqual([expect.stringMatching(/^Masks that EXIF turns otherwise than their images/)]);
  });

  it('are both named where the mask cannot be read', async () => {
    const mask = join(folder, 'damaged.png');
    await writeFile(mask, '');
    await expect(readMask(mask, size, '/images/0.png')).rejects.toThrow(
      /damaged\.png, the mask of \/images\/0\.png, cannot be read as an image: it is empty/,
    );
  });
});
