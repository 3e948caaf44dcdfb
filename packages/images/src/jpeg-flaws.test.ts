import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { jpegFlaws } from './jpeg-flaws.js';

/** Colours that differ from block to block, in a size that no unit of blocks divides. */
const photograph = (channels: 1 | 3 = 3) =>
  sharp(
    Uint8Array.from({ length: 43 * 37 * channels }, (_, i) => (i * 7919) % 251),
    { raw: { width: 43, height: 37, channels } },
  ).blur(0.8);

const kinds = [
  ['sequential', () => photograph().jpeg({ optimizeCoding: false })],
  ['with codes of its own', () => photograph().jpeg()],
  [
    'with colours as fine as brightness',
    () => photograph().jpeg({ chromaSubsampling: '4:4:4', quality: 97 }),
  ],
  ['progressive', () => photograph().jpeg({ progressive: true, quality: 95 })],
  ['progressive, by other scans', () => photograph().jpeg({ mozjpeg: true })],
  ['grey', () => photograph(1).jpeg()],
  ['grey, progressive', () => photograph(1).jpeg({ progressive: true })],
] as const;

const MARKER = { scan: 0xda, tables: 0xc4, frame: 0xc0, end: 0xd9 };
/** Where a marker is; none of these codes is in the data before it. */
const find = (bytes: Uint8Array, code: number): number =>
  Buffer.from(bytes).indexOf(Buffer.from([0xff, code]));
const insert = (bytes: Uint8Array, at: number, inserted: readonly number[]): Uint8Array =>
  Uint8Array.from([...bytes.subarray(0, at), ...inserted, ...bytes.subarray(at)]);

describe.each(kinds)('a JPEG, %s', (_, encode) => {
  it('has no flaws', async () => {
    expect(jpegFlaws(await encode().toBuffer())).toEqual([]);
  });

  it('is whole without its end marker, and not without anything before', async () => {
    const bytes = await encode().toBuffer();
    expect(jpegFlaws(bytes.subarray(0, -2))).toEqual(['no end marker']);
    for (const part of [0.2, 0.5, 0.9]) expect(jpegFlaws(bytes.subarray(0, bytes.length * part))).toBeNull();
    expect(jpegFlaws(bytes.subarray(0, -4))).toBeNull();
    // Cut off, and an end marker set behind.
    const ended = Uint8Array.from([...bytes.subarray(0, bytes.length * 0.7), 0xff, 0xd9]);
    expect(jpegFlaws(ended)).toBeNull();
  });

  it('may have stray bytes between its headers', async () => {
    const bytes = await encode().toBuffer();
    const stray = insert(bytes, find(bytes, MARKER.tables), [0, 1, 2, 3]);
    expect(jpegFlaws(stray)).toEqual(['stray bytes between its parts']);
  });
});

describe('a JPEG', () => {
  it('may have anything before its end marker, but only zeros behind a scan that others follow', async () => {
    const bytes = await photograph().jpeg().toBuffer();
    expect(jpegFlaws(insert(bytes, bytes.length - 2, [0x12, 0x34]))).toEqual([]);
    const progressive = await photograph().jpeg({ progressive: true }).toBuffer();
    const nextTables = progressive.indexOf(
      Buffer.from([0xff, MARKER.tables]),
      find(progressive, MARKER.scan),
    );
    expect(jpegFlaws(insert(progressive, nextTables, [0, 0]))).toEqual(['stray bytes between its parts']);
    expect(jpegFlaws(insert(progressive, nextTables, [0x12, 0x34]))).toBeNull();
  });

  it('may name parameters that are none of its kind', async () => {
    const bytes = await photograph().jpeg().toBuffer();
    // Behind the length and three components of two bytes: the coefficients of the scan, from 0 to 63.
    const odd = Buffer.from(bytes);
    odd[find(odd, MARKER.scan) + 12] = 0;
    expect(jpegFlaws(odd)).toEqual(['odd parameters of a scan']);
    odd[find(odd, MARKER.scan) + 12] = 42;
    expect(jpegFlaws(odd)).toBeNull();
  });

  it('may be of an unknown version, or name an unknown transform of colours', async () => {
    const bytes = await photograph().jpeg().toBuffer();
    const jfif = [0xff, 0xe0, 0, 16, ...Buffer.from('JFIF'), 0, 2, 1, 0, 0, 1, 0, 1, 0, 0];
    expect(jpegFlaws(insert(bytes, 2, jfif))).toEqual(['an unknown version of JFIF']);
    const adobe = [0xff, 0xee, 0, 14, ...Buffer.from('Adobe'), 0, 100, 0, 0, 0, 0, 9];
    expect(jpegFlaws(insert(bytes, 2, adobe))).toEqual(['an unknown transform of colours']);
  });

  it('with restart markers has them in order', async () => {
    // Two units of eight rows in an interval of one: the first restarts behind it.
    const grey = sharp(
      Uint8Array.from({ length: 128 }, (_, i) => (i < 64 ? 50 : 200)),
      {
        raw: { width: 8, height: 16, channels: 1 },
      },
    );
    const bytes = await grey.toColourspace('b-w').jpeg({ quality: 50 }).toBuffer();
    expect(jpegFlaws(bytes)).toEqual([]);
    const scan = find(bytes, MARKER.scan);
    // An interval that the data do not keep to.
    expect(jpegFlaws(insert(bytes, scan, [0xff, 0xdd, 0, 4, 0, 1]))).toBeNull();
    // One that is longer than the image changes nothing.
    expect(jpegFlaws(insert(bytes, scan, [0xff, 0xdd, 0, 4, 0, 2]))).toEqual([]);
  });

  it('is not gone through where it is coded otherwise, or says what cannot be', async () => {
    const bytes = await photograph().jpeg().toBuffer();
    const frame = find(bytes, MARKER.frame);
    const change = (at: number, value: number) => {
      const changed = Buffer.from(bytes);
      changed[at] = value;
      return jpegFlaws(changed);
    };
    expect(change(frame + 1, 0xc9)).toBeNull();
    // 12 bits, no rows, no components, a component that no scan has.
    expect(change(frame + 4, 12)).toBeNull();
    const noRows = Buffer.from(bytes);
    noRows.fill(0, frame + 5, frame + 7);
    expect(jpegFlaws(noRows)).toBeNull();
    expect(change(frame + 9, 0)).toBeNull();
    expect(change(frame + 10, 77)).toBeNull();
    expect(jpegFlaws(Uint8Array.of(0xff, 0xd8, 0xff))).toBeNull();
  });
});
