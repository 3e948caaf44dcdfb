import { namedRandom, tf } from '@adfw/core';
import { type Vectors, vectorCount } from './vectors.js';

/**
 * To how many numbers `count` vectors can be brought by a random projection so that, most likely, no squared distance between two
 * changes by more than the factor 1 ± `distortion` (Johnson and Lindenstrauss; Dasgupta and Gupta 2003).
 */
export const johnsonLindenstrauss = (count: number, distortion: number): number =>
  Math.floor((4 * Math.log(count)) / (distortion ** 2 / 2 - distortion ** 3 / 3));

/** After so many vectors others get their turn. */
const PAUSE = 4096;

/**
 * Shorter vectors that are about as far from each other: a very sparse random projection (Li et al. 2006) with a share of
 * 1/sqrt(width) of entries other than zero, ±sqrt(sqrt(width) / length). Vectors that are no longer than `length` are left as they are.
 */
export async function projected(
  vectors: Vectors,
  length: number,
  seed: number,
  signal?: AbortSignal,
): Promise<Vectors> {
  const { values, width } = vectors;
  if (length >= width) return vectors;
  const random = namedRandom(seed, 'projection');
  const scale = Math.sqrt(Math.sqrt(width) / length);
  const share = 1 / Math.sqrt(width);
  /** Of each number of the result what is added up and what is subtracted. */
  const terms = Array.from({ length }, () => {
    const [plus, minus]: [number[], number[]] = [[], []];
    for (let at = 0; at < width; at++) {
      const drawn = random();
      if (drawn < share) (drawn < share / 2 ? plus : minus).push(at);
    }
    return [Int32Array.from(plus), Int32Array.from(minus)] as const;
  });
  const count = vectorCount(vectors);
  const result = new Float32Array(count * length);
  for (let i = 0; i < count; i++) {
    if (i % PAUSE === 0) {
      await tf.nextFrame();
      signal?.throwIfAborted();
    }
    const vector = values.subarray(i * width, (i + 1) * width);
    for (const [k, [plus, minus]] of terms.entries()) {
      let sum = 0;
      for (const at of plus) sum += vector[at] as number;
      for (const at of minus) sum -= vector[at] as number;
      result[i * length + k] = scale * sum;
    }
  }
  return { values: result, width: length };
}
