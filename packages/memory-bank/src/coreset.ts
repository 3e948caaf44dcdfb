import { tf } from '@adfw/core';
import { squaredDistanceBelow, squaredNorms, type Vectors, vectorCount } from './vectors.js';

export interface CoresetOptions {
  /** The vector that it begins with. */
  readonly first: number;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** About how many of the farthest vectors are looked at together. */
const FRONTIER = 4096;
/** Rows and columns of the products that the engine computes; always the same, so that it compiles one. */
const [ROWS, COLUMNS] = [512, 256];
/** What share of the distances is looked at to find the farthest; a prime, for patches lie in rows. */
const STRIDE = 61;

/**
 * Greedy k-centre (Gonzalez 1985; Sener and Savarese 2018): again and again the vector that is farthest from those chosen so far, of
 * equals the first. The largest distance of a vector to the nearest chosen one is at most twice the smallest possible.
 *
 * The choice is that of the plain algorithm, which compares every vector with every chosen one, in less time. A distance to the
 * chosen ones only gets smaller as more are chosen, so the distance to the first few is a bound: vectors whose bound is below the
 * farthest one's distance are left alone until it isn't any more, most of them for good. What is looked at is looked at in blocks, by
 * matrix products of the engine; where a product leaves open whether a distance is the smallest so far, it is computed in float64, so
 * that the choice does not depend on the engine.
 *
 * @returns indices of `count` vectors in the order of the choice, or of fewer where all others are equal to one of them.
 */
export async function greedyCoreset(
  vectors: Vectors,
  count: number,
  { first, onProgress, signal }: CoresetOptions,
): Promise<Int32Array> {
  const { values, width } = vectors;
  const total = vectorCount(vectors);
  const wanted = Math.min(count, total);
  const chosen = new Int32Array(wanted);
  /** The chosen vectors, and zeros up to a whole number of blocks. */
  const centres: Vectors = { values: new Float32Array((wanted + COLUMNS) * width), width };
  const centreNorms = new Float64Array(wanted);
  const norms = squaredNorms(vectors);
  /** Squared distances to the nearest of the first `seen` chosen ones. */
  const distances = new Float64Array(total).fill(Number.POSITIVE_INFINITY);
  const seen = new Int32Array(total);
  let done = 0;
  /** How far a squared distance may be off, as a part of the squared norms, that is made of a product in float32, or in TF32 on a GPU. */
  const rounding = 2 ** -10 + 2 ** -23 * width;

  const choose = (index: number) => {
    chosen[done] = index;
    centres.values.set(values.subarray(index * width, (index + 1) * width), done * width);
    centreNorms[done] = 0.5 * (1 - rounding) * (norms[index] as number);
    distances[index] = 0;
    done++;
  };
  const distanceTo = (centre: number, index: number): number =>
    squaredDistanceBelow(distances[index] as number, vectors, index, centres, centre);
  /** Room for as many as the engine is given at once; what is behind the last is not looked at. */
  const block = new Float32Array(ROWS * width);
  const gathered = (indices: readonly number[]): Float32Array => {
    for (const [row, index] of indices.entries())
      block.set(values.subarray(index * width, (index + 1) * width), row * width);
    return block;
  };
  /** Compares with all chosen ones those whose distance is, and stays, above `floor`. */
  const refresh = async (indices: readonly number[], floor: number) => {
    let above = indices;
    for (let start = 0; start < done; start += COLUMNS) {
      const end = Math.min(start + COLUMNS, done);
      const columns = centres.values.subarray(start * width, (start + COLUMNS) * width);
      const stale = above.filter((index) => (seen[index] as number) < end);
      for (let from = 0; from < stale.length; from += ROWS) {
        signal?.throwIfAborted();
        const rows = stale.slice(from, from + ROWS);
        const products = await productsOf(gathered(rows), columns, width);
        for (const [row, index] of rows.entries()) {
          const norm = (1 - rounding) * (norms[index] as number);
          const bound = () => 0.5 * (norm - (distances[index] as number));
          const row0 = row * COLUMNS - start;
          let centre = firstAbove(bound(), products, row0, centreNorms, start, end);
          while (centre < end) {
            distances[index] = distanceTo(centre, index);
            centre = firstAbove(bound(), products, row0, centreNorms, centre + 1, end);
          }
          seen[index] = end;
        }
      }
      if (stale.length > 0) above = above.filter((index) => (distances[index] as number) > floor);
    }
  };

  choose(first);
  await refresh([...norms.keys()], 0);
  while (done < wanted) {
    const { frontier, beyond } = farthest(distances);
    if (frontier.length === 0) break;
    await refresh(frontier, beyond);
    const isFarthest = (index: number) => (distances[index] as number) > beyond;
    let candidates = frontier.filter(isFarthest);
    while (candidates.length > 0 && done < wanted) {
      const next = candidates.reduce((best, index) =>
        (distances[index] as number) > (distances[best] as number) ? index : best,
      );
      choose(next);
      for (const index of candidates) {
        distances[index] = distanceTo(done - 1, index);
        seen[index] = done;
      }
      candidates = candidates.filter(isFarthest);
    }
    onProgress?.(done, wanted);
  }
  return chosen.subarray(0, done);
}

/** The vectors with about the {@link FRONTIER} largest distances, none of them 0, and the largest distance of the others. */
function farthest(distances: Float64Array): { frontier: number[]; beyond: number } {
  const sample = distances.filter((_, index) => index % STRIDE === 0).sort();
  const least = sample[Math.max(0, sample.length - 1 - Math.floor(FRONTIER / STRIDE))] as number;
  const frontier: number[] = [];
  let beyond = 0;
  for (let index = 0; index < distances.length; index++) {
    const distance = distances[index] as number;
    if (distance > 0 && distance >= least) frontier.push(index);
    else if (distance > beyond) beyond = distance;
  }
  return { frontier, beyond };
}

/** The first i from `start` on, below `end`, for which products[offset + i] - norms[i] is above `bound`; `end` where there is none. */
function firstAbove(
  bound: number,
  products: Float32Array,
  offset: number,
  norms: Float64Array,
  start: number,
  end: number,
): number {
  for (let i = start; i < end; i++)
    if ((products[offset + i] as number) - (norms[i] as number) > bound) return i;
  return end;
}

/** `[ROWS, COLUMNS]`, the inner product of each of `rows` with each of `columns`. */
async function productsOf(rows: Float32Array, columns: Float32Array, width: number): Promise<Float32Array> {
  const product = tf.tidy(() =>
    tf.matMul(tf.tensor2d(rows, [ROWS, width]), tf.tensor2d(columns, [COLUMNS, width]), false, true),
  );
  try {
    return (await product.data()) as Float32Array;
  } finally {
    product.dispose();
  }
}
