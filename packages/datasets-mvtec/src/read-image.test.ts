import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataError } from '@adfw/core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readImage } from './read-image.js';

const tiles = new URL('../../../../shared/data/magnetic-tile/', import.meta.url).pathname;

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-images-'));
});
afterAll(() => rm(folder, { recursive: true }));

const write = async (name: string, bytes: Uint8Array | string): Promise<string> => {
  const path = join(folder, name);
  await writeFile(path, bytes);
  return path;
};

/** Four colours: red, green over blue, grey. */
const RGB = [200, 10, 20, 30, 180, 40, 50, 60, 220, 128, 128, 128];
const size = { height: 2, width: 2 };
const four = () => sharp(Uint8Array.from(RGB), { raw: { ...size, channels: 3 } });
const pixels = async (bytes: Uint8Array) => [...(await readImage(bytes, size)).data];

describe('formats', () => {
  it.each([
    ['PNG', () => four().png()],
    ['palette PNG', () => four().png({ palette: true, dither: 0, quality: 100 })],
    ['interlaced PNG', () => four().png({ progressive: true })],
    ['TIFF, LZW', () => four().tiff({ compression: 'lzw', predictor: 'horizontal' })],
    ['tiled TIFF, deflate', () => four().tiff({ compression: 'deflate', tile: true })],
    ['lossless WebP', () => four().webp({ lossless: true })],
    ['GIF', () => four().gif({ dither: 0 })],
  ])('reads %s to the last bit', async (_, encode) => {
    expect(await pixels(await encode().toBuffer())).toEqual(RGB);
  });

  it.each([
    ['JPEG', () => sharp(flat(90, 120, 200, 3), raw(3)).jpeg({ quality: 100 }), [90, 120, 200]],
    ['grey JPEG', () => sharp(flat(90, 0, 0, 1), raw(1)).jpeg({ quality: 100 }), [90, 90, 90]],
    [
      'progressive JPEG',
      () => sharp(flat(90, 120, 200, 3), raw(3)).jpeg({ progressive: true, quality: 100 }),
      [90, 120, 200],
    ],
    ['WebP', () => sharp(flat(90, 120, 200, 3), raw(3)).webp({ quality: 100 }), [90, 120, 200]],
    ['AVIF', () => sharp(flat(90, 120, 200, 3), raw(3)).avif({ quality: 95 }), [90, 120, 200]],
    [
      'AVIF of 10 bits',
      () => sharp(flat(90, 120, 200, 3), raw(3)).avif({ quality: 95, bitdepth: 10 }),
      [90, 120, 200],
    ],
  ])('reads %s', async (_, encode, colour) => {
    const { data } = await readImage(await encode().toBuffer(), size);
    data.forEach((value, i) => {
      expect(Math.abs(value - (colour[i % 3] as number))).toBeLessThanOrEqual(2);
    });
  });

  const raw = (channels: 1 | 3) => ({ raw: { width: 16, height: 16, channels } });
  const flat = (red: number, green: number, blue: number, channels: 1 | 3) =>
    Uint8Array.from({ length: 256 * channels }, (_, i) => [red, green, blue][i % channels] as number);

  it('reads CMYK as the colour it stands for', async () => {
    const red = await sharp({ create: { ...size, channels: 3, background: '#d02020' } })
      .toColourspace('cmyk')
      .jpeg({ quality: 100 })
      .toBuffer();
    expect((await sharp(red).metadata()).space).toBe('cmyk');
    const [r, g, b] = await pixels(red);
    expect(r).toBeGreaterThan(150);
    expect(g).toBeLessThan(90);
    expect(b).toBeLessThan(90);
  });

  it('drops alpha and leaves the colours below it as they are', async () => {
    const alpha = await four()
      .joinChannel(Buffer.from([255, 128, 1, 0]), { raw: { ...size, channels: 1 } })
      .png()
      .toBuffer();
    expect((await sharp(alpha).metadata()).channels).toBe(4);
    expect(await pixels(alpha)).toEqual(RGB);
  });

  it.each(['png', 'tiff'] as const)('divides 16 bits by 257, %s', async (format) => {
    const samples = [0, 128, 129, 257, 32767, 32896, 65406, 65407, 65535, 40000, 1000, 60000];
    const rgb16 = await sharp(Uint16Array.from(samples), { raw: { ...size, channels: 3 } })
      .toColourspace('rgb16')
      .toFormat(format, { compression: 'lzw' })
      .toBuffer();
    const grey16 = await sharp(Uint16Array.from(samples), { raw: { width: 12, height: 1, channels: 1 } })
      .toColourspace('grey16')
      .toFormat(format, { compression: 'lzw' })
      .toBuffer();
    for (const bytes of [rgb16, grey16]) expect((await sharp(bytes).metadata()).depth).toBe('ushort');
    const expected = samples.map((sample) => Math.round(sample / 257));
    expect(await pixels(rgb16)).toEqual(expected);
    const grey = await readImage(grey16, { height: 1, width: 12 });
    expect([...grey.data].filter((_, i) => i % 3 === 0)).toEqual(expected);
  });

  it('turns by EXIF orientation', async () => {
    // 6: the stored image is to be turned clockwise by a quarter.
    const turned = await four().withMetadata({ orientation: 6 }).png().toBuffer();
    const [red, green, blue, grey] = [RGB.slice(0, 3), RGB.slice(3, 6), RGB.slice(6, 9), RGB.slice(9)];
    expect(await pixels(turned)).toEqual([blue, red, grey, green].flat());
  });

  it('takes the first page of several', async () => {
    const pages = sharp([await four().png().toBuffer(), await four().negate().png().toBuffer()], {
      join: { animated: true },
    });
    const bytes = await pages.tiff({ compression: 'lzw' }).toBuffer();
    expect((await sharp(bytes).metadata()).pages).toBe(2);
    expect(await pixels(bytes)).toEqual(RGB);
  });

  it('refuses samples whose range is not known', async () => {
    const float = await four().toColourspace('scrgb').tiff({ compression: 'lzw' }).toBuffer();
    await expect(readImage(float, size)).rejects.toThrow(/samples are of type float.*8 or 16 bits/);
  });
});

