import {
  backend_util,
  DepthwiseConv2dNative,
  type DepthwiseConv2dNativeAttrs,
  DepthwiseConv2dNativeBackpropFilter,
  type DepthwiseConv2dNativeBackpropFilterAttrs,
  type DepthwiseConv2dNativeBackpropFilterInputs,
  DepthwiseConv2dNativeBackpropInput,
  type DepthwiseConv2dNativeBackpropInputAttrs,
  type DepthwiseConv2dNativeBackpropInputInputs,
  type DepthwiseConv2dNativeInputs,
  FusedDepthwiseConv2D,
  type FusedDepthwiseConv2DAttrs,
  type FusedDepthwiseConv2DInputs,
  type TensorInfo,
} from '@tensorflow/tfjs-core';
import type { FusedActivation } from '../../emit/activation.js';
import type { Emitter } from '../../emit/emitter.js';
import { convAttributes, imageLayout, padsOf, type Window, windowOf } from '../../emit/image-window.js';
import { type Operand, operand } from '../../emit/operand.js';
import type { Operation } from '../../emit/operation.js';
import { dense } from '../../emit/tensor-in-layout.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { layout } from '../../layout.js';
import { fusedConvolution } from './fused-convolution.js';

/** Convolution of each channel with filters of its own, and its gradients; filters `[H, W, C, M]`. */

interface Depthwise extends Window {
  readonly channels: number;
  /** Filters a channel. */
  readonly multiplier: number;
}

/** `[C, M, H, W]`: for ONNX, C·M filters of one channel. */
const filterLayout = layout('2 3 0 1');

function filters(emitter: Emitter, filter: Operand, { channels, multiplier, size }: Depthwise): string {
  return emitter.reshape(dense(emitter, filter, filterLayout), [channels * multiplier, 1, ...size]);
}

const attributesOf = (window: Depthwise) => ({ ...convAttributes(window), group: window.channels });

const operation: Operation<Depthwise> = {
  name: DepthwiseConv2dNative,
  demands: (_, window) => ({ inputs: [imageLayout(window), null], outputs: [imageLayout(window)] }),
  emit: ({ emitter, inputs: [x, filter], attributes: window, outputs: [result] }) => {
    const image = imageLayout(window);
    const tensors = [dense(emitter, x, image), filters(emitter, filter, window)];
    return operand(result, image, emitter.op('Conv', tensors, attributesOf(window)));
  },
};

/** Inputs: x, filter, then the bias and the weights of `prelu` where there are any. */
const fusedOperation: Operation<Depthwise & FusedActivation> = {
  name: FusedDepthwiseConv2D,
  demands: (_, window) => ({ inputs: [imageLayout(window), null], outputs: [imageLayout(window)] }),
  emit: ({ emitter, inputs, attributes: window, outputs: [result] }) => {
    const [x, filter, ...rest] = inputs;
    const tensors = [dense(emitter, x, imageLayout(window)), filters(emitter, filter, window)];
    return fusedConvolution(emitter, tensors, attributesOf(window), window, rest, result);
  },
};

const inputGradientOperation: Operation<Depthwise> = {
  name: DepthwiseConv2dNativeBackpropInput,
  demands: (_, window) => ({ inputs: [imageLayout(window), null], outputs: [imageLayout(window)] }),
  emit: ({ emitter, inputs: [dy, filter], attributes: window, outputs: [result] }) => {
    const image = imageLayout(window);
    const tensors = [dense(emitter, dy, image), filters(emitter, filter, window)];
    const name = emitter.op('ConvTranspose', tensors, {
      kernel_shape: window.size,
      strides: window.strides,
      dilations: window.dilations,
      pads: padsOf(window),
      output_padding: window.after.map((p) => Math.max(0, -p)),
      group: window.channels,
    });
    return operand(result, image, name);
  },
};

