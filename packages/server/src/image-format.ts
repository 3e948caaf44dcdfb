/** What kind of image some bytes are, by how they begin: nothing else is given to a decoder. */

const ascii = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0));

/** Bytes at places from the beginning. */
const signatures: Readonly<Record<string, readonly (readonly [at: number, bytes: readonly number[]])[][]>> = {
  JPEG: [[[0, [0xff, 0xd8, 0xff]]]],
  PNG: [[[0, [0x89, ...ascii('PNG\r\n\x1a\n')]]]],
  BMP: [[[0, ascii('BM')]]],
  WebP: [
    [
      [0, ascii('RIFF')],
      [8, ascii('WEBP')],
    ],
  ],
  // Little and big endian, the second line each with offsets of 64 bits.
  TIFF: [
    [[0, [...ascii('II'), 42, 0]]],
    [[0, [...ascii('II'), 43, 0]]],
    [[0, [...ascii('MM'), 0, 42]]],
    [[0, [...ascii('MM'), 0, 43]]],
  ],
};

export const imageFormats: readonly string[] = Object.keys(signatures);

/** One of {@link imageFormats}, or null. */
export function imageFormat(bytes: Uint8Array): string | null {
  const matches = (parts: readonly (readonly [number, readonly number[]])[]) =>
    parts.every(([at, expected]) => expected.every((byte, i) => bytes[at + i] === byte));
  return imageFormats.find((format) => signatures[format]?.some(matches)) ?? null;
}