describe('BMP', () => {
  /** A BMP with a 40-byte header. `rows` are the bytes of the pixels as stored. */
  function bmp(
    bits: number,
    rows: readonly number[],
    {
      palette = [],
      compression = 0,
      topDown = false,
    }: { palette?: number[]; compression?: number; topDown?: boolean } = {},
  ): Uint8Array {
    const offset = 54 + palette.length;
    const bytes = new Uint8Array(offset + rows.length);
    const view = new DataView(bytes.buffer);
    bytes.set([0x42, 0x4d]);
    view.setUint32(2, bytes.length, true);
    view.setUint32(10, offset, true);
    view.setUint32(14, 40, true);
    view.setInt32(18, 2, true);
    view.setInt32(22, topDown ? -2 : 2, true);
    view.setUint16(26, 1, true);
    view.setUint16(28, bits, true);
    view.setUint32(30, compression, true);
    view.setUint32(34, rows.length, true);
    view.setUint32(46, palette.length / 4, true);
    bytes.set(palette, 54);
    bytes.set(rows, offset);
    return bytes;
  }
  // Blue, green, red and a byte left over, as palettes and pixels store it.
  const [red, green, blue, grey] = [
    [20, 10, 200],
    [40, 180, 30],
    [220, 60, 50],
    [128, 128, 128],
  ];
  const palette = [red, green, blue, grey].flatMap((colour) => [...(colour as number[]), 0]);
  const bgr = [blue, grey, [0, 0], red, green, [0, 0]].flat() as number[];
  const bgrx = [blue, [0], grey, [0], red, [0], green, [0]].flat() as number[];

  it.each([
    ['24 bits', bmp(24, bgr)],
    ['32 bits, the fourth byte zero', bmp(32, bgrx)],
    ['rows top down', bmp(24, [...bgr.slice(8), ...bgr.slice(0, 8)], { topDown: true })],
    ['4 bits', bmp(4, [0x23, 0, 0, 0, 0x01, 0, 0, 0], { palette })],
    ['8 bits', bmp(8, [2, 3, 0, 0, 0, 1, 0, 0], { palette })],
    ['8 bits in runs', bmp(8, [1, 2, 1, 3, 0, 0, 1, 0, 1, 1, 0, 1], { palette, compression: 1 })],
    ['4 bits in runs', bmp(4, [2, 0x23, 0, 0, 2, 0x01, 0, 1], { palette, compression: 2 })],
  ])('reads %s', async (_, bytes) => {
    expect(await pixels(bytes)).toEqual(RGB);
  });

  it('reads 1 bit', async () => {
    const bytes = bmp(1, [0b10000000, 0, 0, 0, 0b01000000, 0, 0, 0], { palette: palette.slice(0, 8) });
    expect(await pixels(bytes)).toEqual(
      [RGB.slice(0, 3), RGB.slice(3, 6), RGB.slice(3, 6), RGB.slice(0, 3)].flat(),
    );
  });

  it('refuses one that is cut off, or claims to be immense', async () => {
    await expect(readImage(await write('cut.bmp', bmp(24, bgr).slice(0, -3)), size)).rejects.toThrow(
      /cut\.bmp cannot be read.*damaged or cut off/,
    );
    const immense = bmp(24, bgr);
    new DataView(immense.buffer).setInt32(18, 60000, true);
    new DataView(immense.buffer).setInt32(22, 60000, true);
    await expect(readImage(await write('immense.bmp', immense), size)).rejects.toThrow(
      /immense\.bmp.*pixels/,
    );
  });
});

