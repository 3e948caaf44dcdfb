import { tf } from '@adfw/core';

/**
 * Makes feature maps smaller: each position of the result is the mean over the area that it covers, where positions of the
 * original count by the part of them that lies in it. Average pooling where sizes divide each other.
 * @param features `[N, H, W, C]`; differentiable.
 * @param size height and width of the result, at most H and W.
 */
export function areaResize(features: tf.Tensor4D, [height, width]: readonly [number, number]): tf.Tensor4D {
  const [images, fromHeight, fromWidth, channels] = features.shape;
  return tf.tidy(() => {
    let maps: tf.Tensor = features;
    if (height !== fromHeight) {
      const rows = tf.reshape(maps, [images, fromHeight, fromWidth * channels]);
      maps = tf.matMul(averages(fromHeight, height), rows);
    }
    if (width !== fromWidth) {
      const columns = tf.reshape(maps, [images * height, fromWidth, channels]);
      maps = tf.matMul(averages(fromWidth, width), columns);
    }
    return tf.reshape(maps, [images, height, width, channels]);
  });
}

/** `[to, from]`: row i has the weights of the mean over the i-th of `to` equal parts of `from` positions. */
function averages(from: number, to: number): tf.Tensor2D {
  const span = from / to;
  const overlap = (part: number, position: number) =>
    Math.max(0, Math.min(position + 1, (part + 1) * span) - Math.max(position, part * span));
  const weights = Array.from({ length: to }, (_, part) =>
    Array.from({ length: from }, (_, position) => overlap(part, position) / span),
  );
  return tf.tensor2d(weights, [to, from]);
}
