// Floating point operations of a network's convolutions, which are nearly all it computes, and the rate they reach at best.
import { tf } from '@adfw/core';

/** Operations of a pass over one square image of `size`; kernels are `[kh, kw, C, K]`, and each layer halves the resolution. */
export function forwardOperations({ parameters }, size) {
  return sum(Object.entries(parameters).map(([name, { shape }]) => operations(name, shape, size)));
}

/** Forward, and the gradients of the input and of the kernel, which cost as much each; the image needs no gradient. */
export function trainingOperations({ parameters }, size) {
  return sum(
    Object.entries(parameters).map(
      ([name, { shape }]) => operations(name, shape, size) * (name.startsWith('conv1.') ? 2 : 3),
    ),
  );
}

function operations(name, shape, size) {
  if (shape.length !== 4) return 0;
  const [, layer = '0'] = /^layer(\d)/.exec(name) ?? [];
  const side = size / 2 ** (Number(layer) + 1);
  return 2 * shape.reduce((product, d) => product * d, 1) * side * side;
}

const sum = (numbers) => numbers.reduce((total, number) => total + number, 0);

/**
 * Operations a second of a 3x3 convolution of 64 channels, the best of several: on the machines seen, what the units for
 * multiplying and adding do at most.
 */
export async function peakRate() {
  const [batch, side, channels] = [32, 56, 64];
  const x = tf.randomNormal([batch, side, side, channels], 0, 1, 'float32', 1);
  const kernels = tf.randomNormal([3, 3, channels, channels], 0, 0.04, 'float32', 2);
  const depth = 10;
  const pass = () =>
    tf.tidy(() => {
      let y = x;
      for (let i = 0; i < depth; i++) y = tf.conv2d(y, kernels, 1, 'same');
      return tf.max(y);
    });
  let best = Number.POSITIVE_INFINITY;
  for (let i = 0; i < 8; i++) {
    const start = performance.now();
    const result = pass();
    await result.data();
    best = Math.min(best, performance.now() - start);
    result.dispose();
  }
  tf.dispose([x, kernels]);
  return (depth * batch * 2 * 9 * channels * channels * side * side) / (best / 1000);
}
