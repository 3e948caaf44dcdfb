import { backend, clone, type Tensor, type Tensor4D, tensor4d, tidy } from '@tensorflow/tfjs-core';

/** A pure function of images; what else it uses never changes, or is frozen. */
export type ImageFunction = (images: Tensor4D) => readonly Tensor[];

/** Engines that needn't run a function again to repeat what it does. */
interface ReplayingEngine {
  replay?(f: ImageFunction, values: Float32Array, shape: readonly number[]): Promise<Float32Array[] | null>;
}

/**
 * The values of each tensor of f(images), for a function that is applied again and again: an engine that compiles what it runs may
 * repeat what the function did the first time instead of calling it.
 * @param values `[N, H, W, C]`, in rows.
 * @returns the results' values in rows, in arrays of their own.
 */
export async function apply(
  f: ImageFunction,
  values: Float32Array,
  shape: readonly [number, number, number, number],
): Promise<Float32Array[]> {
  const replayed = await (backend() as ReplayingEngine).replay?.(f, values, shape);
  if (replayed) return replayed;
  // A result may be a tensor that is somebody else's, or the same as another.
  const results = tidy(() => f(tensor4d(values, [...shape])).map((result) => clone(result)));
  try {
    const data = await Promise.all(results.map((result) => result.data()));
    return data.map((elements) => new Float32Array(elements));
  } finally {
    for (const result of results) result.dispose();
  }
}
