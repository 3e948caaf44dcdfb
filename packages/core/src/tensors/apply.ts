import { backend, type Tensor, type Tensor4D, tensor4d, tidy } from '@tensorflow/tfjs-core';

/** A pure function of images; what else it uses never changes, or is frozen. */
export type ImageFunction = (images: Tensor4D) => Tensor;

/** Engines that needn't run a function again to repeat what it does. */
interface ReplayingEngine {
  replay?(f: ImageFunction, values: Float32Array, shape: readonly number[]): Promise<Float32Array | null>;
}

/**
 * The values of f(images), for a function that is applied again and again: an engine that compiles what it runs may repeat what
 * the function did the first time instead of calling it.
 * @param values `[N, H, W, C]`, in rows.
 */
export async function apply(
  f: ImageFunction,
  values: Float32Array,
  shape: readonly [number, number, number, number],
): Promise<Float32Array> {
  const replayed = await (backend() as ReplayingEngine).replay?.(f, values, shape);
  if (replayed) return replayed;
  const result = tidy(() => f(tensor4d(values, [...shape])));
  try {
    return (await result.data()) as Float32Array;
  } finally {
    result.dispose();
  }
}
