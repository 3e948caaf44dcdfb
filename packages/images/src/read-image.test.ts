import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, deflateSync } from 'node:zlib';
import { DataError, frameCount, type ImageReading } from '@adfw/core';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { checkReading, readImage } from './read-image.js';
import { type TiffPicture, tiff } from './tiff.test.fixture.js';

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

function pngChunk(type: string, data: Uint8Array): Buffer {
  const chunk = Buffer.concat([Buffer.alloc(4), Buffer.from(type), data, Buffer.alloc(4)]);
  chunk.writeUInt32BE(data.length);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, -4)), chunk.length - 4);
  return chunk;
}

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

  it('reads colours of 16 bits by their profile, as it reads those of 8', async () => {
    const soft = [120, 110, 100, 90, 130, 110, 100, 110, 150, 128, 128, 128];
    const png = await sharp(
      Uint16Array.from(soft, (value) => value * 257),
      { raw: { ...size, channels: 3 } },
    )
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    // The profile of sRGB says nothing new.
    const { icc } = await sharp(await four().withIccProfile('srgb').png().toBuffer()).metadata();
    const profile = pngChunk('iCCP', Buffer.concat([Buffer.from('x\0\0'), deflateSync(icc as Buffer)]));
    const afterHeader = 8 + 25;
    const read = await pixels(
      Buffer.concat([png.subarray(0, afterHeader), profile, png.subarray(afterHeader)]),
    );
    expect(Math.max(...read.map((value, i) => Math.abs(value - (soft[i] as number))))).toBeLessThanOrEqual(1);
  });

  it('turns by EXIF orientation', async () => {
    // 6: the stored image is to be turned clockwise by a quarter.
    const turned = await four().withMetadata({ orientation: 6 }).png().toBuffer();
    const [red, green, blue, grey] = [RGB.slice(0, 3), RGB.slice(3, 6), RGB.slice(6, 9), RGB.slice(9)];
    expect(await pixels(turned)).toEqual([blue, red, grey, green].flat());
  });

  it('refuses samples whose range is not known', async () => {
    const float = await four().toColourspace('scrgb').tiff({ compression: 'lzw' }).toBuffer();
    await expect(readImage(float, size)).rejects.toThrow(/samples are of type float.*8 or 16 bits/);
  });
});

describe('the channels of a TIFF', () => {
  /** The four colours with further channels behind them: 7 in the first, 8 in the second. */
  const channelsOf = (count: number): number[] =>
    [0, 3, 6, 9].flatMap((from) => [...RGB.slice(from, from + 3), 7, 8, 9, 10].slice(0, count));
  const picture = (channels: number, more: Partial<TiffPicture> = {}): Uint8Array =>
    tiff({ ...size, channels, samples: Uint8Array.from(channelsOf(channels)), photometric: 2, ...more });
  const deep = Uint16Array.from(channelsOf(5), (value) => value * 257);

  it.each([
    ['3', picture(3)],
    ['4', picture(4)],
    ['5', picture(5)],
    ['7', picture(7)],
    ['3, a plane each', picture(3, { planar: true })],
    ['5, a plane each', picture(5, { planar: true })],
    ['5 of 16 bits', picture(5, { samples: deep })],
    ['5 of 16 bits, a plane each', picture(5, { samples: deep, planar: true })],
  ])('are red, green and blue, and others that are dropped: %s', async (_, bytes) => {
    expect(await pixels(bytes)).toEqual(RGB);
  });

  it.each([
    ['grey and alpha', { channels: 2, photometric: 1, samples: [200, 9, 10, 255, 0, 0, 128, 1] }],
    ['grey, zero white', { channels: 1, photometric: 0, samples: [55, 245, 255, 127] }],
  ])('are %s', async (_, { samples, ...more }) => {
    const bytes = tiff({ ...size, samples: Uint8Array.from(samples), ...more });
    expect(await pixels(bytes)).toEqual([200, 10, 0, 128].flatMap((value) => [value, value, value]));
  });

  it.each([
    [
      '3 that are said to be grey',
      picture(3, { photometric: 1 }),
      /has 3 channels and says that they are grey/,
    ],
    ['5 that are said to be grey', picture(5, { photometric: 1 }), /has 5 channels.*save it as RGB/],
    ['2 planes', picture(2, { photometric: 1, planar: true }), /has 2 channels/],
    ['LAB', picture(3, { photometric: 8 }), /its colours are CIELAB: save it as RGB/],
    ['a camera’s raw pixels', picture(1, { photometric: 32803 }), /a colour filter array/],
    ['colours of another kind', picture(3, { photometric: 12345 }), /of the kind 12345/],
    ['too few for RGB', picture(2), /has 2 channels, where its colours need 3/],
    [
      'packed in 12 bits',
      picture(1, { photometric: 1, bits: 12 }),
      /samples have 12 bits: save it with 8 or 16/,
    ],
    ['floating-point numbers', picture(1, { photometric: 1, bits: 32, sampleFormat: 3 }), /of type float/],
    ['signed numbers', picture(1, { photometric: 1, sampleFormat: 2 }), /of type char/],
  ])('are refused: %s', async (_, bytes, message) => {
    const path = await write('channels.tif', bytes);
    await expect(readImage(path, size)).rejects.toThrow(message);
    await expect(readImage(path, size)).rejects.toThrow(path);
  });
});

