import { ConfigurationError, tf } from '@adfw/core';

/** PyTorch's defaults, which all ResNets use. */
const EPSILON = 1e-5;
const MOMENTUM = 0.1;

export interface BatchNormVariables {
  /** `[C]` each. */
  readonly scale: tf.Variable<tf.Rank.R1>;
  readonly offset: tf.Variable<tf.Rank.R1>;
  readonly runningMean: tf.Variable<tf.Rank.R1>;
  readonly runningVariance: tf.Variable<tf.Rank.R1>;
}

/** Batch normalisation with the running statistics (Ioffe and Szegedy 2015, algorithm 2). */
export const batchNormEval = (x: tf.Tensor4D, variables: BatchNormVariables): tf.Tensor4D =>
  tf.batchNorm(
    x,
    variables.runningMean,
    variables.runningVariance,
    variables.offset,
    variables.scale,
    EPSILON,
  ) as tf.Tensor4D;

/**
 * Batch normalisation with the statistics of the batch (Ioffe and Szegedy 2015, algorithm 1), as PyTorch's BatchNorm2d does it
 * in training: the biased variance normalises, and the running statistics move part of the way, `momentum`, to the batch's
 * mean and unbiased variance.
 *
 * The gradient is written out, for few passes over the data. With m = N·H·W and x̂ = (x − μ)/σ, a channel at a time,
 * dβ = Σ dy, dγ = Σ dy·x̂ and dx = γ/σ · (dy − dβ/m − x̂·dγ/m).
 *
 * @param x `[N, H, W, C]`
 * @throws ConfigurationError where a channel has a single value, which has no variance.
 */
export function batchNormTrain(
  x: tf.Tensor4D,
  variables: BatchNormVariables,
  momentum = MOMENTUM,
): tf.Tensor4D {
  const [images, height, width] = x.shape;
  const count = images * height * width;
  if (count < 2)
    throw new ConfigurationError(
      'Batch normalisation cannot train on a single value a channel: the batch holds one image, and its feature map is 1x1. Use a larger batch or larger images.',
    );

  const normalize = tf.customGrad((...inputs) => {
    const [data, scale, offset, save] = inputs as unknown as [
      tf.Tensor4D,
      tf.Tensor1D,
      tf.Tensor1D,
      tf.GradSaveFunc,
    ];
    const { mean, variance } = tf.moments(data, [0, 1, 2]) as { mean: tf.Tensor1D; variance: tf.Tensor1D };
    move(variables.runningMean, mean, momentum);
    move(variables.runningVariance, tf.mul(variance, count / (count - 1)), momentum);
    const inverseDeviation = tf.rsqrt(tf.add(variance, EPSILON));
    save([data, scale, mean, inverseDeviation]);
    return {
      value: tf.batchNorm(data, mean, variance, offset, scale, EPSILON),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        batchNormGradient(
          dy as tf.Tensor4D,
          saved as [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D],
          count,
        ),
    };
  });
  return normalize(x, variables.scale, variables.offset) as tf.Tensor4D;
}

/** running ← (1 − momentum) · running + momentum · batch */
const move = (running: tf.Variable, batch: tf.Tensor, momentum: number): void =>
  running.assign(tf.add(tf.mul(running, 1 - momentum), tf.mul(batch, momentum)));

/** dx, dγ, dβ. Two passes over the data for the sums, and one that is linear in dy and x: dx = a·dy + b·x + c. */
function batchNormGradient(
  dy: tf.Tensor4D,
  [x, scale, mean, inverseDeviation]: [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D],
  count: number,
): [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D] {
  const dOffset = tf.sum<tf.Tensor1D>(dy, [0, 1, 2]);
  const dScale = tf.mul(tf.sum<tf.Tensor1D>(tf.mul(dy, tf.sub(x, mean)), [0, 1, 2]), inverseDeviation);
  const a = tf.mul(scale, inverseDeviation);
  const b = tf.mul(tf.mul(a, inverseDeviation), tf.mul(dScale, -1 / count));
  const c = tf.sub(tf.mul(tf.mul(a, dOffset), -1 / count), tf.mul(b, mean));
  const dx = tf.add(tf.mul(dy, a), tf.add(tf.mul(x, b), c)) as tf.Tensor4D;
  return [dx, dScale as tf.Tensor1D, dOffset];
}
