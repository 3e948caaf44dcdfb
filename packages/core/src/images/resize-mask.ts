import type { Size } from '../contracts/size.js';
import { connectedComponents } from '../metrics/pixels/connected-components.js';
import { resizeNearest } from './resize.js';

/**
 * A mask resized to the nearest neighbour, of which no region vanishes: one that lies between the pixels which that takes is kept
 * as all pixels that hold some of it. A mask of which every region keeps a pixel is exactly the nearest neighbour's.
 * @param mask `[height, width]`, non-zero inside.
 * @returns `[target.height, target.width]`, 1 inside and 0 elsewhere, and how many regions would have vanished.
 */
export function resizeMask(
  mask: Uint8Array,
  { height, width }: Size,
  target: Size,
): { data: Uint8Array; saved: number } {
  const { count, labels } = connectedComponents(mask, { height, width });
  const nearest = resizeNearest(labels, { height, width }, target);
  const data = new Uint8Array(nearest.length);
  const isThere = new Uint8Array(count + 1).fill(1, 0, 1);
  for (let pixel = 0; pixel < nearest.length; pixel++) {
    const label = nearest[pixel] as number;
    if (label === 0) continue;
    data[pixel] = 1;
    isThere[label] = 1;
  }
  const saved = isThere.filter((there) => there === 0).length;
  if (saved === 0) return { data, saved };
  const [rows, columns] = [heldBy(height, target.height), heldBy(width, target.width)];
  for (let pixel = 0; pixel < labels.length; pixel++) {
    if (isThere[labels[pixel] as number] === 1) continue;
    const [top, bottom] = rows(Math.floor(pixel / width));
    const [left, right] = columns(pixel % width);
    for (let y = top; y <= bottom; y++) data.fill(1, y * target.width + left, y * target.width + right + 1);
  }
  return { data, saved };
}

/**
 * For a line that `pixels` are resized to `target` on: the first and the last that a pixel becomes. Where they get fewer it is the one that
 * holds its centre, so that a line one pixel wide stays one pixel wide.
 */
const heldBy =
  (pixels: number, target: number) =>
  (at: number): [first: number, last: number] => {
    const centre = Math.floor(((at + 0.5) * target) / pixels);
    if (target <= pixels) return [centre, centre];
    return [Math.ceil((at * target) / pixels - 0.5), Math.ceil(((at + 1) * target) / pixels - 0.5) - 1];
  };
