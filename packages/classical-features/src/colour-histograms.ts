import { tf } from '@adfw/core';

/**
 * Of each cell the share of its pixels in each of `bins` equal parts of the range, channel by channel. A pixel counts for the two bins
 * whose middles it lies between, for the nearer one more: a little more light changes histograms a little.
 *
 * @param images `[N, H, W, C]`, 0 to 1. Pixels beyond the last whole cell are left out.
 * @returns `[N, cells, cells, C · bins]`.
 */
export const colourHistograms = (images: tf.Tensor4D, cell: number, bins: number): tf.Tensor4D =>
  tf.tidy(() => {
    const channels = images.shape[3];
    const places = tf.clipByValue(tf.sub<tf.Tensor4D>(tf.mul<tf.Tensor4D>(images, bins), 0.5), 0, bins - 1);
    const middles = tf.range(0, bins);
    const shares = Array.from({ length: channels }, (_, channel) => {
      const own = tf.slice(places, [0, 0, 0, channel], [-1, -1, -1, 1]);
      return tf.relu(tf.sub<tf.Tensor4D>(1, tf.abs(tf.sub(own, middles))));
    });
    return tf.avgPool(tf.concat(shares, 3), cell, cell, 'valid');
  });
