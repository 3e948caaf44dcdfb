/**
 * Anomaly maps and masks in a file, as they are scored: in memory they would be 5 bytes a pixel, 5 GB for 1,000 images of 1024x1024.
 */
import { randomBytes } from 'node:crypto';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { join } from 'node:path';
import {
  countDefective,
  NO_SCORE,
  type PixelSource,
  type Size,
  type ValueRange,
  valueRange,
} from '@adfw/core';
import { notWritten } from '../files/atomic-file.js';
import { bytesOf, isShorter, type Place, placedPixels } from './placed-pixels.js';

export interface SpilledMaps extends PixelSource {
  /** Of all maps; null where there are none. */
  readonly range: ValueRange | null;
  unscored(index: number): number;
  /** Of all masks. */
  readonly defectivePixels: number;
  /** The file, for threads that read it too, and where in it each image is. */
  readonly path: string;
  readonly places: readonly Place[];
  /**
   * Writes the next image's map and mask.
   * @param map `[H, W]` in rows; -Infinity where there is no score: there the mask does not count.
   * @param mask `[H, W]` in rows, or null.
   * @throws DataError that names the file where it cannot be written.
   */
  add(size: Size, map: Float32Array, mask: Uint8Array | null): Promise<void>;
}

/**
 * Gives `work` a file of maps, which is gone when it ends.
 * @param folder on a disk with room for 4 bytes a pixel, and one more where there is a defect; not in memory, as /tmp may be.
 * @throws DataError that names the file where it cannot be made.
 */
export async function withSpilledMaps<T>(
  folder: string,
  work: (maps: SpilledMaps) => Promise<T>,
): Promise<T> {
  // `removeLeftovers` knows it by its start, where this process is killed.
  const path = join(folder, `.tmp-maps.f32-${randomBytes(6).toString('hex')}`);
  const file = await open(path, 'wx+').catch((error) => {
    throw notWritten(path, error);
  });
  try {
    return await work(spilledMaps(file, path));
  } finally {
    // Whatever a disk says at the end, nobody needs the file any more.
    await file.close().catch(() => undefined);
    await rm(path, { force: true }).catch(() => undefined);
  }
}

function spilledMaps(file: FileHandle, path: string): SpilledMaps {
  const places: Place[] = [];
  let [end, defectivePixels] = [0, 0];
  let range: ValueRange | null = null;
  const append = async (data: Float32Array | Uint8Array): Promise<number> => {
    const at = end;
    end += data.byteLength;
    await writeAt(file, path, data, at);
    return at;
  };
  const pixels = placedPixels(places, (data, at) => readAt(file, path, data, at));
  return {
    path,
    places,
    get length() {
      return places.length;
    },
    get range() {
      return range;
    },
    get defectivePixels() {
      return defectivePixels;
    },
    size: pixels.size,
    unscored: pixels.unscored,
    map: pixels.map,
    mask: pixels.mask,
    async add(size, map, mask) {
      const pixels = size.height * size.width;
      if (map.length !== pixels || (mask && mask.length !== pixels))
        throw new RangeError(
          `An image of ${size.height}x${size.width} has a map of ${map.length} pixels and ${mask ? `a mask of ${mask.length}` : 'no mask'}.`,
        );
      const { min, max } = valueRange([map]);
      range = range ? { min: Math.min(min, range.min), max: Math.max(max, range.max) } : { min, max };
      const unscored = countUnscored(map);
      const counted =
        mask && unscored > 0 ? mask.map((pixel, at) => (map[at] === NO_SCORE ? 0 : pixel)) : mask;
      const defective = counted ? countDefective(counted) : 0;
      places.push({
        size,
        unscored,
        map: await append(map),
        mask: counted && (defective === 0 ? 'zero' : await append(counted)),
      });
      defectivePixels += defective;
    },
  };
}

function countUnscored(map: Float32Array): number {
  let count = 0;
  for (let pixel = 0; pixel < map.length; pixel++) if (map[pixel] === NO_SCORE) count++;
  return count;
}

/** A disk that is filling up writes a part before it fails. */
async function writeAt(
  file: FileHandle,
  path: string,
  data: Float32Array | Uint8Array,
  at: number,
): Promise<void> {
  const bytes = bytesOf(data);
  try {
    for (let done = 0; done < bytes.length; ) {
      const { bytesWritten } = await file.write(bytes, done, bytes.length - done, at + done);
      done += bytesWritten;
    }
  } catch (error) {
    throw notWritten(path, error);
  }
}

async function readAt(
  file: FileHandle,
  path: string,
  data: Float32Array | Uint8Array,
  at: number,
): Promise<void> {
  const bytes = bytesOf(data);
  for (let done = 0; done < bytes.length; ) {
    const { bytesRead } = await file.read(bytes, done, bytes.length - done, at + done);
    if (bytesRead === 0) throw isShorter(path);
    done += bytesRead;
  }
}
