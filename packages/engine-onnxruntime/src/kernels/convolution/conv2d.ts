import {
  backend_util,
  Conv2D,
  type Conv2DAttrs,
  Conv2DBackpropFilter,
  type Conv2DBackpropFilterAttrs,
  type Conv2DBackpropFilterInputs,
  Conv2DBackpropInput,
  type Conv2DBackpropInputAttrs,
  type Conv2DBackpropInputInputs,
  type Conv2DInputs,
  FusedConv2D,
  type FusedConv2DAttrs,
  type FusedConv2DInputs,
} from '@tensorflow/tfjs-core';
import * as blocked from '../../blocked/convolution.js';
import { correlates, filterGradient, firstLayerFilterGradient } from '../../blocked/filter-gradient.js';
import { convolvesBack, inputGradient } from '../../blocked/input-gradient.js';
import { scaledGradient } from '../../blocked/scaled-gradient.js';
import type { FusedActivation } from '../../emit/activation.js';
import type { Emitter } from '../../emit/emitter.js';
import { convAttributes, imageLayout, padsOf, type Window, windowOf } from '../../emit/image-window.js';
import { operand } from '../../emit/operand.js';
import type { Operation } from '../../emit/operation.js';
import { dense } from '../../emit/tensor-in-layout.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { blockedImage, OIHW, physicalShape, rowMajor } from '../../layout.js';
import type { Use, Value } from '../../record/graph.js';
import { fusedConvolution } from './fused-convolution.js';
import {
  isSingleWindow,
  singleWindowDemands,
  wholeFilterGradient,
  wholeInputGradient,
  wholeProduct,
} from './single-window.js';

/** 2-D convolution and its gradients; images `[N, H, W, C]`, filters `[H, W, I, O]`. */

const isBlocked = (block: number, window: Window, [, , inputs, outputs]: readonly number[]): boolean =>
  blocked.convolves(block, window, inputs as number, outputs as number);

const convOperation: Operation<Window> = {
  name: Conv2D,
  demands: ({ inputs: [x, filter] }, window, block) => {
    if (isSingleWindow(window)) return singleWindowDemands;
    if (!isBlocked(block, window, (filter as Use<Operation>).shape)) {
      return { inputs: [imageLayout(window), OIHW], outputs: [imageLayout(window)] };
    }
    const image = blockedImage(block);
    const first = blocked.isFirstLayer(block, (x as Use<Operation>).shape[3] as number);
    return { inputs: [first ? rowMajor(4) : image, rowMajor(4)], outputs: [image] };
  },
  emit: ({ emitter, inputs: [x, filter], attributes: window, outputs: [result] }) => {
    if (isSingleWindow(window)) return wholeProduct(emitter, x, filter, result);
    if (isBlocked(emitter.block, window, filter.shape)) {
      return blocked.convolution(emitter, x, filter, window, result);
    }
    const image = imageLayout(window);
    const tensors = [dense(emitter, x, image), dense(emitter, filter, OIHW)];
    return operand(result, image, emitter.op('Conv', tensors, convAttributes(window)));
  },
};

/** Inputs: x, filter, then the bias and the weights of `prelu` where there are any. */
const fusedOperation: Operation<Window & FusedActivation> = {
  name: FusedConv2D,
  demands: (_, window) => ({ inputs: [imageLayout(window), OIHW], outputs: [imageLayout(window)] }),
  emit: ({ emitter, inputs, attributes: window, outputs: [result] }) => {
    const [x, filter, ...rest] = inputs;
    const tensors = [dense(emitter, x, imageLayout(window)), dense(emitter, filter, OIHW)];
    return fusedConvolution(emitter, tensors, convAttributes(window), window, rest, result);
  },
};

/** Whether the gradient of the input is computed on blocked images. */
const isBlockedBack = (block: number, window: Window, filter: readonly number[]): boolean =>
  isBlocked(block, window, filter) &&
  !blocked.isFirstLayer(block, filter[2] as number) &&
  convolvesBack(window);

const inputGradientOperation: Operation<Window> = {
  name: Conv2DBackpropInput,
  demands: ({ inputs: [, filter] }, window, block) => {
    if (isSingleWindow(window)) return singleWindowDemands;
    const isIn = isBlockedBack(block, window, (filter as Use<Operation>).shape);
    const image = isIn ? blockedImage(block) : imageLayout(window);
    return { inputs: [image, isIn ? rowMajor(4) : OIHW], outputs: [image] };
  },
  emit: ({ emitter, inputs: [dy, filter], attributes: window, outputs: [result] }) => {
    if (isSingleWindow(window)) return wholeInputGradient(emitter, dy, filter, result);
    if (isBlockedBack(emitter.block, window, filter.shape)) {
      return inputGradient(emitter, scaledGradient(dy), filter, window, result);
    }
    const image = imageLayout(window);
    const gradient = dense(emitter, dy, image);
    const weights = dense(emitter, filter, OIHW);
    const { size, strides, dilations, before, after } = window;
    const stride1 = strides.every((s) => s === 1) && dilations.every((d) => d === 1);
    const pads = [before, after].flatMap((side) => side.map((p, i) => (size[i] as number) - 1 - p));
    if (stride1 && pads.every((p) => p >= 0)) {
      // A convolution with the filter turned by 180 degrees is faster than a transposed one.
      const turned = turnedFilter(emitter, weights);
      return operand(result, image, emitter.op('Conv', [gradient, turned], { kernel_shape: size, pads }));
    }
    const transposed = emitter.op('ConvTranspose', [gradient, weights], {
      kernel_shape: size,
      strides,
      dilations,
      pads: padsOf(window),
      output_padding: after.map((p) => Math.max(0, -p)),
    });
    return operand(result, image, transposed);
  },
};

