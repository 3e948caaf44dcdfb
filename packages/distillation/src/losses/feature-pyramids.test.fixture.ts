/** Small pyramids that PyTorch can be given too, and the check of a loss's gradient against finite differences. */
import { type DistillationLoss, type FeaturePyramid, tf } from '@adfw/core';
import { expect } from 'vitest';

type Shape = [number, number, number, number];

/** Element i, in rows, is amplitude · sin(1.7 i + phase). */
export const waves = (shape: Shape, phase: number, amplitude = 1): tf.Tensor4D => {
  const length = shape.reduce((product, size) => product * size, 1);
  return tf.tensor4d(
    Float32Array.from({ length }, (_, i) => amplitude * Math.sin(1.7 * i + phase)),
    shape,
  );
};

/** Two images; the deeper layer is half as high and wide. */
export const pyramids = (): { teacher: FeaturePyramid; student: FeaturePyramid } => ({
  teacher: { layer1: waves([2, 4, 6, 3], 0), layer2: waves([2, 2, 3, 5], 2) },
  student: { layer1: waves([2, 4, 6, 3], 1), layer2: waves([2, 2, 3, 5], 3) },
});

export const lossOf = (loss: DistillationLoss, teacher: FeaturePyramid, student: FeaturePyramid): number =>
  tf.tidy(() => loss(teacher, student).dataSync()[0] as number);

/** dL/ds of every layer of the student. */
export function gradientsOf(loss: DistillationLoss, teacher: FeaturePyramid, student: FeaturePyramid) {
  const layers = Object.keys(student);
  const gradients = tf.grads((...features) =>
    loss(teacher, Object.fromEntries(layers.map((layer, k) => [layer, features[k] as tf.Tensor4D]))),
  )(Object.values(student));
  return Object.fromEntries(layers.map((layer, k) => [layer, (gradients[k] as tf.Tensor).dataSync()]));
}

/** Every element of the gradient is that of central differences, to a hundredth of the largest one. */
export function expectFiniteDifferences(
  loss: DistillationLoss,
  teacher: FeaturePyramid,
  student: FeaturePyramid,
  step = 1e-2,
): void {
  for (const [layer, gradient] of Object.entries(gradientsOf(loss, teacher, student))) {
    const features = student[layer] as tf.Tensor4D;
    const values = features.dataSync();
    const differences = Array.from(values, (value, index) => {
      const [high, low] = [step, -step].map((change) => {
        const moved = Float32Array.from(values);
        moved[index] = value + change;
        return lossOf(loss, teacher, { ...student, [layer]: tf.tensor4d(moved, features.shape) });
      }) as [number, number];
      return (high - low) / (2 * step);
    });
    const largest = Math.max(...gradient.map(Math.abs));
    expect(largest, layer).toBeGreaterThan(0);
    differences.forEach((difference, index) => {
      const off = Math.abs((gradient[index] as number) - difference);
      expect(off, `${layer}, element ${index}`).toBeLessThan(0.01 * largest);
    });
  }
}

export const areFinite = (numbers: Iterable<number>): boolean => [...numbers].every(Number.isFinite);
