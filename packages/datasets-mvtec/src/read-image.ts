import { dropAlpha, type RgbImage, resizeBilinear, type Size } from '@adfw/core';
import { decodeImage, readBytes } from './decode-image.js';

/**
 * An image of any size and shape, of any of the formats of `imageFormats`, as RGB of exactly `size`: grey or colour, in sRGB, EXIF
 * orientation applied; 16 bits become 8 by dividing by 257. Alpha is dropped, not blended with anything, as Pillow's
 * `convert('RGB')` does. Resized bilinearly with antialiasing, as by Pillow and torchvision ({@link resizeBilinear}).
 * @param image a path, or the bytes of the file.
 * @param size height and width, or what they are to be for an image of a size.
 * @param name what the image is called in errors, where it is given as bytes.
 * @returns pixels `[size.height, size.width, 3]`, 0 to 255.
 * @throws DataError that names the file and what is wrong with it: missing, empty, none of the formats, damaged, cut off.
 */
export async function readImage(
  image: string | Uint8Array,
  size: Size | ((stored: Size) => Size),
  name = typeof image === 'string' ? image : 'The given data',
): Promise<RgbImage> {
  const decoded = await decodeImage(typeof image === 'string' ? await readBytes(image) : image, name);
  const samples = decoded.data instanceof Uint16Array ? to8Bits(decoded.data) : decoded.data;
  const rgb = decoded.channels === 3 ? samples : dropAlpha(samples);
  const { height, width } = typeof size === 'function' ? size(decoded) : size;
  return { height, width, data: resizeBilinear(rgb, decoded, { height, width }) };
}

/** 0 to 65535 to 0 to 255, rounded. `Uint8Array.from` would make an ordinary array of them first, for which there is a limit. */
function to8Bits(samples: Uint16Array): Uint8Array {
  const result = new Uint8Array(samples.length);
  for (let i = 0; i < samples.length; i++) result[i] = Math.floor(((samples[i] as number) + 128) / 257);
  return result;
}
