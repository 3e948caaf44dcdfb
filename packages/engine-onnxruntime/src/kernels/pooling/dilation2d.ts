import { backend_util, Dilation2D, type Dilation2DAttrs, type Dilation2DInputs } from '@tensorflow/tfjs-core';
import { type Window, windowOf } from '../../emit/image-window.js';
import { operand } from '../../emit/operand.js';
import type { Operation } from '../../emit/operation.js';
import { logical } from '../../emit/tensor-in-layout.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { rowMajor } from '../../layout.js';
import type { DataTypeName } from '../../types.js';

/** Below every sum of a pixel and a weight; windows in the padding alone give it, as in tfjs's other backends. */
const LOWEST = Number.MIN_SAFE_INTEGER;

/** Grayscale dilation of images `[N, H, W, C]`: the largest of x + filter over a window; filters `[H, W, C]`. */
const operation: Operation<Window> = {
  name: Dilation2D,
  emit: ({ emitter, inputs: [x, filter], attributes: window, outputs: [result] }) => {
    const { size, strides, dilations, before, after, output } = window;
    const [image, weights] = [x, filter].map((input) => {
      const tensor = logical(emitter, input);
      return input.dtype === 'float32' ? tensor : emitter.cast(tensor, 'float32');
    }) as [string, string];
    const [top, left] = before;
    const [bottom, right] = after.map((n) => Math.max(0, n)) as [number, number];
    const pads = emitter.int64([0, top, left, 0, 0, bottom, right, 0]);
    const padded = emitter.op('Pad', [image, pads, emitter.scalar(LOWEST)]);
    const taps: string[] = [];
    for (let row = 0; row < size[0]; row++) {
      for (let column = 0; column < size[1]; column++) {
        const starts = [row * dilations[0], column * dilations[1]];
        const ends = starts.map(
          (start, i) => start + ((output[i] as number) - 1) * (strides[i] as number) + 1,
        );
        const pixels = emitter.slice(padded, [1, 2], starts, ends, strides);
        const weight = emitter.slice(weights, [0, 1], [row, column], [row + 1, column + 1]);
        taps.push(emitter.op('Add', [pixels, weight]));
      }
    }
    const largest = emitter.op('Max', taps);
    const typed = result.dtype === 'float32' ? largest : emitter.cast(largest, result.dtype);
    return operand(result, rowMajor(4), typed);
  },
};

type Shape3D = [number, number, number];
type Shape4D = [number, number, number, number];

const dilation2d: Kernel<Dilation2DInputs, Dilation2DAttrs> = ({ inputs: { x, filter }, attrs, backend }) => {
  const { strides, pad, dilations } = attrs;
  const info = backend_util.computeDilation2DInfo(
    x.shape as Shape4D,
    filter.shape as Shape3D,
    strides,
    pad,
    'NHWC',
    dilations,
  );
  const spec = { shape: info.outShape, dtype: x.dtype as DataTypeName };
  return backend.record(operation, [x, filter], windowOf(info), spec);
};

export const dilation2dConfig = kernelConfig(Dilation2D, dilation2d);
