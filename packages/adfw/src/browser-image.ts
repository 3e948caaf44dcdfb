/** From what a page has of an image to its pixels, at the size it is stored in. */
import { DataError, dropAlpha, frameCount, type ImageReading, type RgbImage } from '@adfw/core';

/**
 * An image as a page has it: a file (whatever the browser decodes), an element, a bitmap, a canvas, pixels with alpha (`ImageData`) or
 * without.
 */
export type BrowserImage = Blob | ImageData | RgbImage | Exclude<CanvasImageSource, SVGImageElement>;

/**
 * Pixels `[height, width, 3]`, 0 to 255, in sRGB, EXIF orientation applied; alpha is dropped.
 * @param reading how the model's image files are read: a browser decodes the first frame, and the whole range of samples.
 * @throws DataError where the image cannot be decoded, is empty, may not be read since it comes from another origin, or is a file
 * that is animated, or would have to be read otherwise than browsers do.
 */
export async function readPixels(image: BrowserImage, reading?: ImageReading): Promise<RgbImage> {
  const isFile = image instanceof Blob || (globalThis.HTMLImageElement && image instanceof HTMLImageElement);
  if (isFile && ((reading?.levels ?? null) !== null || (reading?.page ?? null) !== null))
    throw new DataError(
      'The model reads image files by the page or levels that it was made with, which a browser cannot: decode the file on your own, and give its pixels.',
    );
  if (image instanceof Blob) return readBlob(image);
  if ('data' in image) return readPixelData(image);
  if (globalThis.HTMLImageElement && image instanceof HTMLImageElement)
    await image.decode().catch(unreadable);
  return draw(image);
}

async function readBlob(blob: Blob): Promise<RgbImage> {
  const frames = frameCount(new Uint8Array(await blob.arrayBuffer()));
  if (frames > 1)
    throw new DataError(
      `The image has ${frames} frames, and which to take is not known: give the pixels of one, or a canvas that it is drawn on.`,
    );
  const bitmap = await createImageBitmap(blob, { premultiplyAlpha: 'none' }).catch(unreadable);
  try {
    return draw(bitmap);
  } finally {
    bitmap.close();
  }
}

function readPixelData({ width, height, data }: ImageData | RgbImage): RgbImage {
  const pixels = width * height;
  if (pixels > 0 && data.length === 4 * pixels) return { width, height, data: dropAlpha(data) };
  if (pixels > 0 && data.length === 3 * pixels) return { width, height, data: new Uint8Array(data) };
  throw new DataError(
    `The image, ${width}x${height}, should have 3 or 4 bytes a pixel, ${3 * pixels} or ${4 * pixels}; found ${data.length}.`,
  );
}

function draw(image: Exclude<CanvasImageSource, SVGImageElement>): RgbImage {
  const { width, height } = sizeOf(image);
  if (width === 0 || height === 0) throw new DataError('The image is empty: it has no width or no height.');
  const context = new OffscreenCanvas(width, height).getContext('2d', { willReadFrequently: true });
  if (!context) throw new DataError(`The image, ${width}x${height}, is too large for a canvas.`);
  context.drawImage(image, 0, 0, width, height);
  try {
    return { width, height, data: dropAlpha(context.getImageData(0, 0, width, height).data) };
  } catch (error) {
    throw new DataError(
      `The pixels of the image may not be read (${(error as Error).message}); an image of another origin needs the attribute crossorigin, and a server that allows it.`,
      { cause: error },
    );
  }
}

function sizeOf(image: Exclude<CanvasImageSource, SVGImageElement>): { width: number; height: number } {
  if ('naturalWidth' in image) return { width: image.naturalWidth, height: image.naturalHeight };
  if ('videoWidth' in image) return { width: image.videoWidth, height: image.videoHeight };
  if ('displayWidth' in image) return { width: image.displayWidth, height: image.displayHeight };
  return { width: image.width, height: image.height };
}

function unreadable(error: unknown): never {
  throw new DataError(`The browser cannot decode the image: ${(error as Error).message}`, { cause: error });
}
