import { type Tensor, type Tensor4D, tensor4d, tidy } from '@tensorflow/tfjs-core';

/** A pure function of images; what else it uses never changes, or is frozen. */
export type ImageFunction = (images: Tensor4D) => readonly Tensor[];

export async function apply(
  f: ImageFunction,
  values: Float32Array,
  shape: readonly [number, number, number, number],
): Promise<Float32Array[]> {
  const results = tidy(() => f(tensor4d(values, [...shape])) as Tensor[]);
  try {
    return await Promise.all(results.map(async (result) => (await result.data()) as Float32Array));
  } finally {
    for (const result of results) result.dispose();
  }
}
