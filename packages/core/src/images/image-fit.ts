/**
 * Where the pixels of an image are in the frame that a model takes, and back: all arithmetic of that is here. Two steps: the whole image is
 * resized ({@link shownSize}), which is the size of its anomaly map, masks and pictures; then it lies centred in the frame, by whole
 * pixels. So a map lies over the whole of an image, whatever the fit; where the frame has nothing of it there is no score.
 */
import type { RgbImage } from '../contracts/dataset.js';
import { DataError } from '../contracts/errors.js';
import type { Frame, Size } from '../contracts/size.js';
import type { ImageSource } from './image-source.js';

/**
 * What is around an image that is padded: the mean colour of ImageNet, (0.485, 0.456, 0.406) · 255 rounded, which is next to 0 for the
 * networks that are normalised so.
 */
export const FILL: readonly [red: number, green: number, blue: number] = [124, 116, 104];

/** The value of an anomaly map where the model was shown nothing of the image: lower than every score. */
export const NO_SCORE = Number.NEGATIVE_INFINITY;

/**
 * What a whole image is resized to. With `pad` and `crop` one side is the frame's, and the other keeps the shape, rounded, halves up.
 * @param stored of the image as it is shown, EXIF orientation applied.
 */
export function shownSize(stored: Size, { height, width, fit = 'stretch' }: Frame): Size {
  if (fit === 'stretch') return { height, width };
  const isWider = stored.width * height >= stored.height * width;
  const side = (own: number, to: number, of: number) => Math.max(1, Math.round((own * to) / of));
  return isWider === (fit === 'pad')
    ? { height: side(stored.height, width, stored.width), width }
    : { height, width: side(stored.width, height, stored.height) };
}

/** An image that is read well, and has not the shape of those that a region of interest is one of. */
export class ShapeError extends DataError {}

/**
 * To a pixel of the one or the other.
 * @param name what the image is called in errors.
 * @throws ShapeError where an image does not have the shape that the frame asks for.
 */
export function checkShape({ height, width }: Size, { shape }: Frame, name: string): void {
  if (!shape) return;
  const [across, down] = [width / shape.width, height / shape.height];
  if (Math.abs(across - down) * Math.min(shape.width, shape.height) <= Math.max(1, across)) return;
  throw new ShapeError(
    `${name} is ${width}x${height} pixels, and the region of interest, $.images.region, is one of images of ${shape.width}x${shape.height}: they must have the same shape.`,
  );
}

/** A mask of an image, `[height, width]` in rows, in its frame; 0 on padding. */
export const maskInFrame = (mask: Uint8Array, image: Size, frame: Size): Uint8Array =>
  centred(mask, image, frame, 0);

/** The mask of a resized image, `[height, width]` in rows, from that of its frame; 0 where the frame has none of it. */
export const maskOfImage = (mask: Uint8Array, image: Size, frame: Size): Uint8Array =>
  centred(mask, frame, image, 0);

/** Where the upper left corner of a resized image is in its frame; less than 0 where that is cut away. */
export const cornerIn = (frame: Size, image: Size): { top: number; left: number } => ({
  top: Math.trunc((frame.height - image.height) / 2),
  left: Math.trunc((frame.width - image.width) / 2),
});

/** A rectangle of whole pixels. */
export interface Box extends Size {
  readonly top: number;
  readonly left: number;
}

/** What of the frame shows the image: all but the padding. */
export function shownBox(frame: Size, image: Size): Box {
  const { top, left } = cornerIn(frame, image);
  return {
    top: Math.max(0, top),
    left: Math.max(0, left),
    height: Math.min(frame.height, image.height),
    width: Math.min(frame.width, image.width),
  };
}

const isSame = (a: Size, b: Size): boolean => a.height === b.height && a.width === b.width;

/**
 * A resized image in its frame, padded with {@link FILL} or cut.
 * @returns the image itself where it fills the frame.
 */
export function framed(image: RgbImage, frame: Size): RgbImage {
  if (isSame(image, frame)) return image;
  const { height, width } = frame;
  const data = new Uint8Array(height * width * 3);
  if (image.height < height || image.width < width)
    for (let at = 0; at < data.length; at++) data[at] = FILL[at % 3] as number;
  copyRows(image, frame, (from, to, length) =>
    data.set(image.data.subarray(3 * from, 3 * (from + length)), 3 * to),
  );
  return { height, width, data };
}

/** The anomaly map of a resized image, `[height, width]` in rows, from that of its frame; {@link NO_SCORE} where the frame has none of it. */
export const mapOfImage = (map: Float32Array, image: Size, frame: Size): Float32Array =>
  centred(map, frame, image, NO_SCORE);

/** The map of a frame, `[height, width]` in rows, from that of its image; {@link NO_SCORE} on padding. */
export const mapOfFrame = (map: Float32Array, image: Size, frame: Size): Float32Array =>
  centred(map, image, frame, NO_SCORE);

/** The part of a resized image that its frame shows. */
export function shownPart(image: RgbImage, frame: Size): RgbImage {
  const { height, width } = shownBox(frame, image);
  return framed(image, { height, width });
}

/**
 * Values of pixels, in rows, of what is one size, where the other lies centred on it: an image has its frame around it, or is cut by it, as the
 * frame has the image.
 * @param none of pixels that the other alone has.
 * @returns the values themselves where both are of one size.
 */
function centred<T extends Uint8Array | Float32Array>(values: T, from: Size, to: Size, none: number): T {
  if (isSame(from, to)) return values;
  const length = to.height * to.width;
  const own = (values instanceof Uint8Array ? new Uint8Array(length) : new Float32Array(length)).fill(none);
  copyRows(from, to, (at, into, count) => own.set(values.subarray(at, at + count), into));
  return own as T;
}

/** Rows that both have: the index of the first pixel in the image and in the frame, and how many pixels. */
function copyRows(
  image: Size,
  frame: Size,
  copy: (inImage: number, inFrame: number, length: number) => void,
): void {
  const corner = cornerIn(frame, image);
  const { top, left, height, width } = shownBox(frame, image);
  for (let y = top; y < top + height; y++)
    copy((y - corner.top) * image.width + left - corner.left, y * frame.width + left, width);
}

/** Images as {@link framed} has them. */
export const framedImages = (source: ImageSource, frame: Frame): ImageSource =>
  changed(source, frame, (image) => framed(image, frame));

/** Images as `shownPart` has them. */
export const shownParts = (source: ImageSource, frame: Frame): ImageSource =>
  changed(source, frame, (image) => shownPart(image, frame));

const changed = (source: ImageSource, frame: Frame, change: (image: RgbImage) => RgbImage): ImageSource =>
  (frame.fit ?? 'stretch') === 'stretch'
    ? source
    : { ...source, image: async (index) => change(await source.image(index)) };
