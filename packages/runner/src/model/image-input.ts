import {
  ConfigurationError,
  checkShape,
  DataError,
  type Frame,
  type ImageReading,
  type RgbImage,
  resizeBilinear,
  shownSize,
} from '@adfw/core';
import { badImageRemedy, checksum, fileChecksum, readImage } from '@adfw/images';

/** An image as a program has it: the path of a file, the bytes of one (JPEG, PNG, BMP, TIFF, WebP, GIF or AVIF), or pixels. */
export type ImageInput = string | Uint8Array | RgbImage;

/**
 * The pixels of an image, resized for the frame as every image is; the input stays as it is.
 * @param name what it is called at the start of errors, where it is not a path.
 * @param reading of files; pixels are taken as they are.
 * @throws DataError where it cannot be read, ConfigurationError where it is none of the three or pixels do not fit their size.
 */
export async function readInput(
  image: ImageInput,
  frame: Frame,
  name: string,
  reading?: ImageReading,
): Promise<RgbImage> {
  if (typeof image === 'string' || image instanceof Uint8Array)
    return readImage(image, frame, {
      name: typeof image === 'string' ? image : name,
      reading,
    }).catch((error: unknown) => {
      // The remedy is one of the command line.
      if (!(error instanceof DataError)) throw error;
      throw new DataError(error.message.replace(badImageRemedy, ''), { cause: error });
    });
  const { width, height, data } = (image ?? {}) as Partial<RgbImage>;
  const isPixels = Number.isInteger(width) && Number.isInteger(height) && ArrayBuffer.isView(data);
  if (!isPixels || !width || !height)
    throw new ConfigurationError(
      `${name} is no image: give a path, the bytes of a file, or pixels { width, height, data }.`,
    );
  if (data.length !== width * height * 3)
    throw new ConfigurationError(
      `${name}, ${width}x${height}, should have ${width * height * 3} bytes, red, green and blue of each pixel; found ${data.length}${data.length === width * height * 4 ? ' (leave alpha out)' : ''}.`,
    );
  checkShape({ height, width }, frame, name);
  const size = shownSize({ height, width }, frame);
  return { ...size, data: resizeBilinear(data, { height, width }, size) };
}

/** SHA-256 of an image that {@link readInput} takes: of its file, or of its pixels. */
export const inputChecksum = async (image: ImageInput): Promise<string> =>
  typeof image === 'string'
    ? fileChecksum(image)
    : checksum(image instanceof Uint8Array ? image : image.data);