describe('pages and frames', () => {
  const OTHER = RGB.map((value) => 255 - value);
  const two = async () =>
    sharp([await four().png().toBuffer(), await four().negate().png().toBuffer()], {
      join: { animated: true },
    });
  const page = (samples: readonly number[], more: Partial<TiffPicture> = {}): TiffPicture => ({
    ...size,
    channels: 3,
    samples: Uint8Array.from(samples),
    photometric: 2,
    ...more,
  });
  const read = async (bytes: Uint8Array, page: number | null) => [
    ...(await readImage(bytes, size, { name: 'part 7', reading: { page, levels: null } })).data,
  ];

  it.each([
    ['a TIFF', 'page', async () => tiff(page(RGB), page(OTHER))],
    ['a compressed TIFF', 'page', async () => (await two()).tiff({ compression: 'lzw' }).toBuffer()],
    ['an animated WebP', 'frame', async () => (await two()).webp({ lossless: true }).toBuffer()],
    ['an animated GIF', 'frame', async () => (await two()).gif({ dither: 0 }).toBuffer()],
  ])('are taken by their place, and not without being asked for: %s', async (_, kind, make) => {
    const bytes = await make();
    await expect(read(bytes, null)).rejects.toThrow(
      `part 7 cannot be read as an image: it has 2 ${kind}s, and which to take is not said; in a run, --set dataset.page=0`,
    );
    expect(await read(bytes, 0)).toEqual(RGB);
    expect(await read(bytes, 1)).toEqual(OTHER);
    if (kind === 'frame') expect(frameCount(bytes)).toBe(2);
    await expect(read(bytes, 2)).rejects.toThrow(/has 2 .*counted from 0.* none for dataset\.page=2/);
  });

  it('an animated PNG has frames of which the first can be had', async () => {
    const png = await four().png().toBuffer();
    // The chunk says: two frames, shown without end. It comes after the header, whose 25 bytes follow a signature of 8.
    const control = [
      ...[0, 0, 0, 8],
      ...Buffer.from('acTL'),
      ...[0, 0, 0, 2],
      ...[0, 0, 0, 0],
      ...[0xf3, 0x8d, 0x93, 0x70],
    ];
    const animated = Uint8Array.from([...png.subarray(0, 33), ...control, ...png.subarray(33)]);
    await expect(read(animated, null)).rejects.toThrow(/it has 2 frames/);
    expect(await read(animated, 0)).toEqual(RGB);
    await expect(read(animated, 1)).rejects.toThrow(/only the first frame can be read/);
  });

  it('are not smaller copies that a TIFF has beside a page', async () => {
    const preview = page(OTHER, { subfileType: 1 });
    expect(await read(tiff(page(RGB), preview), null)).toEqual(RGB);
    expect(await read(tiff(preview, page(RGB)), null)).toEqual(RGB);
    expect(await read(tiff(preview, page(RGB), preview, page(OTHER)), 1)).toEqual(OTHER);
    await expect(read(tiff(preview), null)).rejects.toThrow(/only a preview, as raw files of cameras do/);
  });

  it('a file of one has the first', async () => {
    for (const bytes of [await four().png().toBuffer(), tiff(page(RGB))]) {
      expect(await read(bytes, 0)).toEqual(RGB);
      await expect(read(bytes, 1)).rejects.toThrow(/it has 1 \w+, counted from 0/);
    }
  });
});

