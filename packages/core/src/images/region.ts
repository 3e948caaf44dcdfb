/**
 * A region of interest: the part of the frame that is looked at, the same in all images, as of a part that lies still. What is outside is
 * one colour to the model, and has no score.
 */
import type { RgbImage } from '../contracts/dataset.js';
import type { Size } from '../contracts/size.js';
import { FILL } from './image-fit.js';
import type { ImageSource } from './image-source.js';

/** A region as models keep it. */
export interface SavedRegion extends Size {
  /** Pixels row by row: how many are outside, then how many inside, and so on; the first may be 0. */
  readonly runs: readonly number[];
}

/**
 * The pixels of an image of a size whose centres are inside a polygon, by the even-odd rule.
 * @param polygon points `[x, y]`, from the upper left corner, of an image of the size `of`.
 * @returns `[height, width]` in rows, 1 inside and 0 outside.
 */
export function polygonMask(
  polygon: readonly (readonly [x: number, y: number])[],
  of: Size,
  { height, width }: Size,
): Uint8Array {
  const points = polygon.map(([x, y]) => [(x * width) / of.width, (y * height) / of.height] as const);
  const mask = new Uint8Array(height * width);
  for (let row = 0; row < height; row++) {
    const y = row + 0.5;
    const crossings: number[] = [];
    for (const [i, [x1, y1]] of points.entries()) {
      const [x2, y2] = points[(i + 1) % points.length] as (typeof points)[number];
      if (y1 <= y !== y2 <= y) crossings.push(x1 + ((y - y1) * (x2 - x1)) / (y2 - y1));
    }
    crossings.sort((a, b) => a - b);
    // Centres x + 1/2 from one crossing on to before the next.
    for (let i = 0; i < crossings.length; i += 2) {
      const [from, to] = crossings.slice(i, i + 2).map((at) => Math.max(0, Math.ceil(at - 0.5)));
      mask.fill(
        1,
        row * width + Math.min(width, from as number),
        row * width + Math.min(width, to as number),
      );
    }
  }
  return mask;
}

/** @param inside `[height, width]` in rows, 1 inside and 0 outside. */
export function savedRegion(inside: Uint8Array, { height, width }: Size): SavedRegion {
  const runs: number[] = [];
  let value = 0;
  for (let start = 0; start < inside.length; ) {
    const next = inside.indexOf(1 - value, start);
    const end = next < 0 ? inside.length : next;
    runs.push(end - start);
    start = end;
    value = 1 - value;
  }
  return { height, width, runs };
}

/** `[height, width]` in rows, 1 inside and 0 outside. */
export function regionPixels({ height, width, runs }: SavedRegion): Uint8Array {
  const inside = new Uint8Array(height * width);
  let at = 0;
  for (const [index, length] of runs.entries()) {
    if (index % 2 === 1) inside.fill(1, at, at + length);
    at += length;
  }
  return inside;
}

/** An image of which only what is inside is seen; the rest is {@link FILL}. */
export function filledOutside(image: RgbImage, inside: Uint8Array): RgbImage {
  const { height, width } = image;
  if (inside.length !== height * width)
    throw new RangeError(`A region of ${inside.length} pixels is none of an image of ${height}x${width}.`);
  const data = new Uint8Array(image.data);
  for (let pixel = 0; pixel < inside.length; pixel++) if (inside[pixel] === 0) data.set(FILL, 3 * pixel);
  return { height, width, data };
}

/** Images as {@link filledOutside} has them. */
export const regionImages = (source: ImageSource, inside: Uint8Array): ImageSource => ({
  ...source,
  image: async (index) => filledOutside(await source.image(index), inside),
});
