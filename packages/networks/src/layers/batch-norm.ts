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
 * Few passes over the data matter here more than anything else. The sums of x and x² are taken in one go, of values shifted
 * by the running mean, which is near the batch's: then the difference of squares keeps its digits (Chan, Golub and LeVeque
 * 1983, section 3). The gradient is written out. With m = N·H·W and x̂ = (x − μ)/σ, a channel at a time, dβ = Σ dy,
 * dγ = Σ dy·x̂ and dx = γ/σ · (dy − dβ/m − x̂·dγ/m).
 *
 * @param x `[N, H, W, C]`
 * @throws ConfigurationError where a channel has a single value, which has no variance.
 */
export function batchNormTrain(
  x: tf.Tensor4D,
  { scale, offset, runningMean, runningVariance }: BatchNormVariables,
  momentum = MOMENTUM,
  pooling: Pooling = none,
): tf.Tensor4D {
  const [images, height, width] = x.shape;
  const count = images * height * width;
  if (count < 2)
    throw new ConfigurationError(
      'Batch normalisation cannot train on a single value a channel: the batch holds one image, and its feature map is 1x1. Use a larger batch or larger images.',
    );

  const { pool, flip } = pooling;
  const shifted = tf.sub(x, flip(runningMean));
  const normalize = tf.customGrad((...inputs) => {
    const [data, gamma, beta, save] = inputs as unknown as [
      tf.Tensor4D,
      tf.Tensor1D,
      tf.Tensor1D,
      tf.GradSaveFunc,
    ];
    const mean = tf.mean<tf.Tensor1D>(data, [0, 1, 2]);
    const meanSquare = tf.mean<tf.Tensor1D>(tf.square(data), [0, 1, 2]);
    const variance = tf.maximum<tf.Tensor1D>(tf.sub(meanSquare, tf.square(mean)), 0);
    move(runningMean, tf.add(runningMean, flip(mean)), momentum);
    move(runningVariance, tf.mul(variance, count / (count - 1)), momentum);
    const inverseDeviation = tf.rsqrt(tf.add(variance, EPSILON));
    const pooled = pool(data);
    save([data, pooled, gamma, mean, inverseDeviation]);
    return {
      value: tf.batchNorm(pooled, mean, variance, beta, gamma, EPSILON),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) =>
        batchNormGradient(dy as tf.Tensor4D, saved as unknown as Saved, pooling, count),
    };
  });
  return normalize(shifted, flip(scale), offset) as tf.Tensor4D;
}

/**
 * A pooling between the statistics and the normalisation with them, which then works on the small image. That gives what
 * pooling at the end does, if the normalisation is increasing: for x whose channels were multiplied by the signs of γ.
 */
export interface Pooling {
  pool(x: tf.Tensor4D): tf.Tensor4D;
  /** The gradient of x, of that of what was pooled. */
  unpool(dy: tf.Tensor4D, x: tf.Tensor4D): tf.Tensor4D;
  /** A vector `[C]` times the signs of γ. */
  flip(vector: tf.Tensor1D): tf.Tensor1D;
}

const none: Pooling = { pool: (x) => x, unpool: (dy) => dy, flip: (vector) => vector };
type Saved = [tf.Tensor4D, tf.Tensor4D, tf.Tensor1D, tf.Tensor1D, tf.Tensor1D];

/** running ← (1 − momentum) · running + momentum · batch */
const move = (running: tf.Variable, batch: tf.Tensor, momentum: number): void =>
  running.assign(tf.add(tf.mul(running, 1 - momentum), tf.mul(batch, momentum)));

/**
 * dx, dγ, dβ: two passes over the data for the sums, and one for a·(dy + b·x + c). The factor a stands outside, where a
 * convolution's gradients can take it into their filters.
 */
function batchNormGradient(
  dy: tf.Tensor4D,
  [x, pooled, gamma, mean, inverseDeviation]: Saved,
  { unpool }: Pooling,
  count: number,
): [tf.Tensor4D, tf.Tensor1D, tf.Tensor1D] {
  const dBeta = tf.sum<tf.Tensor1D>(dy, [0, 1, 2]);
  const dGamma = tf.mul(
    tf.sum<tf.Tensor1D>(tf.mul(dy, tf.sub(pooled, mean)), [0, 1, 2]),
    inverseDeviation,
  ) as tf.Tensor1D;
  const a = tf.mul(gamma, inverseDeviation);
  const b = tf.mul(tf.mul(dGamma, inverseDeviation), -1 / count);
  const c = tf.sub(tf.mul(dBeta, -1 / count), tf.mul(b, mean));
  const dx = tf.mul(tf.add(unpool(dy, x), tf.add(tf.mul(x, b), c)), a) as tf.Tensor4D;
  return [dx, dGamma, dBeta];
}
