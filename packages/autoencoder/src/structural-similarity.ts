import { tf } from '@adfw/core';

/** Side and standard deviation of the window, and the constants for images from 0 to 1, of Wang et al. 2004, section III.B. */
const WINDOW = 11;
const DEVIATION = 1.5;
const [C1, C2] = [0.01 ** 2, 0.03 ** 2];

/**
 * The structural similarity of two images around each pixel (Wang et al. 2004, eq. 13), averaged over the channels: 1 where they are
 * the same. Means and variances are weighted by a Gaussian window of 11x11 pixels, and images are mirrored at their borders.
 * @param x `[N, H, W, C]`, 0 to 1, of 11 pixels and more.
 * @returns `[N, H, W]`, between -1 and 1.
 */
export function structuralSimilarity(x: tf.Tensor4D, y: tf.Tensor4D): tf.Tensor3D {
  const window = gaussianWindow();
  const blurred = (values: tf.Tensor4D): tf.Tensor4D => mirroredBlur(values, window);
  const [meanX, meanY] = [blurred(x), blurred(y)];
  const [squareX, squareY, product] = [tf.square(meanX), tf.square(meanY), tf.mul(meanX, meanY)];
  // Rounding may make them slightly negative.
  const varianceX = tf.relu(tf.sub(blurred(tf.square(x)), squareX));
  const varianceY = tf.relu(tf.sub(blurred(tf.square(y)), squareY));
  const covariance = tf.sub(blurred(tf.mul(x, y)), product);
  const numerator = tf.mul(tf.add(tf.mul(product, 2), C1), tf.add(tf.mul(covariance, 2), C2));
  const denominator = tf.mul(tf.add(tf.add(squareX, squareY), C1), tf.add(tf.add(varianceX, varianceY), C2));
  return tf.mean(tf.div(numerator, denominator), -1);
}

/** The weights along one axis; the window is their product with themselves. */
function gaussianWindow(): number[] {
  const weights = Array.from({ length: WINDOW }, (_, at) =>
    Math.exp(-((at - (WINDOW - 1) / 2) ** 2) / (2 * DEVIATION ** 2)),
  );
  const sum = weights.reduce((total, weight) => total + weight, 0);
  return weights.map((weight) => weight / sum);
}

/** Along the height, then the width, each channel by itself. */
function mirroredBlur(values: tf.Tensor4D, window: readonly number[]): tf.Tensor4D {
  const along = (x: tf.Tensor4D, axis: 1 | 2): tf.Tensor4D => {
    const channels = x.shape[3];
    const kernel = tf.tile(tf.tensor4d([...window], axis === 1 ? [WINDOW, 1, 1, 1] : [1, WINDOW, 1, 1]), [
      1,
      1,
      channels,
      1,
    ]) as tf.Tensor4D;
    return tf.depthwiseConv2d(mirrored(x, axis, (WINDOW - 1) / 2), kernel, 1, 'valid');
  };
  return along(along(values, 1), 2);
}

/** With so many rows (or columns) more on both sides, mirrored at the border pixel, which is not repeated. */
function mirrored(x: tf.Tensor4D, axis: 1 | 2, by: number): tf.Tensor4D {
  const size = x.shape[axis];
  const part = (start: number): tf.Tensor4D => {
    const [begin, lengths] = [[0, 0, 0, 0], [...x.shape]];
    begin[axis] = start;
    lengths[axis] = by;
    return tf.reverse(tf.slice(x, begin, lengths), axis) as tf.Tensor4D;
  };
  return tf.concat([part(1), x, part(size - 1 - by)], axis) as tf.Tensor4D;
}
