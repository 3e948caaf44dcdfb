import {
  backend_util,
  Conv3D,
  type Conv3DAttrs,
  Conv3DBackpropFilterV2,
  type Conv3DBackpropFilterV2Attrs,
  type Conv3DBackpropFilterV2Inputs,
  Conv3DBackpropInputV2,
  type Conv3DBackpropInputV2Attrs,
  type Conv3DBackpropInputV2Inputs,
  type Conv3DInputs,
} from '@tensorflow/tfjs-core';
import { operand } from '../../emit/operand.js';
import type { Operation } from '../../emit/operation.js';
import { dense } from '../../emit/tensor-in-layout.js';
import {
  NCDHW,
  unreached,
  type VolumeWindow,
  volumeWindow,
  windowAttributes,
} from '../../emit/volume-window.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { layout } from '../../layout.js';

/** 3-D convolution and its gradients; volumes `[N, D, H, W, C]`, filters `[D, H, W, I, O]`. */

/** Filters as ONNX wants them. */
const OIDHW = layout('4 3 0 1 2');

const convAttributes = (window: VolumeWindow) => ({
  ...windowAttributes(window),
  dilations: window.dilations,
});

const operation: Operation<VolumeWindow> = {
  name: Conv3D,
  demands: () => ({ inputs: [NCDHW, OIDHW], outputs: [NCDHW] }),
  emit: ({ emitter, inputs: [x, filter], attributes: window, outputs: [result] }) => {
    const tensors = [dense(emitter, x, NCDHW), dense(emitter, filter, OIDHW)];
    return operand(result, NCDHW, emitter.op('Conv', tensors, convAttributes(window)));
  },
};

const inputGradientOperation: Operation<VolumeWindow> = {
  name: Conv3DBackpropInputV2,
  demands: () => ({ inputs: [NCDHW, OIDHW], outputs: [NCDHW] }),
  emit: ({ emitter, inputs: [dy, filter], attributes: window, outputs: [result] }) => {
    const tensors = [dense(emitter, dy, NCDHW), dense(emitter, filter, OIDHW)];
    const attributes = { ...convAttributes(window), output_padding: unreached(window) };
    return operand(result, NCDHW, emitter.op('ConvTranspose', tensors, attributes));
  },
};

const filterGradientOperation: Operation<VolumeWindow> = {
  name: Conv3DBackpropFilterV2,
  demands: () => ({ inputs: [NCDHW, NCDHW], outputs: [OIDHW] }),
  emit: ({ emitter, inputs: [x, dy], attributes: window, outputs: [result] }) => {
    // Each channel of x is a volume whose N samples are its channels; each channel of dy is a filter.
    const swapped = (name: string) => emitter.transpose(name, [1, 0, 2, 3, 4]);
    const tensors = [swapped(dense(emitter, x, NCDHW)), swapped(dense(emitter, dy, NCDHW))];
    const correlated = emitter.op('Conv', tensors, {
      ...windowAttributes(window),
      kernel_shape: window.output,
      strides: window.dilations,
      dilations: window.strides,
    });
    const whole = emitter.slice(correlated, [2, 3, 4], [0, 0, 0], window.size);
    return operand(result, OIDHW, swapped(whole));
  },
};

type Shape5D = [number, number, number, number, number];

const convolution = (
  xShape: readonly number[],
  filterShape: readonly number[],
  { strides, pad }: Pick<Conv3DAttrs, 'strides' | 'pad'>,
  dilations: Conv3DAttrs['dilations'] = 1,
): backend_util.Conv3DInfo =>
  backend_util.computeConv3DInfo(xShape as Shape5D, filterShape as Shape5D, strides, dilations, pad);

const conv3d: Kernel<Conv3DInputs, Conv3DAttrs> = ({ inputs: { x, filter }, attrs, backend }) => {
  const info = convolution(x.shape, filter.shape, attrs, attrs.dilations);
  const spec = { shape: info.outShape, dtype: 'float32' } as const;
  return backend.record(operation, [x, filter], volumeWindow(info), spec);
};

const conv3dBackpropInput: Kernel<Conv3DBackpropInputV2Inputs, Conv3DBackpropInputV2Attrs> = ({
  inputs: { dy, filter },
  attrs,
  backend,
}) => {
  const window = volumeWindow(convolution(attrs.inputShape, filter.shape, attrs));
  const spec = { shape: attrs.inputShape, dtype: 'float32' } as const;
  return backend.record(inputGradientOperation, [dy, filter], window, spec);
};

const conv3dBackpropFilter: Kernel<Conv3DBackpropFilterV2Inputs, Conv3DBackpropFilterV2Attrs> = ({
  inputs: { x, dy },
  attrs,
  backend,
}) => {
  const window = volumeWindow(convolution(x.shape, attrs.filterShape, attrs));
  const spec = { shape: attrs.filterShape, dtype: 'float32' } as const;
  return backend.record(filterGradientOperation, [x, dy], window, spec);
};

export const conv3dConfigs = [
  kernelConfig(Conv3D, conv3d),
  kernelConfig(Conv3DBackpropInputV2, conv3dBackpropInput),
  kernelConfig(Conv3DBackpropFilterV2, conv3dBackpropFilter),
];
