import { type Backbone, backboneState } from '@adfw/core';

/** A tensor as weight files hold it: kernels are `[K, C, kh, kw]`, matrices `[K, C]`. */
export interface StateTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Tensors by torchvision's names, in torchvision's layout. */
export type StateDict = Readonly<Record<string, StateTensor>>;

/** The shape a weight file has for a tensor of the network: `[K, C, kh, kw]` for a kernel `[kh, kw, C, K]`, `[K, C]` for a matrix. */
export function fileShape(shape: readonly number[]): readonly number[] {
  const channels = shape.slice(-2).reverse();
  return shape.length < 2 ? shape : [...channels, ...shape.slice(0, -2)];
}

/** From a weight file's layout to the network's; a copy. `shape` is the network's. */
export function fromFileLayout(shape: readonly number[], data: Float32Array): Float32Array<ArrayBuffer> {
  const { positions, inputs, outputs } = axes(shape);
  return reverseAxes(data, outputs, inputs, positions);
}

/** From the network's layout to a weight file's; a copy. `shape` is the network's. */
export function toFileLayout(shape: readonly number[], data: Float32Array): Float32Array<ArrayBuffer> {
  const { positions, inputs, outputs } = axes(shape);
  return reverseAxes(data, positions, inputs, outputs);
}

/** A ResNet's parameters and statistics, copied, in torchvision's names and layout. */
export async function stateDictOf(backbone: Backbone): Promise<StateDict> {
  const tensors = await Promise.all(
    Object.entries(backboneState(backbone)).map(async ([name, variable]) => {
      const data = toFileLayout(variable.shape, (await variable.data()) as Float32Array);
      return [name, { shape: fileShape(variable.shape), data }] as const;
    }),
  );
  return Object.fromEntries(tensors);
}

/** A kernel `[kh, kw, C, K]`, a matrix `[C, K]` or a vector as an array of three axes. */
function axes(shape: readonly number[]) {
  const [outputs = 1, inputs = 1, ...rest] = shape.toReversed();
  return { positions: rest.reduce((product, length) => product * length, 1), inputs, outputs };
}

/** An array `[a, b, c]` as `[c, b, a]`. */
function reverseAxes(data: Float32Array, a: number, b: number, c: number): Float32Array<ArrayBuffer> {
  const result = new Float32Array(data.length);
  let index = 0;
  for (let k = 0; k < c; k++)
    for (let j = 0; j < b; j++)
      for (let i = 0; i < a; i++) result[index++] = data[(i * b + j) * c + k] as number;
  return result;
}
