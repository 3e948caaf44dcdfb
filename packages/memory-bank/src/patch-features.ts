import { type Backbone, type FeaturePyramid, type JsonSchema, type Size, tf } from '@adfw/core';

export const poolingOption = {
  enum: [1, 3, 5, 7, 9],
  default: 3,
  description:
    'Over how many positions on a side the features of each layer are averaged first, so that a patch knows what is around it; 1 for none.',
} as const satisfies JsonSchema;

/**
 * The locally aware patch features of PatchCore (Roth et al. 2022, section 3.1): each layer averaged over the `pooling` x `pooling`
 * neighbours of a position, those beyond the border counting as zeros; deeper layers are brought to the grid of the first bilinearly,
 * and all are put together.
 *
 * @param layers shallow to deep.
 * @param pooling odd.
 * @returns `[N, h, w, ΣCk]`.
 */
export const patchFeatures = (
  features: FeaturePyramid,
  layers: readonly string[],
  pooling: number,
): tf.Tensor4D =>
  tf.tidy(() => {
    const pooled = layers.map((layer) => neighbourhoodMeans(features[layer] as tf.Tensor4D, pooling));
    const [, height, width] = (pooled[0] as tf.Tensor4D).shape;
    return tf.concat(
      pooled.map((layer) => resized(layer, height, width)),
      3,
    );
  });

/** PyTorch's AvgPool2d(pooling, 1, pooling // 2): tfjs' `same` would leave what is beyond the border out of the mean. */
function neighbourhoodMeans(features: tf.Tensor4D, pooling: number): tf.Tensor4D {
  if (pooling === 1) return features;
  const beyond: [number, number] = [(pooling - 1) / 2, (pooling - 1) / 2];
  return tf.avgPool(tf.pad(features, [[0, 0], beyond, beyond, [0, 0]]), pooling, 1, 'valid');
}

const resized = (maps: tf.Tensor4D, height: number, width: number): tf.Tensor4D =>
  maps.shape[1] === height && maps.shape[2] === width
    ? maps
    : tf.image.resizeBilinear(maps, [height, width], false, true);

/** Vectors at all positions of all images, one a row: `[N h w, C]`. */
export const rowsOf = (maps: tf.Tensor4D): tf.Tensor2D => tf.reshape(maps, [-1, maps.shape[3]]);

/** How many positions of an image have a vector. An engine that computes only what is read computes nothing here. */
export const positionCount = (
  backbone: Backbone,
  { height, width }: Size,
  mapsOf: (features: FeaturePyramid) => tf.Tensor4D,
): number =>
  tf.tidy(() => {
    const [, rows, columns] = mapsOf(backbone.features(tf.zeros([1, height, width, 3]), 'eval')).shape;
    return rows * columns;
  });
