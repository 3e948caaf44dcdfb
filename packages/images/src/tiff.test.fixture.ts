/** Small uncompressed TIFFs of any kind, little endian. */
export interface TiffPicture {
  readonly width: number;
  readonly height: number;
  /** Samples a pixel. */
  readonly channels: number;
  /** The samples of one pixel after another. */
  readonly samples: Uint8Array | Uint16Array;
  /** 0 and 1 grey, 2 RGB, 8 LAB, ... */
  readonly photometric: number;
  /** A plane a channel. */
  readonly planar?: boolean;
  /** 1 of a smaller copy. */
  readonly subfileType?: number;
  /** What is said of the bits of a sample, where that is not what is stored. */
  readonly bits?: number;
  /** 1 unsigned, 2 signed, 3 floating-point. */
  readonly sampleFormat?: number;
}

const SHORT = 3;
const LONG = 4;

export function tiff(...pictures: readonly TiffPicture[]): Uint8Array {
  const bytes: number[] = [...Buffer.from('II'), 42, 0, 0, 0, 0, 0];
  const put32 = (at: number, value: number) => {
    for (let i = 0; i < 4; i++) bytes[at + i] = (value >>> (8 * i)) & 255;
  };
  let linkAt = 4;
  for (const picture of pictures) {
    const { width, height, channels, photometric, planar = false, subfileType = 0 } = picture;
    const size = picture.samples.BYTES_PER_ELEMENT;
    const ordered = planar ? planes(picture.samples, channels) : picture.samples;
    const strips = planar ? channels : 1;
    const stripLength = (width * height * channels * size) / strips;
    const data = bytes.length;
    bytes.push(...new Uint8Array(ordered.buffer, ordered.byteOffset, ordered.byteLength));
    /** A number, or where several lie. */
    const list = (values: readonly number[]): readonly [type: number, count: number, value: number] => {
      const at = bytes.length;
      if (values.length === 1) return [LONG, 1, values[0] as number];
      bytes.push(...values.flatMap((value) => [0, 8, 16, 24].map((shift) => (value >>> shift) & 255)));
      return [LONG, values.length, at];
    };
    const each = <T>(count: number, value: (index: number) => T) =>
      Array.from({ length: count }, (_, i) => value(i));
    const extra = channels - (photometric === 2 || photometric === 8 ? 3 : photometric === 5 ? 4 : 1);
    const entries: readonly (readonly [tag: number, ...ReturnType<typeof list>])[] = [
      [254, LONG, 1, subfileType],
      [256, LONG, 1, width],
      [257, LONG, 1, height],
      [258, ...list(each(channels, () => picture.bits ?? size * 8))],
      [259, SHORT, 1, 1],
      [262, SHORT, 1, photometric],
      [273, ...list(each(strips, (index) => data + index * stripLength))],
      [277, SHORT, 1, channels],
      [278, LONG, 1, height],
      [279, ...list(each(strips, () => stripLength))],
      [284, SHORT, 1, planar ? 2 : 1],
      ...(extra > 0 ? [[338, ...list(each(extra, () => 0))] as const] : []),
      [339, SHORT, 1, picture.sampleFormat ?? 1],
    ];
    put32(linkAt, bytes.length);
    bytes.push(entries.length & 255, 0);
    for (const [tag, type, count, value] of entries) {
      const at = bytes.length;
      bytes.push(tag & 255, tag >> 8, type, 0);
      put32(at + 4, count);
      put32(at + 8, value);
    }
    linkAt = bytes.length;
    put32(linkAt, 0);
  }
  return Uint8Array.from(bytes);
}

const planes = (samples: Uint8Array | Uint16Array, channels: number) =>
  samples.map((_, i) => {
    const pixels = samples.length / channels;
    return samples[(i % pixels) * channels + Math.floor(i / pixels)] as number;
  });
