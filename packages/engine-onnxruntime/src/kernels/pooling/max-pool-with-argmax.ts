import {
  backend_util,
  MaxPoolWithArgmax,
  type MaxPoolWithArgmaxAttrs,
  type MaxPoolWithArgmaxInputs,
  util,
} from '@tensorflow/tfjs-core';
import type { Emitter } from '../../emit/emitter.js';
import { padsOf, type Window, windowOf } from '../../emit/image-window.js';
import { type Operand, operand } from '../../emit/operand.js';
import type { Operation } from '../../emit/operation.js';
import { dense } from '../../emit/tensor-in-layout.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { NCHW } from '../../layout.js';
import type { DataTypeName } from '../../types.js';

/** The largest element of each window of images `[N, H, W, C]`, and its place: (y · W + x) · C + c, with or without the sample. */
const operation: Operation<{ window: Window; includeBatch: boolean }> = {
  name: MaxPoolWithArgmax,
  demands: () => ({ inputs: [NCHW], outputs: [NCHW, NCHW] }),
  emit: ({ emitter, inputs: [x], attributes: { window, includeBatch }, outputs: [values, places] }) => {
    const [samples, height, width, channels] = x.shape as [number, number, number, number];
    const image = floats(emitter, x);
    const [largest, flat] = emitter.node(
      'MaxPool',
      [image],
      { kernel_shape: window.size, strides: window.strides, pads: padsOf(window) },
      { outputs: 2 },
    ) as [string, string];
    // ONNX counts places in the order N, C, H, W.
    const scalar = (value: number) => emitter.scalar(value, 'int64');
    const counted = (length: number, step: number, dims: readonly number[]) =>
      emitter.reshape(emitter.int64(Array.from({ length }, (_, i) => i * step)), dims);
    const position = emitter.op('Mod', [flat, scalar(height * width)]);
    const terms = [
      emitter.op('Mul', [position, scalar(channels)]),
      counted(channels, 1, [1, channels, 1, 1]),
      ...(includeBatch ? [counted(samples, height * width * channels, [samples, 1, 1, 1])] : []),
    ];
    const place = terms.reduce((sum, term) => emitter.op('Add', [sum, term]));
    return [
      operand(values, NCHW, x.dtype === 'float32' ? largest : emitter.cast(largest, values.dtype)),
      operand(places, NCHW, emitter.cast(place, 'int32')),
    ];
  },
};

/** NaN is not the largest element of any window. */
function floats(emitter: Emitter, x: Operand): string {
  const image = dense(emitter, x, NCHW);
  if (x.dtype !== 'float32') return emitter.cast(image, 'float32');
  const lowest = emitter.scalar(Number.NEGATIVE_INFINITY);
  return emitter.op('Where', [emitter.op('IsNaN', [image]), lowest, image]);
}

type Shape4D = [number, number, number, number];

const maxPoolWithArgmax: Kernel<MaxPoolWithArgmaxInputs, MaxPoolWithArgmaxAttrs> = ({
  inputs: { x },
  attrs: { filterSize, strides, pad, includeBatchInIndex },
  backend,
}) => {
  util.assert(
    x.shape.length === 4,
    () => `MaxPoolWithArgmax: x is [${x.shape}]; it must be of rank 4, [N, H, W, C].`,
  );
  const info = backend_util.computePool2DInfo(x.shape as Shape4D, filterSize, strides, 1, pad);
  const attributes = { window: windowOf(info), includeBatch: includeBatchInIndex };
  return backend.recordAll(operation, [x], attributes, [
    { shape: info.outShape, dtype: x.dtype as DataTypeName },
    { shape: info.outShape, dtype: 'int32' },
  ]);
};

export const maxPoolWithArgmaxConfig = kernelConfig(MaxPoolWithArgmax, maxPoolWithArgmax);