const filterGradientOperation: Operation<Depthwise> = {
  name: DepthwiseConv2dNativeBackpropFilter,
  demands: (_, window) => ({ inputs: [imageLayout(window), imageLayout(window)], outputs: [null] }),
  emit: ({ emitter, inputs: [x, dy], attributes: window, outputs: [result] }) => {
    const image = imageLayout(window);
    const { channels, multiplier, size, input, output } = window;
    const samples = x.shape[0] as number;
    // Every channel of every sample is a group of its own, with the channel's gradients as its filters.
    const planes = emitter.reshape(dense(emitter, x, image), [1, samples * channels, ...input]);
    const gradients = emitter.reshape(dense(emitter, dy, image), [
      samples * channels * multiplier,
      1,
      ...output,
    ]);
    const correlated = emitter.op('Conv', [planes, gradients], {
      kernel_shape: output,
      strides: window.dilations,
      dilations: window.strides,
      pads: padsOf(window),
      group: samples * channels,
    });
    const whole = emitter.slice(correlated, [2, 3], [0, 0], size);
    const perSample = emitter.reshape(whole, [samples, channels, multiplier, ...size]);
    return operand(result, filterLayout, emitter.reduce('ReduceSum', perSample, [0]));
  },
};

type Shape4D = [number, number, number, number];

function depthwise(
  xShape: number[],
  filterShape: number[],
  attrs: Pick<DepthwiseConv2dNativeAttrs, 'strides' | 'pad' | 'dilations' | 'dimRoundingMode'>,
): { info: backend_util.Conv2DInfo; window: Depthwise } {
  const info = backend_util.computeConv2DInfo(
    xShape as Shape4D,
    filterShape as Shape4D,
    attrs.strides,
    attrs.dilations ?? 1,
    attrs.pad,
    attrs.dimRoundingMode,
    true,
  );
  const [, , channels, multiplier] = filterShape as Shape4D;
  return { info, window: { ...windowOf(info), channels, multiplier } };
}

const depthwiseConv2d: Kernel<DepthwiseConv2dNativeInputs, DepthwiseConv2dNativeAttrs> = ({
  inputs: { x, filter },
  attrs,
  backend,
}) => {
  const { info, window } = depthwise(x.shape, filter.shape, attrs);
  return backend.record(operation, [x, filter], window, { shape: info.outShape, dtype: 'float32' });
};

const fusedDepthwiseConv2d: Kernel<FusedDepthwiseConv2DInputs, FusedDepthwiseConv2DAttrs> = ({
  inputs,
  attrs,
  backend,
}) => {
  const { x, filter } = inputs;
  const {
    bias,
    preluActivationWeights,
  }: { bias?: TensorInfo | null; preluActivationWeights?: TensorInfo | null } = inputs;
  const { info, window } = depthwise(x.shape, filter.shape, attrs);
  const { activation, leakyreluAlpha: alpha = 0.2 } = attrs;
  const optional = [bias, preluActivationWeights].filter((o) => o != null);
  return backend.record(
    fusedOperation,
    [x, filter, ...optional],
    { ...window, bias: bias != null, activation, alpha },
    { shape: info.outShape, dtype: 'float32' },
  );
};

const backpropInput: Kernel<
  DepthwiseConv2dNativeBackpropInputInputs,
  DepthwiseConv2dNativeBackpropInputAttrs
> = ({ inputs: { dy, filter }, attrs, backend }) => {
  const { window } = depthwise(attrs.inputShape, filter.shape, attrs);
  return backend.record(inputGradientOperation, [dy, filter], window, {
    shape: attrs.inputShape,
    dtype: 'float32',
  });
};

const backpropFilter: Kernel<
  DepthwiseConv2dNativeBackpropFilterInputs,
  DepthwiseConv2dNativeBackpropFilterAttrs
> = ({ inputs: { x, dy }, attrs, backend }) => {
  const { window } = depthwise(x.shape, attrs.filterShape, attrs);
  return backend.record(filterGradientOperation, [x, dy], window, {
    shape: attrs.filterShape,
    dtype: 'float32',
  });
};

export const depthwiseConv2dConfigs = [
  kernelConfig(DepthwiseConv2dNative, depthwiseConv2d),
  kernelConfig(FusedDepthwiseConv2D, fusedDepthwiseConv2d),
  kernelConfig(DepthwiseConv2dNativeBackpropInput, backpropInput),
  kernelConfig(DepthwiseConv2dNativeBackpropFilter, backpropFilter),
];