/** `[O, I, H, W]` to `[I, O, H, W]` with both spatial axes reversed. */
function turnedFilter(emitter: Emitter, weights: string): string {
  const end = -(2 ** 31);
  const reversed = emitter.slice(weights, [2, 3], [-1, -1], [end, end], [-1, -1]);
  return emitter.transpose(reversed, [1, 0, 2, 3]);
}

/** Whether the gradient of the filter is computed on blocked images. */
const isBlockedCorrelation = (block: number, window: Window, filter: readonly number[]): boolean =>
  isBlocked(block, window, filter) && correlates(window);

const filterGradientOperation: Operation<Window> = {
  name: Conv2DBackpropFilter,
  demands: ({ inputs: [x], outputs: [result] }, window, block) => {
    if (isSingleWindow(window)) return singleWindowDemands;
    if (!isBlockedCorrelation(block, window, (result as Value<Operation>).shape)) {
      return { inputs: [imageLayout(window), imageLayout(window)], outputs: [OIHW] };
    }
    const image = blockedImage(block);
    const first = blocked.isFirstLayer(block, (x as Use<Operation>).shape[3] as number);
    return { inputs: [first ? rowMajor(4) : image, image], outputs: [rowMajor(4)] };
  },
  emit: ({ emitter, inputs: [x, dy], attributes: window, outputs: [result] }) => {
    if (isSingleWindow(window)) return wholeFilterGradient(emitter, x, dy, result);
    if (isBlockedCorrelation(emitter.block, window, result.shape)) {
      const first = blocked.isFirstLayer(emitter.block, x.shape[3] as number);
      const gradient = first ? firstLayerFilterGradient : filterGradient;
      return gradient(emitter, x, scaledGradient(dy), window, result);
    }
    const image = imageLayout(window);
    // Each channel of x is an image whose N samples are its channels; each channel of dy is a filter.
    const channels = emitter.transpose(dense(emitter, x, image), [1, 0, 2, 3]);
    const filters = emitter.transpose(dense(emitter, dy, image), [1, 0, 2, 3]);
    const correlated = emitter.op('Conv', [channels, filters], {
      kernel_shape: window.output,
      strides: window.dilations,
      dilations: window.strides,
      pads: padsOf(window),
    });
    const [height, width] = window.size;
    const whole = emitter.slice(correlated, [2, 3], [0, 0], [height, width]);
    const name = window.after.some((p) => p < 0) ? whole : correlated;
    return operand(
      result,
      OIHW,
      emitter.reshape(emitter.transpose(name, [1, 0, 2, 3]), physicalShape(OIHW, result.shape)),
    );
  },
};

type Shape4D = [number, number, number, number];

function convWindow(
  xShape: number[],
  filterShape: number[],
  attrs: Pick<Conv2DAttrs, 'strides' | 'pad' | 'dataFormat' | 'dimRoundingMode'>,
  dilations: Conv2DAttrs['dilations'] = 1,
): { info: backend_util.Conv2DInfo; window: Window } {
  const info = backend_util.computeConv2DInfo(
    xShape as Shape4D,
    filterShape as Shape4D,
    attrs.strides,
    dilations,
    attrs.pad,
    attrs.dimRoundingMode,
    false,
    backend_util.convertConv2DDataFormat(attrs.dataFormat),
  );
  return { info, window: windowOf(info) };
}

const conv2d: Kernel<Conv2DInputs, Conv2DAttrs> = ({ inputs: { x, filter }, attrs, backend }) => {
  const { info, window } = convWindow(x.shape, filter.shape, attrs, attrs.dilations);
  return backend.record(convOperation, [x, filter], window, { shape: info.outShape, dtype: 'float32' });
};

const fusedConv2d: Kernel<FusedConv2DInputs, FusedConv2DAttrs> = ({ inputs, attrs, backend }) => {
  const { x, filter, bias, preluActivationWeights } = inputs;
  const { info, window } = convWindow(x.shape, filter.shape, attrs, attrs.dilations);
  const { activation, leakyreluAlpha: alpha = 0.2 } = attrs;
  const optional = [bias, preluActivationWeights].filter((o) => o != null);
  return backend.record(
    fusedOperation,
    [x, filter, ...optional],
    { ...window, bias: bias != null, activation, alpha },
    { shape: info.outShape, dtype: 'float32' },
  );
};

const conv2dBackpropInput: Kernel<Conv2DBackpropInputInputs, Conv2DBackpropInputAttrs> = ({
  inputs: { dy, filter },
  attrs,
  backend,
}) => {
  const { window } = convWindow(attrs.inputShape, filter.shape, attrs);
  return backend.record(inputGradientOperation, [dy, filter], window, {
    shape: attrs.inputShape,
    dtype: 'float32',
  });
};

const conv2dBackpropFilter: Kernel<Conv2DBackpropFilterInputs, Conv2DBackpropFilterAttrs> = ({
  inputs: { x, dy },
  attrs,
  backend,
}) => {
  const { window } = convWindow(x.shape, attrs.filterShape, attrs);
  return backend.record(filterGradientOperation, [x, dy], window, {
    shape: attrs.filterShape,
    dtype: 'float32',
  });
};

export const conv2dConfigs = [
  kernelConfig(Conv2D, conv2d),
  kernelConfig(FusedConv2D, fusedConv2d),
  kernelConfig(Conv2DBackpropInput, conv2dBackpropInput),
  kernelConfig(Conv2DBackpropFilter, conv2dBackpropFilter),
];
