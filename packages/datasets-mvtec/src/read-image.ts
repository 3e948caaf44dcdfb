import {
  ConfigurationError,
  dropAlpha,
  type ImageReading,
  type RgbImage,
  resizeBilinear,
  type Size,
} from '@adfw/core';
import { decodeImage, readBytes } from './decode-image.js';

export interface ReadImageOptions {
  /** What the image is called in errors, where it is given as bytes. */
  readonly name?: string | undefined;
  /** By default a file has one page, and 16 bits have their whole range. */
  readonly reading?: ImageReading | undefined;
}

/**
 * An image of any size and shape, of any of the formats of `imageFormats`, as RGB of exactly `size`: grey or colour, in sRGB, EXIF
 * orientation applied; 16 bits become 8 by `reading.levels`, or by dividing by 257. Alpha is dropped, not blended with anything, as
 * Pillow's `convert('RGB')` does. Resized bilinearly with antialiasing, as by Pillow and torchvision ({@link resizeBilinear}).
 * @param image a path, or the bytes of the file.
 * @param size height and width, or what they are to be for an image of a size.
 * @returns pixels `[size.height, size.width, 3]`, 0 to 255.
 * @throws DataError that names the file and what is wrong with it: missing, empty, none of the formats, damaged, cut off, of
 * several pages where `reading` takes none.
 */
export async function readImage(
  image: string | Uint8Array,
  size: Size | ((stored: Size) => Size),
  { name = typeof image === 'string' ? image : 'The given data', reading }: ReadImageOptions = {},
): Promise<RgbImage> {
  const levels = reading?.levels ?? null;
  const decoded = await decodeImage(typeof image === 'string' ? await readBytes(image) : image, name, {
    page: reading?.page ?? null,
    // A profile is made for the whole range.
    ignoreProfile: levels !== null && 'above-8-bits',
  });
  const samples = decoded.data instanceof Uint16Array ? to8Bits(decoded.data, levels) : decoded.data;
  const rgb = decoded.channels === 3 ? samples : dropAlpha(samples);
  const { height, width } = typeof size === 'function' ? size(decoded) : size;
  return { height, width, data: resizeBilinear(rgb, decoded, { height, width }) };
}

/** @throws ConfigurationError where it is none: a page that is no index, levels that are not two, or not in order. */
export function checkReading({ page, levels }: ImageReading): void {
  if (page !== null && !(Number.isInteger(page) && page >= 0))
    throw new ConfigurationError(`page should be a whole number from 0, or null; found ${String(page)}.`);
  if (levels === null) return;
  const [black, white] = levels;
  const isLevel = (value: number) => Number.isInteger(value) && value >= 0 && value <= 65535;
  if (levels.length !== 2 || !isLevel(black) || !isLevel(white) || black >= white)
    throw new ConfigurationError(
      `levels should be the sample values of black and of white, the second the higher one, from 0 to 65535, or null; found ${JSON.stringify(levels)}.`,
    );
}

/**
 * 0 to 65535 to 0 to 255: clipped to the levels, rounded, halves up. `Uint8Array.from` would make an ordinary array of them first,
 * for which there is a limit.
 */
function to8Bits(samples: Uint16Array, levels: ImageReading['levels']): Uint8Array {
  const [black, white] = levels ?? [0, 65535];
  const range = white - black;
  const result = new Uint8Array(samples.length);
  for (let i = 0; i < samples.length; i++) {
    const above = Math.min(Math.max((samples[i] as number) - black, 0), range);
    result[i] = Math.floor((above * 255) / range + 0.5);
  }
  return result;
}
