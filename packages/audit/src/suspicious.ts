/** The nominal images that look least nominal: by a quick Gaussian of frozen features, each measured without itself. */
import { DataError, imagesTensor, type Learnable, type RgbImage, tf } from '@adfw/core';
import { crossFittedDistances, pooledFeatures } from '@adfw/gaussian';

/** Of fewer images a Gaussian says nothing. */
export const FEWEST_COMPARED = 5;

/** In how many parts they are: each is measured by a Gaussian of the others. */
const FOLDS = 10;

/** Images that go through the network at once. */
const BATCH = 8;

export interface FeatureCollector {
  /** Takes the image with an id; the network looks at it when there are enough for a batch. */
  add(id: string, image: RgbImage): Promise<void>;
  /**
   * How far each image is from the others.
   * @returns null where there are too few, or all are alike.
   */
  distances(seed: number): Promise<{ readonly id: string; readonly score: number }[] | null>;
}

/**
 * @param model has a backbone; features are pooled over the image, layer by layer.
 */
export function featureCollector({
  backbone,
  normalization,
}: Pick<Learnable, 'backbone' | 'normalization'>): FeatureCollector {
  if (!backbone) throw new TypeError('Features are those of a backbone.');
  const { layers } = backbone;
  const sizes = layers.map((layer) => backbone.channels[layer] as number);
  const rows: Float32Array[] = [];
  const ids: string[] = [];
  let waiting: RgbImage[] = [];
  const compute = async () => {
    const images = waiting;
    waiting = [];
    // One size of batch alone, since an engine compiles a network for each.
    const filled = Array.from({ length: BATCH }, (_, at) => images[at] ?? (images[0] as RgbImage));
    const pooled = tf.tidy(() =>
      pooledFeatures(backbone.features(imagesTensor(filled, normalization), 'eval'), layers),
    );
    const values = (await pooled.data()) as Float32Array;
    pooled.dispose();
    const width = values.length / BATCH;
    images.forEach((_, at) => {
      rows.push(values.slice(at * width, (at + 1) * width));
    });
  };
  return {
    async add(id, image) {
      ids.push(id);
      waiting.push(image);
      if (waiting.length === BATCH) await compute();
    },
    async distances(seed) {
      if (waiting.length > 0) await compute();
      if (ids.length < FEWEST_COMPARED) return null;
      const width = (rows[0] as Float32Array).length;
      const all = new Float32Array(rows.length * width);
      for (const [at, row] of rows.entries()) all.set(row, at * width);
      const vectors = tf.tensor2d(all, [rows.length, width]);
      try {
        const found = await crossFittedDistances(vectors, { sizes, folds: FOLDS, seed });
        return ids.map((id, at) => ({ id, score: found[at] as number }));
      } catch (error) {
        // All of them give the same features.
        if (error instanceof DataError) return null;
        throw error;
      } finally {
        vectors.dispose();
      }
    },
  };
}
