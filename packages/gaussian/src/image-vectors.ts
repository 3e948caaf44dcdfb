/** One vector an image: what models of whole images, and not of positions, are fitted to. */
import { type FeaturePyramid, type GatherContext, randomOrder, type Seen, tf } from '@adfw/core';

/** Fewer images than these are not taken for want of memory. */
const FEWEST_IMAGES = 100;

/** The mean of each layer's features over its positions, one layer after another: `[N, ΣCk]`. */
export const pooledFeatures = (features: FeaturePyramid, layers: readonly string[]): tf.Tensor2D =>
  tf.tidy(() =>
    tf.concat(
      layers.map((layer) => tf.mean<tf.Tensor2D>(features[layer] as tf.Tensor4D, [1, 2])),
      1,
    ),
  );

/** Each layer's features at all positions, one layer after another: `[N, ΣHkWkCk]`. */
export const allFeatures = (features: FeaturePyramid, layers: readonly string[]): tf.Tensor2D =>
  tf.tidy(() => flattened(layers.map((layer) => features[layer] as tf.Tensor4D)));

/** Maps as one vector an image: `[N, ΣHkWkCk]`. */
export const flattened = (maps: readonly tf.Tensor4D[]): tf.Tensor2D =>
  tf.concat(
    maps.map((map) => tf.reshape<tf.Rank.R2>(map, [map.shape[0], -1])),
    1,
  );

/**
 * The vectors of all images, or of a random sample of them, which is said, where there are more than `limit` or than there is memory for.
 * @param vectorsOf `[N, D]` of a batch.
 * @returns `[images, D]`; the caller disposes it.
 */
export async function imageVectors(
  batches: AsyncIterable<Seen>,
  vectorsOf: (seen: Seen) => tf.Tensor2D,
  { total, seed, budget, report }: Pick<GatherContext, 'total' | 'seed' | 'budget' | 'report'>,
  limit: number,
): Promise<tf.Tensor2D> {
  let count = Math.min(total, limit);
  let taken = 0;
  let values: Float32Array | null = null;
  let sample = new Set<number>();
  let dimensions = 0;
  let seen = 0;
  let kept = 0;
  try {
    for await (const batch of batches) {
      const vectors = tf.tidy(() => vectorsOf(batch));
      const [inBatch, size] = vectors.shape;
      const found = await vectors.data();
      vectors.dispose();
      if (!values) {
        dimensions = size;
        const bytes = (images: number) => images * size * Float32Array.BYTES_PER_ELEMENT;
        while (count > FEWEST_IMAGES && !budget.take(bytes(count)))
          count = Math.max(FEWEST_IMAGES, Math.floor(count / 2));
        // Nothing was taken for the fewest.
        if (count > FEWEST_IMAGES) taken = bytes(count);
        values = new Float32Array(count * size);
        sample = new Set(randomOrder(total, seed, 0).slice(0, count));
        if (count < total) report?.(`It is fitted to a random sample of ${count} of the ${total} images.`);
      }
      for (let image = 0; image < inBatch; image++, seen++)
        if (sample.has(seen)) {
          values.set(found.subarray(image * size, (image + 1) * size), kept * size);
          kept += 1;
        }
    }
  } finally {
    budget.giveBack(taken);
  }
  return tf.tensor2d(values ?? new Float32Array(), [kept, dimensions]);
}
