import {
  ResizeBilinear,
  type ResizeBilinearAttrs,
  ResizeBilinearGrad,
  type ResizeBilinearGradInputs,
  type ResizeBilinearInputs,
  ResizeNearestNeighbor,
  ResizeNearestNeighborGrad,
} from '@tensorflow/tfjs-core';
import type { Emitter } from '../../emit/emitter.js';
import { operand } from '../../emit/operand.js';
import type { Operation } from '../../emit/operation.js';
import { dense } from '../../emit/tensor-in-layout.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { NCHW } from '../../layout.js';
import type { DataTypeName } from '../../types.js';

/**
 * Resizing of images `[N, H, W, C]`, and its gradients. It is linear in each direction, so it is written as two products
 * with constant matrices, R_h · X · R_wᵀ, and the gradient as the products with their transposes: R_hᵀ · dY · R_w.
 */

interface Resize {
  readonly bilinear: boolean;
  readonly alignCorners: boolean;
  readonly halfPixelCenters: boolean;
  readonly from: readonly [number, number];
  readonly to: readonly [number, number];
}

/** Where output pixel i lies on the input's grid. */
function sourcePosition(
  i: number,
  from: number,
  to: number,
  { alignCorners, halfPixelCenters, bilinear }: Resize,
): number {
  const aligned = alignCorners && to > 1;
  const ratio = aligned ? (from - 1) / (to - 1) : from / to;
  if (!halfPixelCenters) return ratio * i;
  return ratio * (i + 0.5) - (bilinear ? 0.5 : 0);
}

function nearest(position: number, from: number, { alignCorners }: Resize): number {
  const index = alignCorners ? Math.round(position) : Math.floor(position);
  return Math.min(from - 1, Math.max(0, index));
}

/** The matrix `[to, from]` whose rows hold the weights of the input pixels in an output pixel. */
function resizeMatrix(from: number, to: number, resize: Resize): Float32Array {
  const matrix = new Float32Array(to * from);
  for (let i = 0; i < to; i++) {
    const position = sourcePosition(i, from, to, resize);
    if (!resize.bilinear) {
      matrix[i * from + nearest(position, from, resize)] = 1;
      continue;
    }
    const below = Math.max(0, Math.floor(position));
    const above = Math.min(from - 1, Math.ceil(position));
    const fraction = position - below;
    matrix[i * from + below] = (matrix[i * from + below] as number) + 1 - fraction;
    matrix[i * from + above] = (matrix[i * from + above] as number) + fraction;
  }
  return matrix;
}

function transposedMatrix(matrix: Float32Array, rows: number, columns: number): Float32Array {
  return Float32Array.from(matrix, (_, i) => matrix[(i % rows) * columns + Math.floor(i / rows)] as number);
}

function resized(emitter: Emitter, image: string, resize: Resize): string {
  const { from, to, bilinear } = resize;
  const [[fromHeight, fromWidth], [toHeight, toWidth]] = [from, to];
  if (!bilinear) {
    // One input pixel each: looking it up copies exactly.
    const indices = (length: number, f: number) =>
      emitter.int64(
        Array.from({ length }, (_, i) => nearest(sourcePosition(i, f, length, resize), f, resize)),
      );
    const rows = emitter.op('Gather', [image, indices(toHeight, fromHeight)], { axis: 2 });
    return emitter.op('Gather', [rows, indices(toWidth, fromWidth)], { axis: 3 });
  }
  const rows = emitter.float32(resizeMatrix(fromHeight, toHeight, resize), [toHeight, fromHeight]);
  const columns = transposedMatrix(resizeMatrix(fromWidth, toWidth, resize), toWidth, fromWidth);
  const wide = emitter.op('MatMul', [image, emitter.float32(columns, [fromWidth, toWidth])]);
  return emitter.op('MatMul', [rows, wide]);
}

function gradient(emitter: Emitter, dy: string, resize: Resize): string {
  const { from, to } = resize;
  const [[fromHeight, fromWidth], [toHeight, toWidth]] = [from, to];
  const rows = transposedMatrix(resizeMatrix(fromHeight, toHeight, resize), toHeight, fromHeight);
  const columns = emitter.float32(resizeMatrix(fromWidth, toWidth, resize), [toWidth, fromWidth]);
  const narrow = emitter.op('MatMul', [dy, columns]);
  return emitter.op('MatMul', [emitter.float32(rows, [fromHeight, toHeight]), narrow]);
}

const resizeOperation = (
  name: string,
  write: (emitter: Emitter, image: string, resize: Resize) => string,
): Operation<Resize> => ({
  name,
  demands: () => ({ inputs: [NCHW], outputs: [NCHW] }),
  emit: ({ emitter, inputs: [x], attributes, outputs: [result] }) => {
    const image = dense(emitter, x, NCHW);
    const floats = x.dtype === 'float32' || !attributes.bilinear ? image : emitter.cast(image, 'float32');
    return operand(result, NCHW, write(emitter, floats, attributes));
  },
});

const attributesOf = (
  bilinear: boolean,
  {
    alignCorners,
    halfPixelCenters = false,
  }: Pick<ResizeBilinearAttrs, 'alignCorners'> & { halfPixelCenters?: boolean },
  images: readonly number[],
  result: readonly number[],
): Resize => {
  const from = images.slice(1, 3) as [number, number];
  const to = result.slice(1, 3) as [number, number];
  return { bilinear, alignCorners, halfPixelCenters, from, to };
};

const resize = (name: string, bilinear: boolean): Kernel<ResizeBilinearInputs, ResizeBilinearAttrs> => {
  const operation = resizeOperation(name, resized);
  return ({ inputs: { images }, attrs, backend }) => {
    const [batch, , , channels] = images.shape as [number, number, number, number];
    const shape = [batch, ...attrs.size, channels];
    const dtype = bilinear ? 'float32' : (images.dtype as DataTypeName);
    const attributes = attributesOf(bilinear, attrs, images.shape, shape);
    return backend.record(operation, [images], attributes, { shape, dtype });
  };
};

const resizeGrad = (
  name: string,
  bilinear: boolean,
): Kernel<ResizeBilinearGradInputs, { alignCorners: boolean }> => {
  const operation = resizeOperation(name, gradient);
  return ({ inputs: { images, dy }, attrs, backend }) => {
    const attributes = attributesOf(bilinear, attrs, images.shape, dy.shape);
    return backend.record(operation, [dy], attributes, { shape: images.shape, dtype: 'float32' });
  };
};

export const resizeConfigs = [
  kernelConfig(ResizeBilinear, resize(ResizeBilinear, true)),
  kernelConfig(ResizeNearestNeighbor, resize(ResizeNearestNeighbor, false)),
  kernelConfig(ResizeBilinearGrad, resizeGrad(ResizeBilinearGrad, true)),
  kernelConfig(ResizeNearestNeighborGrad, resizeGrad(ResizeNearestNeighborGrad, false)),
];
