import { gaussianDistances, randomOrder, shrunkGaussian, tf } from '@adfw/core';

export interface CrossFitting {
  /** How many dimensions belong to each layer, in their order; a layer has a Gaussian of its own. */
  readonly sizes: readonly number[];
  /** In how many parts the images are. */
  readonly folds: number;
  /** Decides which images are together. */
  readonly seed: number;
}

/**
 * How far each of some images is from the others, by the distance of the model `mahalanobis`: the sum over the layers of the
 * Mahalanobis distances from a Gaussian of the images in all parts but its own, so that an image that is unlike the others
 * does not widen what it is measured with.
 * @param vectors pooled features, `[N, ΣCk]`, of at least three images.
 * @returns a distance an image, in their order.
 * @throws DataError where all images give the same features.
 */
export async function crossFittedDistances(
  vectors: tf.Tensor2D,
  { sizes, folds, seed }: CrossFitting,
): Promise<Float64Array> {
  const [count] = vectors.shape;
  const order = randomOrder(count, seed, 0);
  const parts = Math.min(folds, count);
  const distances = new Float64Array(count);
  for (let part = 0; part < parts; part++) {
    const isIn = (position: number) => position % parts === part;
    const own = order.filter((_, position) => isIn(position));
    const others = order.filter((_, position) => !isIn(position));
    const [measured, fitted] = tf.tidy(() => [
      tf.gather(vectors, tf.tensor1d(own, 'int32')),
      tf.gather(vectors, tf.tensor1d(others, 'int32')),
    ]) as [tf.Tensor2D, tf.Tensor2D];
    try {
      let start = 0;
      for (const size of sizes) {
        const added = await distancesOf(measured, fitted, start, size);
        own.forEach((image, position) => {
          distances[image] = (distances[image] as number) + (added[position] as number);
        });
        start += size;
      }
    } finally {
      tf.dispose([measured, fitted]);
    }
  }
  return distances;
}

/** Of one layer: the columns from `start` on. */
async function distancesOf(
  measured: tf.Tensor2D,
  fitted: tf.Tensor2D,
  start: number,
  size: number,
): Promise<Float32Array> {
  const columns = (of: tf.Tensor2D): tf.Tensor2D => tf.slice(of, [0, start], [-1, size]);
  const nominal = columns(fitted);
  try {
    const gaussian = await shrunkGaussian(nominal);
    const found = tf.tidy(() => gaussianDistances(columns(measured), gaussian));
    tf.dispose([gaussian.mean, gaussian.whitening]);
    const values = (await found.data()) as Float32Array;
    found.dispose();
    return values;
  } finally {
    nominal.dispose();
  }
}
