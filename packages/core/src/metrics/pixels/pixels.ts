/** Maps and masks of scored images, one image at a time. */
import { DataError } from '../../contracts/errors.js';
import type { Size } from '../../contracts/size.js';
import type { PixelSource } from '../../contracts/threshold.js';
import { NO_SCORE } from '../../images/image-fit.js';
import { checkFinite } from '../checks.js';

/** An image that has a mask. */
export interface Pixels {
  readonly index: number;
  /** Of both. */
  readonly size: Size;
  /** How many of them have no score, and do not count. */
  readonly unscored: number;
  /** `[H, W]` in rows; -Infinity where a pixel has no score. */
  readonly map: Float32Array;
  /** `[H, W]` in rows, non-zero where defective. */
  readonly mask: Uint8Array;
}

export type PixelMemory = Pick<Pixels, 'map' | 'mask'>;

/**
 * Maps and masks that are in memory.
 * @param maps for each image its anomaly map, `[H, W]` in rows.
 * @param masks for each image its mask, `[H, W]` in rows, non-zero where it is defective: all zero for nominal images, null where
 * there is none.
 * @param size of every map and mask, or of each.
 * @throws DataError unless there is one mask a map.
 */
export function pixelsInMemory(
  maps: readonly Float32Array[],
  masks: readonly (Uint8Array | null)[],
  size: Size | readonly Size[],
): PixelSource {
  if (maps.length !== masks.length)
    throw new DataError(
      `There are ${maps.length} anomaly maps but ${masks.length} masks; give one mask a map.`,
    );
  return {
    length: maps.length,
    size: (index) => ('height' in size ? size : (size[index] as Size)),
    map: async (index) => maps[index] as Float32Array,
    mask: async (index) => masks[index] as Uint8Array | null,
  };
}

/** The indices of all images. */
export const everyIndex = ({ length }: PixelSource): number[] => Array.from({ length }, (_, index) => index);

/**
 * An image's map and mask; null where it has no mask.
 * @param into of an image that is gone: new memory for each would stay until it is collected.
 * @throws DataError where the map or the mask is not of the image's size.
 */
export async function pixelsOf(
  pixels: PixelSource,
  index: number,
  into?: PixelMemory,
): Promise<Pixels | null> {
  const mask = await pixels.mask(index, into?.mask);
  return mask && checked(pixels, { index, mask, map: await pixels.map(index, into?.map) });
}

/** @throws DataError where a pixel that counts has a score that is not finite. */
export const checkScores = ({ index, map, unscored }: Pixels): void =>
  checkFinite(
    unscored > 0 ? map.filter((score) => score !== NO_SCORE) : map,
    ` of the anomaly map of image ${index}`,
  );

/** Maps and masks must be of one size, and masks are looked at before maps are. */
function checked(pixels: PixelSource, { index, map, mask }: Omit<Pixels, 'size' | 'unscored'>): Pixels {
  if (map.length !== mask.length)
    throw new DataError(
      `The anomaly map of image ${index} has ${map.length} pixels but its mask has ${mask.length}; resize the mask like the image.`,
    );
  const size = pixels.size(index);
  if (mask.length !== size.height * size.width)
    throw new DataError(
      `Mask ${index} has ${mask.length} pixels; expected ${size.height}x${size.width} like the images, so resize it with them.`,
    );
  return { index, size, unscored: pixels.unscored?.(index) ?? 0, map, mask };
}

/** What `read` gives for each item; while one is worked on, the next is read, and nothing is any more when this ends. */
export async function* readAhead<T, R>(
  items: readonly T[],
  read: (item: T) => Promise<R>,
): AsyncGenerator<R> {
  const begin = (at: number) => {
    if (at >= items.length) return null;
    const reading = read(items[at] as T);
    reading.catch(() => undefined);
    return reading;
  };
  let next = begin(0);
  try {
    for (let at = 1; next; at++) {
      const result = await next;
      next = begin(at);
      yield result;
    }
  } finally {
    await next?.catch(() => undefined);
  }
}

/** How many pixels of a mask are not zero. */
export function countDefective(mask: Uint8Array): number {
  let count = 0;
  eachDefective(mask, () => {
    count++;
  });
  return count;
}

/**
 * The pixels of a mask that are not zero, ascending.
 * @param into memory for as many as it has pixels.
 */
export function defectivePixels(mask: Uint8Array, into: Int32Array): Int32Array {
  let count = 0;
  eachDefective(mask, (pixel) => {
    into[count++] = pixel;
  });
  return into.subarray(0, count);
}

/** Four pixels at once are looked at, since nearly all are zero. */
function eachDefective(mask: Uint8Array, take: (pixel: number) => void): void {
  const among = (from: number, to: number) => {
    for (let i = from; i < to; i++) if (mask[i] !== 0) take(i);
  };
  const first = Math.min((4 - (mask.byteOffset % 4)) % 4, mask.length);
  const words = new Int32Array(mask.buffer, mask.byteOffset + first, (mask.length - first) >> 2);
  among(0, first);
  for (let i = 0; i < words.length; i++) if (words[i] !== 0) among(first + 4 * i, first + 4 * i + 4);
  among(first + 4 * words.length, mask.length);
}
