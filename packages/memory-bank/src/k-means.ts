import { type Random, tf } from '@adfw/core';
import { nearestIndices } from './nearest.js';
import { pick, squaredDistanceBelow, type Vectors, vectorCount } from './vectors.js';

export interface Clusters {
  readonly centres: Vectors;
  /** Of the vectors that belong to each centre, the one that is nearest to it. */
  readonly medoids: Int32Array;
  /** The sum of the squared distances of all vectors to their centres. */
  readonly inertia: number;
}

export interface KMeansOptions {
  readonly random: Random;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/** After these the clusters of patches hardly get tighter; as in faiss. */
const MOST_ITERATIONS = 25;
/** Centres are drawn from so many vectors for each of them. */
const DRAWN_FROM = 50;
/** It ends when the centres together move less than this part of a coordinate's mean variance; as in scikit-learn. */
const TOLERANCE = 1e-4;
/** How many vectors the engine is given at once; always as many, so that it compiles one graph. */
const ROWS = 4096;

/**
 * k-means: centres begin as k-means++ draws them (Arthur and Vassilvitskii 2007), and are moved to the mean of what is nearest to them
 * (Lloyd 1982) until they stay. One that nothing is nearest to goes to the vector that is farthest from its own centre.
 *
 * @param count how many clusters; no more than there are different vectors are made.
 */
export async function kMeans(
  vectors: Vectors,
  count: number,
  { random, onProgress, signal }: KMeansOptions,
): Promise<Clusters> {
  const still = TOLERANCE * meanVariance(vectors);
  let centres = await drawnCentres(vectors, count, random, signal);
  for (let iteration = 1; ; iteration++) {
    const membership = await assigned(vectors, centres, signal);
    const moved = means(vectors, membership, vectorCount(centres));
    const shift = distanceBetween(centres, moved);
    onProgress?.(shift <= still ? MOST_ITERATIONS : iteration, MOST_ITERATIONS);
    if (shift <= still || iteration === MOST_ITERATIONS)
      return { centres, ...summary(membership, vectorCount(centres)) };
    centres = moved;
  }
}

/** Of each vector the cluster it belongs to, and its squared distance from the centre. */
interface Membership {
  readonly clusters: Int32Array;
  readonly distances: Float64Array;
}

/** Each is drawn with a chance in proportion to the squared distance from those drawn before. */
async function drawnCentres(
  vectors: Vectors,
  count: number,
  random: Random,
  signal: AbortSignal | undefined,
): Promise<Vectors> {
  const given = vectorCount(vectors);
  const total = Math.min(given, DRAWN_FROM * count);
  const some =
    total === given
      ? vectors
      : pick(
          vectors,
          Array.from({ length: total }, () => Math.floor(random() * given)),
        );
  const distances = new Float64Array(total).fill(Number.POSITIVE_INFINITY);
  const drawn = [Math.floor(random() * total)];
  while (drawn.length < count) {
    await tf.nextFrame();
    signal?.throwIfAborted();
    const latest = drawn.at(-1) as number;
    let sum = 0;
    for (let i = 0; i < total; i++) {
      const distance = squaredDistanceBelow(distances[i] as number, some, i, some, latest);
      distances[i] = distance;
      sum += distance;
    }
    if (sum === 0) break;
    let left = random() * sum;
    let next = 0;
    for (let i = 0; i < total && left >= 0; i++) {
      left -= distances[i] as number;
      if ((distances[i] as number) > 0) next = i;
    }
    drawn.push(next);
  }
  return pick(some, drawn);
}

async function assigned(
  vectors: Vectors,
  centres: Vectors,
  signal: AbortSignal | undefined,
): Promise<Membership> {
  const { values, width } = vectors;
  const total = vectorCount(vectors);
  const clusters = new Int32Array(total);
  const distances = new Float64Array(total);
  const bank = tf.tensor2d(centres.values, [vectorCount(centres), width]);
  try {
    for (let start = 0; start < total; start += ROWS) {
      signal?.throwIfAborted();
      const rows = values.subarray(start * width, (start + ROWS) * width);
      const full = rows.length === ROWS * width ? rows : new Float32Array(ROWS * width);
      if (full !== rows) full.set(rows);
      const nearest = tf.tidy(() => nearestIndices(tf.tensor2d(full, [ROWS, width]), bank));
      const found = await nearest.data();
      nearest.dispose();
      clusters.set(found.subarray(0, Math.min(ROWS, total - start)), start);
    }
  } finally {
    bank.dispose();
  }
  for (let i = 0; i < total; i++)
    distances[i] = squaredDistanceBelow(Number.POSITIVE_INFINITY, vectors, i, centres, clusters[i] as number);
  return { clusters, distances };
}

function means(vectors: Vectors, { clusters, distances }: Membership, count: number): Vectors {
  const { values, width } = vectors;
  const sums = new Float64Array(count * width);
  const sizes = new Float64Array(count);
  for (const [i, cluster] of clusters.entries()) {
    sizes[cluster] = (sizes[cluster] as number) + 1;
    for (let k = 0; k < width; k++)
      sums[cluster * width + k] = (sums[cluster * width + k] as number) + (values[i * width + k] as number);
  }
  const farthest = distances.slice();
  const moved = Float32Array.from(sums, (sum, at) => sum / (sizes[Math.floor(at / width)] as number));
  for (const [cluster, size] of sizes.entries())
    if (size === 0) {
      const far = farthest.reduce(
        (best, distance, i) => (distance > (farthest[best] as number) ? i : best),
        0,
      );
      moved.set(values.subarray(far * width, (far + 1) * width), cluster * width);
      farthest[far] = 0;
    }
  return { values: moved, width };
}

function summary({ clusters, distances }: Membership, count: number): Pick<Clusters, 'medoids' | 'inertia'> {
  const medoids = new Int32Array(count).fill(-1);
  for (const [i, cluster] of clusters.entries()) {
    const medoid = medoids[cluster] as number;
    if (medoid < 0 || (distances[i] as number) < (distances[medoid] as number)) medoids[cluster] = i;
  }
  return {
    medoids: medoids.filter((medoid) => medoid >= 0),
    inertia: distances.reduce((sum, distance) => sum + distance, 0),
  };
}

function distanceBetween(one: Vectors, other: Vectors): number {
  let sum = 0;
  for (let i = 0; i < one.values.length; i++)
    sum += ((one.values[i] as number) - (other.values[i] as number)) ** 2;
  return sum;
}

function meanVariance(vectors: Vectors): number {
  const { values, width } = vectors;
  const total = vectorCount(vectors);
  let variance = 0;
  for (let k = 0; k < width; k++) {
    let [mean, squares] = [0, 0];
    for (let i = 0; i < total; i++) {
      const difference = (values[i * width + k] as number) - mean;
      mean += difference / (i + 1);
      squares += difference * ((values[i * width + k] as number) - mean);
    }
    variance += squares / total;
  }
  return variance / width;
}
