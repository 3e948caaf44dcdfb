import {
  AvgPool,
  type AvgPoolAttrs,
  AvgPoolGrad,
  type AvgPoolGradAttrs,
  type AvgPoolGradInputs,
  type AvgPoolInputs,
  backend_util,
  MaxPool,
  type MaxPoolAttrs,
  MaxPoolGrad,
  type MaxPoolGradAttrs,
  type MaxPoolGradInputs,
  type MaxPoolInputs,
} from '@tensorflow/tfjs-core';
import { blockedOperand, blockedTensor, isBlockedImage } from '../../blocked/image.js';
import { isThreeByTwo, maxPool, maxPoolGradient } from '../../blocked/max-pool.js';
import { isFullImage } from '../../blocked/per-channel.js';
import { imageLayout, padsOf, type Window, windowOf } from '../../emit/image-window.js';
import { operand } from '../../emit/operand.js';
import type { Operation } from '../../emit/operation.js';
import { dense } from '../../emit/tensor-in-layout.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { NCHWC } from '../../onnx/onnx-model.js';
import type { DataTypeName } from '../../types.js';

/** Pooling of images `[N, H, W, C]`, and its gradients. */

const poolAttributes = (window: Window) => ({
  kernel_shape: window.size,
  strides: window.strides,
  pads: padsOf(window),
});

/** Averages leave out what was padded. */
const poolOperation = (name: string, opType: string): Operation<Window> => ({
  name,
  sharesLayout: true,
  demands: (_, window) => ({ inputs: [imageLayout(window)], outputs: [imageLayout(window)] }),
  emit: ({ emitter, inputs: [x], attributes: window, outputs: [result] }) => {
    if (isBlockedImage(emitter, result) && !window.channelsFirst && x.dtype === 'float32') {
      if (opType === 'MaxPool' && isThreeByTwo(window)) return maxPool(emitter, x, result);
      const name = emitter.op(opType, [blockedTensor(emitter, x)], poolAttributes(window), NCHWC);
      return blockedOperand(emitter, result, name);
    }
    const image = imageLayout(window);
    // ONNX pools no integers of 32 bits; those that float32 has are pooled as such.
    const integers = x.dtype === 'int32';
    const tensor = dense(emitter, x, image);
    const floats = integers ? emitter.cast(tensor, 'float32') : tensor;
    const pooled = emitter.op(opType, [floats], poolAttributes(window));
    return operand(result, image, integers ? emitter.cast(pooled, 'int32') : pooled);
  },
});
const maxPoolOperation = poolOperation(MaxPool, 'MaxPool');
const avgPoolOperation = poolOperation(AvgPool, 'AveragePool');

/** The gradient goes to the largest element of a window; of equals to the first, or to another one on blocked images. */
const maxPoolGradOperation: Operation<Window> = {
  name: MaxPoolGrad,
  sharesLayout: true,
  demands: (_, window) => ({
    inputs: [imageLayout(window), imageLayout(window)],
    outputs: [imageLayout(window)],
  }),
  emit: ({ emitter, inputs: [dy, x], attributes: window, outputs: [result] }) => {
    if (isBlockedImage(emitter, result) && isThreeByTwo(window) && isFullImage(dy, dy)) {
      return maxPoolGradient(emitter, dy, x, result);
    }
    const image = imageLayout(window);
    const size = result.shape.reduce((product, d) => product * d, 1);
    const count = dy.shape.reduce((product, d) => product * d, 1);
    const [, indices] = emitter.node('MaxPool', [dense(emitter, x, image)], poolAttributes(window), {
      outputs: 2,
    });
    const zeros = emitter.expand(emitter.scalar(0), [], [size]);
    const flat = (name: string) => emitter.reshape(name, [count]);
    const sums = emitter.op(
      'ScatterElements',
      [zeros, flat(indices as string), flat(dense(emitter, dy, image))],
      { axis: 0, reduction: 'add' },
    );
    const [n, h, w, c] = result.shape as [number, number, number, number];
    return operand(result, image, emitter.reshape(sums, [n, c, h, w]));
  },
};

/**
 * Spreads dy over its window. As in every tfjs backend the divisor is the size of the whole window, although the forward
 * pass leaves padding out of its averages.
 */
const avgPoolGradOperation: Operation<Window> = {
  name: AvgPoolGrad,
  demands: (_, window) => ({ inputs: [imageLayout(window), null], outputs: [imageLayout(window)] }),
  emit: ({ emitter, inputs: [dy], attributes: window, outputs: [result] }) => {
    const image = imageLayout(window);
    const channels = result.shape[3] as number;
    const [height, width] = window.size;
    const weights = emitter.expand(emitter.scalar(1 / (height * width)), [], [channels, 1, height, width]);
    const spread = emitter.op('ConvTranspose', [dense(emitter, dy, image), weights], {
      ...poolAttributes(window),
      output_padding: window.after.map((p) => Math.max(0, -p)),
      group: channels,
    });
    return operand(result, image, spread);
  },
};

type Shape4D = [number, number, number, number];

function poolWindow(
  shape: number[],
  { filterSize, strides, pad, dimRoundingMode }: MaxPoolAttrs | AvgPoolAttrs,
): { info: backend_util.Conv2DInfo; window: Window } {
  const info = backend_util.computePool2DInfo(shape as Shape4D, filterSize, strides, 1, pad, dimRoundingMode);
  return { info, window: windowOf(info) };
}

const pool =
  (operation: Operation<Window>): Kernel<MaxPoolInputs | AvgPoolInputs, MaxPoolAttrs | AvgPoolAttrs> =>
  ({ inputs: { x }, attrs, backend }) => {
    const { info, window } = poolWindow(x.shape, attrs);
    return backend.record(operation, [x], window, { shape: info.outShape, dtype: x.dtype as DataTypeName });
  };

const maxPoolGrad: Kernel<MaxPoolGradInputs, MaxPoolGradAttrs> = ({
  inputs: { dy, input },
  attrs,
  backend,
}) => {
  const { window } = poolWindow(input.shape, attrs);
  return backend.record(maxPoolGradOperation, [dy, input], window, { shape: input.shape, dtype: 'float32' });
};

const avgPoolGrad: Kernel<AvgPoolGradInputs, AvgPoolGradAttrs> = ({
  inputs: { dy, input },
  attrs,
  backend,
}) => {
  const { window } = poolWindow(input.shape, attrs);
  return backend.record(avgPoolGradOperation, [dy], window, { shape: input.shape, dtype: 'float32' });
};

export const poolConfigs = [
  kernelConfig(MaxPool, pool(maxPoolOperation)),
  kernelConfig(AvgPool, pool(avgPoolOperation)),
  kernelConfig(MaxPoolGrad, maxPoolGrad),
  kernelConfig(AvgPoolGrad, avgPoolGrad),
];
