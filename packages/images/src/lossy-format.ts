/** Whether an image file keeps its pixels exactly. */
import { imageFormat } from './image-format.js';

/**
 * The lossy format that an image file is in, by name: JPEG, AVIF, WebP unless it is of the lossless kind, TIFF that holds JPEG or
 * WebP. Null for those that keep every pixel.
 */
export function lossyFormat(bytes: Uint8Array): string | null {
  const format = imageFormat(bytes);
  if (format === 'JPEG' || format === 'AVIF') return format;
  if (format === 'WebP') return isLossyWebp(bytes) ? 'WebP' : null;
  if (format !== 'TIFF') return null;
  const inside = tiffCodecs.get(tiffCompression(bytes) ?? 1);
  return inside === undefined ? null : `${inside} in a TIFF`;
}

const view = (bytes: Uint8Array) => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

const fourLetters = (bytes: Uint8Array, at: number): string =>
  String.fromCharCode(...bytes.subarray(at, at + 4));

/** Chunks follow one another: four letters, the length, the content, padded to an even length. `VP8 ` is the lossy image. */
function isLossyWebp(bytes: Uint8Array): boolean {
  const data = view(bytes);
  for (let at = 12; at + 8 <= bytes.length; ) {
    const kind = fourLetters(bytes, at);
    if (kind === 'VP8 ') return true;
    if (kind === 'VP8L') return false;
    // A frame of an animation begins with 16 bytes of its own; its chunks follow in it.
    const length = data.getUint32(at + 4, true);
    at += kind === 'ANMF' ? 24 : 8 + length + (length % 2);
  }
  return false;
}

/** By the number of the tag "Compression"; lossless WebP in a TIFF cannot be told from lossy. */
const tiffCodecs: ReadonlyMap<number, string> = new Map([
  [6, 'JPEG'],
  [7, 'JPEG'],
  [50001, 'WebP'],
]);

const COMPRESSION = 259;

/** The tag "Compression" of the first image of a TIFF; null where there is none. */
function tiffCompression(bytes: Uint8Array): number | null {
  const data = view(bytes);
  const little = bytes[0] === 0x49;
  const isBig = data.getUint16(2, little) === 43;
  const [countLength, entryLength] = isBig ? [8, 20] : [2, 12];
  const number = (at: number, length: number) =>
    length === 8
      ? Number(data.getBigUint64(at, little))
      : length === 4
        ? data.getUint32(at, little)
        : data.getUint16(at, little);
  const directory = isBig ? number(8, 8) : number(4, 4);
  const entries = number(directory, countLength);
  for (let i = 0; i < entries; i++) {
    const at = directory + countLength + i * entryLength;
    if (number(at, 2) === COMPRESSION) return number(at + entryLength - (isBig ? 8 : 4), 2);
  }
  return null;
}
