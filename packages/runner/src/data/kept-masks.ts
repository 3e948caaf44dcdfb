/**
 * The masks of test images, from when they are checked until the images are scored: so that each is read once. A mask is kept as where its
 * runs of equal pixels end, which is little where defects are few and whole.
 */
import type { Mask } from '@adfw/core';

export interface KeptMasks {
  /** Keeps a mask while there is room. */
  keep(index: number, mask: Mask): void;
  /** Gives back a mask, once; null where it was not kept. */
  take(index: number): Pick<Mask, 'data'> | null;
}

interface Runs {
  readonly pixels: number;
  /** Where each run ends, of zeros and of ones in turn. */
  readonly ends: Uint32Array;
}

/** @param bytes that all of them may take. */
export function keptMasks(bytes: number): KeptMasks {
  const kept = new Map<number, Runs>();
  let left = bytes;
  return {
    keep(index, { data }) {
      const ends = runEnds(data, left);
      if (!ends) return;
      left -= ends.byteLength;
      kept.set(index, { pixels: data.length, ends });
    },
    take(index) {
      const runs = kept.get(index);
      if (!runs) return null;
      kept.delete(index);
      left += runs.ends.byteLength;
      return { data: unpacked(runs) };
    },
  };
}

/** null where they are more than may be. */
function runEnds(mask: Uint8Array, bytes: number): Uint32Array | null {
  const ends: number[] = [];
  let inside = false;
  for (let i = 0; i < mask.length; i++) {
    if ((mask[i] !== 0) === inside) continue;
    if (4 * ends.length >= bytes) return null;
    ends.push(i);
    inside = !inside;
  }
  return Uint32Array.from(ends);
}

function unpacked({ pixels, ends }: Runs): Uint8Array {
  const mask = new Uint8Array(pixels);
  for (let run = 0; run < ends.length; run += 2) mask.fill(1, ends[run], ends[run + 1] ?? pixels);
  return mask;
}
