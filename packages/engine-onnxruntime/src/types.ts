/** Types and shapes of tensors, as all of the engine has them. */
export type DataTypeName = 'float32' | 'int32' | 'bool';
export type NumericArray = Float32Array | Int32Array | Uint8Array;

export interface TensorSpec {
  readonly shape: readonly number[];
  readonly dtype: DataTypeName;
}

const arrayTypes = { float32: Float32Array, int32: Int32Array, bool: Uint8Array };

export const arrayOf = (type: DataTypeName, values: ArrayLike<number>): NumericArray =>
  arrayTypes[type].from(values);

export const zeroArray = (type: DataTypeName, length: number): NumericArray => new arrayTypes[type](length);

export const sizeOf = (shape: readonly number[]): number => shape.reduce((product, d) => product * d, 1);

export const isEmpty = (shape: readonly number[]): boolean => sizeOf(shape) === 0;

export const sameShape = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((d, i) => d === b[i]);

/** A shape without its axes of length one. */
export const withoutOnes = (shape: readonly number[]): number[] => shape.filter((d) => d !== 1);
