/** Values of tensors, read so that checks can compare them, and words for what was found. */
import { dispose, type Tensor } from '@tensorflow/tfjs-core';

export interface Reading {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

export const isTensor = (value: unknown): value is Tensor =>
  typeof value === 'object' &&
  value !== null &&
  Array.isArray(Reflect.get(value, 'shape')) &&
  typeof Reflect.get(value, 'data') === 'function';

/** Reads a tensor and disposes it. */
export async function take(tensor: Tensor): Promise<Reading> {
  try {
    return await peek(tensor);
  } finally {
    dispose(tensor);
  }
}

/** Reads a tensor and leaves it. The values are copied, since a backend may give the memory that it computes in. */
export const peek = async (tensor: Tensor): Promise<Reading> => ({
  shape: tensor.shape,
  values: Float32Array.from(await tensor.data()),
});

/** Reads tensors and disposes them; one that has several names is read under each. */
export async function takeAll(tensors: Readonly<Record<string, Tensor>>): Promise<Record<string, Reading>> {
  try {
    return await peekAll(tensors);
  } finally {
    dispose(tensors);
  }
}

export async function peekAll(tensors: Readonly<Record<string, Tensor>>): Promise<Record<string, Reading>> {
  const read: Record<string, Reading> = {};
  for (const [name, tensor] of Object.entries(tensors)) read[name] = await peek(tensor);
  return read;
}

/** The first value that is no number or infinite, in words; undefined where all are finite. */
export function whereNotFinite(readings: Readonly<Record<string, Reading>>): string | undefined {
  for (const [name, { values }] of Object.entries(readings)) {
    const at = values.findIndex((value) => !Number.isFinite(value));
    if (at >= 0) return `${values[at]} in ${name}`;
  }
  return undefined;
}

/** Where two readings differ in any bit, in words; undefined where they are the same. */
export const whereNotSame = (
  expected: Readonly<Record<string, Reading>>,
  found: Readonly<Record<string, Reading>>,
): string | undefined => whereFar(expected, found, 0);

/**
 * Where two readings differ by more than `tolerance` times the largest expected value, in words; undefined where they do not.
 */
export function whereFar(
  expected: Readonly<Record<string, Reading>>,
  found: Readonly<Record<string, Reading>>,
  tolerance: number,
): string | undefined {
  for (const [name, { shape, values }] of Object.entries(expected)) {
    const other = found[name];
    if (!other) return `${name} is missing`;
    if (`${other.shape}` !== `${shape}`)
      return `${name} has the shape ${showShape(other.shape)} instead of ${showShape(shape)}`;
    const largest = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
    const at = values.findIndex(
      (value, index) => !(Math.abs(value - (other.values[index] as number)) <= tolerance * largest),
    );
    if (at >= 0) return `${name} has ${other.values[at]} where ${values[at]} was expected`;
  }
  return undefined;
}

/** The values of one image, of a reading whose first dimension is the batch. */
export function ofImage({ shape, values }: Reading, image: number): Reading {
  const [images = 1, ...rest] = shape;
  const length = values.length / images;
  return { shape: [1, ...rest], values: values.slice(image * length, (image + 1) * length) };
}

export const mapReadings = (
  readings: Readonly<Record<string, Reading>>,
  change: (reading: Reading) => Reading,
): Record<string, Reading> =>
  Object.fromEntries(Object.entries(readings).map(([name, reading]) => [name, change(reading)]));

export const showShape = (shape: readonly number[]): string => `[${shape.join(', ')}]`;
