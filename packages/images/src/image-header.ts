/** What an image file is, by its header: no pixel is decoded. */
import type { Size } from '@adfw/core/plain';
import { imagePose, readMetadata } from './decode-image.js';
import { imageFormat } from './image-format.js';
import type { PageChoice } from './image-pages.js';

/** What the samples of an image file stand for; of alpha is said beside it. */
export type ColorModel = 'grey' | 'RGB' | 'CMYK' | 'palette' | 'other';

export interface ImageHeader {
  /** As it is shown: EXIF orientation applied. */
  readonly size: Size;
  /** One of `imageFormats`: `PNG`. */
  readonly format: string;
  /** Of a sample: 1 to 16, and 32 of floating-point numbers; of a palette those of its indices. */
  readonly bits: number;
  readonly colors: ColorModel;
  readonly hasAlpha: boolean;
}

/**
 * @param name what the image is called in errors.
 * @throws DataError that names it, where it is empty, none of the formats, its header is damaged, or it has several pages and `choice`
 * takes none.
 */
export async function imageHeader(
  bytes: Uint8Array,
  name: string,
  choice: PageChoice = {},
): Promise<ImageHeader> {
  const { shown: size } = await imagePose(bytes, name, choice);
  const format = imageFormat(bytes) as string;
  if (format === 'BMP') return { size, format, ...bmpSamples(bytes) };
  const { depth, space, hasAlpha, isPalette, bitsPerSample } = await readMetadata(bytes, name);
  return {
    size,
    format,
    bits: bitsPerSample ?? bitsOf[depth ?? ''] ?? 8,
    colors: isPalette ? 'palette' : colorModel(space),
    hasAlpha: hasAlpha ?? false,
  };
}

/** Of the decoder's sample types, where a format does not say it. */
const bitsOf: Readonly<Record<string, number>> = {
  uchar: 8,
  char: 8,
  ushort: 16,
  short: 16,
  uint: 32,
  int: 32,
  float: 32,
  double: 64,
};

function colorModel(space: string | undefined): ColorModel {
  if (space === 'b-w' || space === 'grey16') return 'grey';
  if (space === 'srgb' || space === 'rgb' || space === 'rgb16' || space === 'scrgb') return 'RGB';
  return space === 'cmyk' ? 'CMYK' : 'other';
}

/** A pixel's bits stand behind the size; up to 8 of them are the index of a colour. */
function bmpSamples(bytes: Uint8Array): Pick<ImageHeader, 'bits' | 'colors' | 'hasAlpha'> {
  const header = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const pixel = header.getUint32(14, true) === 12 ? header.getUint16(24, true) : header.getUint16(28, true);
  // The fourth byte of 32 bits is alpha to some programs, and is not read.
  return pixel <= 8
    ? { bits: pixel, colors: 'palette', hasAlpha: false }
    : { bits: pixel === 16 ? 5 : 8, colors: 'RGB', hasAlpha: false };
}