describe('levels', () => {
  const reading = { page: null, levels: [100, 1123] as const };
  const grey = (samples: readonly number[]) =>
    sharp(Uint16Array.from(samples), {
      raw: { width: samples.length, height: 1, channels: 1 },
    }).toColourspace('grey16');
  const read = async (bytes: Uint8Array, width: number, levels: readonly [number, number]) => {
    const { data } = await readImage(bytes, { height: 1, width }, { reading: { page: null, levels } });
    return [...data].filter((_, i) => i % 3 === 0);
  };

  it('are black and white in files of 16 bits: linear in between, halves up, clipped beyond', async () => {
    const png = await grey([0, 100, 101, 102, 103, 611, 612, 1122, 1123, 65535]).png().toBuffer();
    // (sample - 100) * 255 / 1023, of which 611 gives 127.38 and 103 gives 0.75.
    expect(await read(png, 10, reading.levels)).toEqual([0, 0, 0, 0, 1, 127, 128, 255, 255, 255]);
    const half = await grey([1, 3]).png().toBuffer();
    expect(await read(half, 2, [0, 510])).toEqual([1, 2]);
  });

  it('of the whole range are what they are without', async () => {
    const samples = Array.from({ length: 4096 }, (_, i) => i * 16 + (i % 16));
    const png = await grey(samples).png().toBuffer();
    const { data } = await readImage(png, { height: 1, width: 4096 });
    expect(await read(png, 4096, [0, 65535])).toEqual([...data].filter((_, i) => i % 3 === 0));
  });

  it('can be found from the samples, which alpha is none of', async () => {
    const samples = Uint16Array.of(300, 7, 40, 65535, 900, 800, 1000, 65535);
    const png = await sharp(samples, { raw: { width: 2, height: 1, channels: 4 } })
      .toColourspace('rgb16')
      .png()
      .toBuffer();
    expect((await readImage(png, { height: 1, width: 2 })).range).toEqual([7, 1000]);
    expect((await readImage(await four().png().toBuffer(), size)).range).toBeUndefined();
  });

  it('leave files of 8 bits as they are', async () => {
    const { data } = await readImage(await four().png().toBuffer(), size, { reading });
    expect([...data]).toEqual(RGB);
  });

  it('are of the samples as stored, before a colour profile', async () => {
    const colours = sharp(Uint16Array.from([100, 1123, 611, 100, 1123, 611]), {
      raw: { width: 2, height: 1, channels: 3 },
    }).toColourspace('rgb16');
    const png = await colours.withIccProfile('p3', { attach: true }).png().toBuffer();
    const stored = await sharp(png, { ignoreIcc: true })
      .toColourspace('rgb16')
      .raw({ depth: 'ushort' })
      .toBuffer();
    const samples = new Uint16Array(stored.buffer, stored.byteOffset, 6);
    const { data } = await readImage(png, { height: 1, width: 2 }, { reading });
    const expected = [...samples].map((sample) =>
      Math.min(255, Math.max(0, Math.floor(((sample - 100) * 255) / 1023 + 0.5))),
    );
    expect([...data]).toEqual(expected);
  });

  it.each([
    [{ page: -1, levels: null }, /page should be a whole number from 0/],
    [{ page: 0.5, levels: null }, /page should be/],
    [{ page: null, levels: [5, 5] }, /levels should be.*found \[5,5\]/],
    [{ page: null, levels: [0, 70000] }, /levels should be/],
    [{ page: null, levels: [1] }, /levels should be/],
  ])('%j is refused', (wrong, message) => {
    expect(() => checkReading(wrong as unknown as ImageReading)).toThrow(message);
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

  it('a JPEG with a harmless flaw and a harmful one', async () => {
    const bytes = await noise().jpeg().toBuffer();
    const tables = bytes.indexOf(Buffer.from([0xff, 0xc4]));
    const odd = Buffer.concat([
      bytes.subarray(0, tables),
      Buffer.from([0, 1, 2]),
      bytes.subarray(tables, -2),
    ]);
    await refuse(await write('odd-and-cut.jpg', odd.subarray(0, odd.length - 100)), /damaged/);
    // The flaws alone hide no pixel.
    const { data, remarks } = await readImage(await write('odd.jpg', odd), { height: 64, width: 64 });
    expect(remarks).toEqual([
      'JPEG files with stray bytes between its parts, no end marker, though no pixel is missing',
    ]);
    const whole = await readImage(bytes, { height: 64, width: 64 });
    expect(whole.remarks).toBeUndefined();
    expect([...data]).toEqual([...whole.data]);
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