describe('sizes', () => {
  it('gives exactly the size asked for, whatever the shape', async () => {
    const wide = await sharp({ create: { width: 300, height: 20, channels: 3, background: '#336699' } })
      .png()
      .toBuffer();
    const image = await readImage(wide, { height: 64, width: 48 });
    expect(image).toMatchObject({ height: 64, width: 48 });
    expect(image.data).toHaveLength(64 * 48 * 3);
    expect([...image.data.slice(0, 3)]).toEqual([0x33, 0x66, 0x99]);
  });

  // Pillow's pixels (rows and columns 8, 40, 72...) of two photographs resized to 224x224.
  it.skipIf(!existsSync(tiles)).each([
    [
      '002',
      [
        52, 93, 70, 126, 137, 107, 76, 103, 111, 88, 127, 128, 112, 81, 108, 123, 91, 123, 140, 102, 77, 96,
        98, 89, 126, 147, 107, 71, 89, 87, 83, 132, 137, 115, 72, 89, 87, 112, 152, 149, 114, 70, 71, 74, 135,
        133, 132, 112, 76,
      ],
      103.785,
    ],
    [
      '005',
      [
        78, 48, 59, 59, 65, 47, 42, 58, 53, 59, 59, 60, 44, 38, 69, 56, 59, 55, 58, 55, 38, 67, 67, 64, 58,
        61, 53, 42, 62, 70, 76, 68, 67, 55, 43, 62, 98, 81, 72, 65, 56, 44, 54, 99, 79, 63, 65, 59, 53,
      ],
      59.228,
    ],
  ])(
    'reads and resizes a photograph as Pillow does (needs the magnetic tiles), %s',
    async (name, expected, mean) => {
      const { data } = await readImage(join(tiles, `train/good/${name}.jpg`), { height: 224, width: 224 });
      const grid = [8, 40, 72, 104, 136, 168, 200];
      const found = grid.flatMap((y) => grid.map((x) => data[(y * 224 + x) * 3] as number));
      found.forEach((value, i) => {
        expect(Math.abs(value - (expected[i] as number))).toBeLessThanOrEqual(1);
      });
      expect(data.reduce((sum, value) => sum + value, 0) / data.length).toBeCloseTo(mean, 1);
    },
  );
});

describe('files that cannot be read', () => {
  const noise = (channels: 3 | 4 = 3) => {
    const data = Uint8Array.from({ length: 64 * 64 * channels }, (_, i) => (i * 7919) % 251);
    return sharp(data, { raw: { width: 64, height: 64, channels } });
  };
  const half = async (image: ReturnType<typeof sharp>): Promise<Uint8Array> => {
    const bytes = await image.toBuffer();
    return bytes.subarray(0, bytes.length / 2);
  };
  const refuse = async (path: string, reason: RegExp): Promise<void> => {
    const error: unknown = await readImage(path, size).catch((caught: unknown) => caught);
    expect(error).toBeInstanceOf(DataError);
    const { message } = error as Error;
    expect(message).toContain(path);
    expect(message).toMatch(reason);
    expect(message).toContain('--skip-bad-images');
  };

  it.each([
    ['half.jpg', () => half(noise().jpeg())],
    ['half-progressive.jpg', () => half(noise().jpeg({ progressive: true }))],
    ['half.png', () => half(noise().png())],
    ['half.webp', () => half(noise().webp())],
    ['half.gif', () => half(noise().gif())],
    ['half.avif', () => half(noise().avif())],
    ['half.tif', () => half(noise().tiff({ compression: 'none' }))],
  ])('%s', async (name, bytes) => {
    await refuse(await write(name, await bytes()), /damaged/);
  });

  it('a JPEG with garbage in its middle', async () => {
    const bytes = await noise().jpeg().toBuffer();
    bytes.set([0xff, 0xd3, 0xff, 0xd5], bytes.length / 2);
    await refuse(await write('garbage.jpg', bytes), /damaged/);
  });

  it('an empty file, a text, a format that is none of ours, a folder, nothing', async () => {
    await refuse(await write('empty.png', ''), /it is empty/);
    await refuse(await write('text.png', 'not an image'), /not JPEG, PNG, BMP, TIFF, WebP, GIF or AVIF/);
    await refuse(
      await write('svg.png', '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'),
      /not JPEG, PNG/,
    );
    await refuse(folder, /it is a folder/);
    await refuse(join(folder, 'nothing.png'), /no such file/);
  });

  it('a header that claims a hundred thousand rows', async () => {
    const bytes = await noise().png().toBuffer();
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(16, 100_000);
    new DataView(bytes.buffer, bytes.byteOffset).setUint32(20, 100_000);
    await refuse(await write('immense.png', bytes), /pixels/);
  });

  it('a file that may not be read', async () => {
    const path = await write('secret.png', await noise().png().toBuffer());
    await chmod(path, 0);
    await asOrdinaryUser(() => refuse(path, /permission is denied/));
  });
});

/** Root may read everything, so a test of permissions drops to another user. */
async function asOrdinaryUser(run: () => Promise<void>): Promise<void> {
  if (process.geteuid?.() !== 0) return run();
  await chmod(folder, 0o755);
  process.seteuid?.(65534);
  try {
    await run();
  } finally {
    process.seteuid?.(0);
  }
}
