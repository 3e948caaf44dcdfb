/** Anomaly maps and masks that lie in a file, read by whichever thread. */
import { DataError, type PixelSource, type Size } from '@adfw/core/plain';

/** Where in the file an image's map is, and its mask; a mask that is all zero is not in it. */
export interface Place {
  readonly size: Size;
  readonly unscored: number;
  readonly map: number;
  readonly mask: number | 'zero' | null;
}

/** @param read fills `data` with what is in the file from `at` on. */
export function placedPixels(
  places: readonly Place[],
  read: (data: Float32Array | Uint8Array, at: number) => void | Promise<void>,
): PixelSource & { unscored(index: number): number } {
  const place = (index: number): Place => {
    const place = places[index];
    if (!place) throw new RangeError(`There is no image ${index}: ${places.length} were added.`);
    return place;
  };
  return {
    get length() {
      return places.length;
    },
    size: (index) => place(index).size,
    unscored: (index) => place(index).unscored,
    async map(index, into) {
      const { size, map } = place(index);
      const pixels = size.height * size.width;
      const data = into?.length === pixels ? into : new Float32Array(pixels);
      await read(data, map);
      return data;
    },
    async mask(index, into) {
      const { size, mask } = place(index);
      if (mask === null) return null;
      const pixels = size.height * size.width;
      const data = into?.length === pixels ? into : new Uint8Array(pixels);
      if (mask === 'zero') return data.fill(0);
      await read(data, mask);
      return data;
    },
  };
}

export const bytesOf = ({ buffer, byteOffset, byteLength }: Float32Array | Uint8Array) =>
  new Uint8Array(buffer, byteOffset, byteLength);

/**
 * Fills `data` by a call that may give less than it is asked for.
 * @throws DataError that names the file where it ends before.
 */
export function readWhole(
  path: string,
  data: Float32Array | Uint8Array,
  at: number,
  read: (bytes: Uint8Array, from: number, length: number, position: number) => number,
): void {
  const bytes = bytesOf(data);
  for (let done = 0; done < bytes.length; ) {
    const count = read(bytes, done, bytes.length - done, at + done);
    if (count === 0) throw isShorter(path);
    done += count;
  }
}

export const isShorter = (path: string) =>
  new DataError(`${path} is shorter than what was written into it; run the same again.`);
