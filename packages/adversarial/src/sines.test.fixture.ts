/** What the tests beside PyTorch have in common: see fixtures/dcgan.py. */
import { adam, type Model, type Seen, type Training, tf } from '@adfw/core';
import { expect } from 'vitest';

export const tinySizes = { depth: 2, width: 4, latent: 5 };
export const tinyContext = { seed: 1, imageSize: { height: 16, width: 12 } };

export const tinyTraining: Training = {
  epochs: 1,
  schedule: { warmUp: 0, decay: 'none' as const },
  clipNorm: null,
  averageDecay: 0,
  preciseBatchNorm: false,
  patience: null,
  optimizer: Object.assign(
    async () => adam({ learningRate: 2e-3, beta1: 0.5, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 }),
    { type: 'adam', path: '' },
  ),
};

/** The tensors of two halvings, and of a code that becomes an image, in the order in which PyTorch's modules are filled. */
export const downNames = (name: string): string[] => [
  `${name}.0.weight`,
  `${name}.1.weight`,
  `${name}.1.norm`,
];
export const upNames = (name: string): string[] => [
  `${name}.code.weight`,
  `${name}.code.norm`,
  `${name}.1.weight`,
  `${name}.1.norm`,
  `${name}.0.weight`,
];

/** Fills tensors with what those of the fixture begin with. @param names in the order of PyTorch's; `….norm` is a scale and an offset. */
export function beginAsSines(model: Model, names: readonly string[]): void {
  const state = model.state();
  const filled = names.flatMap((name) =>
    name.endsWith('.norm') ? [`${name}.weight`, `${name}.bias`] : [name],
  );
  for (const [number, name] of filled.entries()) {
    const variable = state[name] as tf.Variable;
    const around = name.endsWith('.norm.weight') ? 1 : 0;
    const values = Float32Array.from(
      { length: variable.size },
      (_, i) => around + 0.3 * Math.sin(1 + 0.7 * i + number),
    );
    variable.assign(tf.tensor(values, variable.shape));
  }
}

/** The fixture's uniform numbers, from its first. */
export function sineRandom(): () => number {
  let drawn = 0;
  return () => 0.5 + 0.45 * Math.sin(drawn++);
}

export const waves = (): Seen => ({
  images: tf.tensor4d(
    Float32Array.from({ length: 3 * 16 * 12 * 3 }, (_, i) => Math.sin(i * 0.37)),
    [3, 16, 12, 3],
  ),
  features: {},
});

export const numbers = (tensor: tf.Tensor | null | undefined): number[] => [
  ...(tensor as tf.Tensor).dataSync(),
];
export function expectNear(found: readonly number[], wanted: readonly number[]): void {
  expect(found).toHaveLength(wanted.length);
  for (const [at, value] of wanted.entries())
    expect(Math.abs((found[at] as number) - value) / (1e-3 + Math.abs(value)), `${at}`).toBeLessThan(1e-3);
}
