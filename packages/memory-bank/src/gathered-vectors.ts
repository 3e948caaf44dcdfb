import { DataError, type GatherContext, type MemoryBudget, namedRandom, type Seen, tf } from '@adfw/core';
import type { Vectors } from './vectors.js';

export interface GatheredVectors {
  readonly vectors: Vectors;
  /** How many there were; more than `vectors` has where memory was short. */
  readonly total: number;
  /** Gives the memory back to the budget. */
  release(): void;
}

export interface GatherOptions extends Pick<GatherContext, 'total' | 'seed' | 'budget' | 'report'> {
  /** What a vector is of. */
  readonly of: 'patches' | 'images';
  /** So many are kept even where there is no memory. */
  readonly fewest: number;
  /** So many numbers are kept at most. */
  readonly mostNumbers?: number;
  /** How many numbers of float32 are held for each of `count` vectors beside itself. */
  readonly beside?: (count: number, width: number) => number;
}

/**
 * The vectors of all images; where there is no room for all of them, a uniform random sample (Vitter's reservoir, algorithm R), which
 * is said.
 * @param vectorsOf `[V, D]` of a batch, as many for each image.
 * @throws DataError where a number is not finite.
 */
export async function gatheredVectors(
  batches: AsyncIterable<Seen>,
  vectorsOf: (seen: Seen) => tf.Tensor2D,
  {
    total: images,
    seed,
    budget,
    report,
    of,
    fewest,
    mostNumbers = Number.POSITIVE_INFINITY,
    beside = () => 0,
  }: GatherOptions,
): Promise<GatheredVectors> {
  const random = namedRandom(seed, 'sample');
  let [values, width, capacity, taken, seen] = [new Float32Array(), 1, 0, 0, 0];
  const release = () => {
    budget.giveBack(taken);
    taken = 0;
  };
  try {
    for await (const batch of batches) {
      const tensor = tf.tidy(() => vectorsOf(batch));
      const [inBatch, size] = tensor.shape;
      const found = (await tensor.data()) as Float32Array;
      tensor.dispose();
      if (!found.every(Number.isFinite))
        throw new DataError(
          'The network gives features of a nominal image that are no finite numbers: its weights may be damaged.',
        );
      if (capacity === 0) {
        width = size;
        const all = (inBatch / batch.images.shape[0]) * images;
        const most = Math.min(all, Math.floor(mostNumbers / size));
        const bytes = Float32Array.BYTES_PER_ELEMENT * (size + beside(most, size));
        const room = roomFor(budget, most, bytes);
        taken = room * bytes;
        capacity = Math.max(room, Math.min(all, fewest));
        values = new Float32Array(capacity * size);
        if (capacity < all) {
          const why = room < most ? 'fit.cacheMemory has no room for more' : 'a model does not hold more';
          report?.(`Of ${all} ${of} a random sample of ${capacity} is kept: ${why}.`);
        }
      }
      for (let row = 0; row < inBatch; row++, seen++) {
        const place = seen < capacity ? seen : Math.floor(random() * (seen + 1));
        if (place < capacity) values.set(found.subarray(row * size, (row + 1) * size), place * size);
      }
    }
  } catch (error) {
    release();
    throw error;
  }
  return {
    vectors: { values: values.subarray(0, Math.min(seen, capacity) * width), width },
    total: seen,
    release,
  };
}

/** Takes memory for as many of `wanted` things as there is room for. */
function roomFor(budget: MemoryBudget, wanted: number, bytesEach: number): number {
  if (budget.take(wanted * bytesEach)) return wanted;
  let [fits, tooMany] = [0, wanted];
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2);
    if (budget.take(middle * bytesEach)) {
      budget.giveBack(middle * bytesEach);
      fits = middle;
    } else tooMany = middle;
  }
  budget.take(fits * bytesEach);
  return fits;
}
