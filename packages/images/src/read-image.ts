import {
  ConfigurationError,
  checkShape,
  dropAlpha,
  type Frame,
  type ImageReading,
  type RgbImage,
  resizeBilinear,
  type Size,
  shownSize,
} from '@adfw/core/plain';
import { type DecodedImage, decodeImage, readBytes } from './decode-image.js';

export interface ReadImageOptions {
  /** What the image is called in errors, where it is given as bytes. */
  readonly name?: string | undefined;
  /** By default a file has one page, and 16 bits have their whole range. */
  readonly reading?: ImageReading | undefined;
}

/**
 * An image of any size and shape, of any of the formats of `imageFormats`, as RGB of exactly `size`, or of what {@link shownSize} makes of a frame
 * that keeps shapes: grey or colour, in sRGB, EXIF
 * orientation applied; 16 bits become 8 by `reading.levels`, or by dividing by 257. Alpha is dropped, not blended with anything, as
 * Pillow's `convert('RGB')` does. Resized bilinearly with antialiasing, as by Pillow and torchvision ({@link resizeBilinear}).
 * @param image a path, or the bytes of the file.
 * @param size height and width, or what they are to be for an image of a size.
 * @returns pixels `[height, width, 3]`, 0 to 255, and what is known of the file.
 * @throws DataError that names the file and what is wrong with it: missing, empty, none of the formats, damaged, cut off, of
 * several pages where `reading` takes none.
 */
export async function readImage(
  image: string | Uint8Array,
  size: Frame | ((stored: Size) => Size),
  { name = typeof image === 'string' ? image : 'The given data', reading }: ReadImageOptions = {},
): Promise<RgbImage> {
  const levels = reading?.levels ?? null;
  const decoded = await decodeImage(typeof image === 'string' ? await readBytes(image) : image, name, {
    page: reading?.page ?? null,
    // A profile is made for the whole range.
    ignoreProfile: levels !== null && 'above-8-bits',
  });
  const { rgb, range } = pixelsOf(decoded, levels);
  const { height, width } = typeof size === 'function' ? size(decoded) : shownSize(decoded, size);
  if (typeof size !== 'function') checkShape(decoded, size, name);
  return {
    height,
    width,
    data: resizeBilinear(rgb, decoded, { height, width }),
    ...(decoded.remarks.length > 0 && { remarks: decoded.remarks }),
    ...(range && { range }),
  };
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
 * The colours of an image without alpha, in 8 bits. 16 become 8 as the levels say: clipped to them, rounded, halves up.
 * @returns also the lowest and the highest of its samples, where they had 16.
 */
function pixelsOf(
  { data, channels, height, width }: DecodedImage,
  levels: ImageReading['levels'],
): { rgb: Uint8Array; range?: readonly [number, number] } {
  if (data instanceof Uint8Array) return { rgb: channels === 3 ? data : dropAlpha(data) };
  const [black, white] = levels ?? [0, 65535];
  const span = white - black;
  const rgb = new Uint8Array(height * width * 3);
  let [lowest, highest] = [65535, 0];
  for (let to = 0, from = 0; to < rgb.length; from += channels)
    for (let channel = 0; channel < 3; channel++, to++) {
      const sample = data[from + channel] as number;
      if (sample < lowest) lowest = sample;
      if (sample > highest) highest = sample;
      const above = Math.min(Math.max(sample - black, 0), span);
      rgb[to] = Math.floor((above * 255) / span + 0.5);
    }
  return { rgb, range: [lowest, highest] };
}
