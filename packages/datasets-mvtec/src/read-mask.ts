import { DataError, type Mask, resizeNearest, type Size } from '@adfw/core';
import { decodeImage, imageDimensions, readBytes, remedy } from './decode-image.js';

/**
 * A ground truth mask of exactly `size`, to the nearest neighbour. A pixel is defective where any colour channel is not zero,
 * however deep the samples; fully transparent pixels are nominal.
 * @param path an image file of any kind {@link readImage} takes.
 * @param image the path of the image that is masked: its size as stored must be that of the mask.
 * @returns pixels `[size.height, size.width]`, 1 defective, 0 nominal.
 * @throws DataError that names the file when it cannot be read, and both when their sizes differ.
 */
export async function readMask(path: string, size: Size, image?: string): Promise<Mask> {
  const decoded = await decodeImage(await readBytes(path), path, { ignoreProfile: true });
  if (image !== undefined) {
    const { height, width } = await imageDimensions(await readBytes(image), image);
    if (height !== decoded.height || width !== decoded.width)
      throw new DataError(
        `The mask ${path} is ${decoded.width}x${decoded.height} pixels but its image ${image} is ${width}x${height}; ` +
          `a mask has the size of its image.${remedy}`,
      );
  }
  const { height, width } = size;
  return { height, width, data: resizeNearest(defectivePixels(decoded), decoded, size) };
}

function defectivePixels({
  height,
  width,
  channels,
  data,
}: Awaited<ReturnType<typeof decodeImage>>): Uint8Array {
  const defective = new Uint8Array(height * width);
  for (let pixel = 0, from = 0; pixel < defective.length; pixel++, from += channels) {
    const isColoured = data[from] !== 0 || data[from + 1] !== 0 || data[from + 2] !== 0;
    defective[pixel] = isColoured && (channels === 3 || data[from + 3] !== 0) ? 1 : 0;
  }
  return defective;
}
