/** What kind of image some bytes are, by how they begin; a file's name says nothing. Nothing else is given to a decoder. */
import { open } from 'node:fs/promises';

type Signature = readonly (readonly [at: number, bytes: readonly number[]])[];

const ascii = (text: string): number[] => [...text].map((letter) => letter.charCodeAt(0));

/** `BM` alone begins many a text. The length of the second header, of which there are few, follows 12 bytes later. */
const bmp = (headerLength: number): Signature => [
  [0, ascii('BM')],
  [14, [headerLength, 0, 0, 0]],
];

/** Bytes at places from the beginning: all parts of a signature, and one of a format's signatures. */
const signatures: Readonly<Record<string, readonly Signature[]>> = {
  JPEG: [[[0, [0xff, 0xd8, 0xff]]]],
  PNG: [[[0, [0x89, ...ascii('PNG\r\n\x1a\n')]]]],
  BMP: [12, 16, 40, 52, 56, 64, 108, 124].map(bmp),
  // Little and big endian, the second line each with offsets of 64 bits.
  TIFF: [
    [[0, [...ascii('II'), 42, 0]]],
    [[0, [...ascii('II'), 43, 0]]],
    [[0, [...ascii('MM'), 0, 42]]],
    [[0, [...ascii('MM'), 0, 43]]],
  ],
  WebP: [
    [
      [0, ascii('RIFF')],
      [8, ascii('WEBP')],
    ],
  ],
  GIF: [[[0, ascii('GIF87a')]], [[0, ascii('GIF89a')]]],
  AVIF: [[[4, ascii('ftypavif')]], [[4, ascii('ftypavis')]]],
};

/** The formats that are read. */
export const imageFormats: readonly string[] = Object.keys(signatures);

/** The formats, as a sentence lists them: "JPEG, PNG ... or AVIF". */
export const IMAGE_FORMAT_LIST = `${imageFormats.slice(0, -1).join(', ')} or ${imageFormats.at(-1)}`;

/** So many bytes tell a format. */
const HEAD_LENGTH = 18;

/**
 * @param bytes a file's, or the first 18 of them.
 * @returns one of {@link imageFormats}, or null.
 */
export function imageFormat(bytes: Uint8Array): string | null {
  const matches = (signature: Signature) =>
    signature.every(([at, expected]) => expected.every((byte, i) => bytes[at + i] === byte));
  return imageFormats.find((format) => signatures[format]?.some(matches)) ?? null;
}

/**
 * Whether a file begins as one of {@link imageFormats} does, whatever it is called.
 * @throws the system's error where it is a folder, or cannot be opened.
 */
export async function isImageFile(path: string): Promise<boolean> {
  const file = await open(path);
  try {
    const head = new Uint8Array(HEAD_LENGTH);
    const { bytesRead } = await file.read(head, 0, HEAD_LENGTH, 0);
    return imageFormat(head.subarray(0, bytesRead)) !== null;
  } finally {
    await file.close();
  }
}
