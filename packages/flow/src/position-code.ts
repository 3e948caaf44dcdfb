import { tf } from '@adfw/core';

/**
 * Says where each position of a map is: sines and cosines of its column in the first half of the channels, of its row in the second
 * (Vaswani et al. 2017, section 3.5, in two dimensions). Channels 2k and 2k + 1 of a half of D/2 are sin(p ω) and cos(p ω), where ω
 * = 10000^(-2k / (D/2)).
 * @param channels D, a multiple of 4.
 * @returns `[H * W, D]`, positions row by row.
 */
export function positionCode(height: number, width: number, channels: number): tf.Tensor2D {
  const half = channels / 2;
  const values = new Float32Array(height * width * channels);
  for (let row = 0; row < height; row++)
    for (let column = 0; column < width; column++)
      for (const [part, position] of [column, row].entries())
        for (let k = 0; k < half; k += 2) {
          const at = (row * width + column) * channels + part * half + k;
          const angle = position * 10000 ** (-k / half);
          values[at] = Math.sin(angle);
          values[at + 1] = Math.cos(angle);
        }
  return tf.tensor2d(values, [height * width, channels]);
}
