/** A tensor as weight files hold it: kernels are `[K, C, kh, kw]`. */
export interface StateTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Tensors by torchvision's names, in torchvision's layout. */
export type StateDict = Readonly<Record<string, StateTensor>>;

/** The shape a weight file has for a tensor of the network: `[K, C, kh, kw]` for a kernel `[kh, kw, C, K]`. */
export function fileShape(shape: readonly number[]): readonly number[] {
  if (shape.length !== 4) return shape;
  const [height, width, inputs, outputs] = shape as Kernel;
  return [outputs, inputs, height, width];
}

/** From a weight file's layout to the network's; a copy. `shape` is the network's. */
export function fromFileLayout(shape: readonly number[], data: Float32Array): Float32Array<ArrayBuffer> {
  if (shape.length !== 4) return Float32Array.from(data);
  const [height, width, inputs, outputs] = shape as Kernel;
  return reverseAxes(data, outputs, inputs, height * width);
}

/** From the network's layout to a weight file's; a copy. `shape` is the network's. */
export function toFileLayout(shape: readonly number[], data: Float32Array): Float32Array<ArrayBuffer> {
  if (shape.length !== 4) return Float32Array.from(data);
  const [height, width, inputs, outputs] = shape as Kernel;
  return reverseAxes(data, height * width, inputs, outputs);
}

type Kernel = readonly [height: number, width: number, inputs: number, outputs: number];

/** An array `[a, b, c]` as `[c, b, a]`. */
function reverseAxes(data: Float32Array, a: number, b: number, c: number): Float32Array<ArrayBuffer> {
  const result = new Float32Array(data.length);
  let index = 0;
  for (let k = 0; k < c; k++)
    for (let j = 0; j < b; j++)
      for (let i = 0; i < a; i++) result[index++] = data[(i * b + j) * c + k] as number;
  return result;
}
