import {
  AvgPool3D,
  type AvgPool3DAttrs,
  AvgPool3DGrad,
  type AvgPool3DGradAttrs,
  type AvgPool3DGradInputs,
  type AvgPool3DInputs,
  backend_util,
  MaxPool3D,
  type MaxPool3DAttrs,
  MaxPool3DGrad,
  type MaxPool3DGradAttrs,
  type MaxPool3DGradInputs,
  type MaxPool3DInputs,
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
import { physicalShape } from '../../layout.js';
import { sizeOf } from '../../types.js';

/** Pooling of volumes `[N, D, H, W, C]`, and its gradients. */

/** Averages leave out what was padded. */
const poolOperation = (name: string, opType: string): Operation<VolumeWindow> => ({
  name,
  demands: () => ({ inputs: [NCDHW], outputs: [NCDHW] }),
  emit: ({ emitter, inputs: [x], attributes: window, outputs: [result] }) =>
    operand(result, NCDHW, emitter.op(opType, [dense(emitter, x, NCDHW)], windowAttributes(window))),
});

/** The gradient goes to the largest element of a window, the first of equals. */
const maxPoolGradOperation: Operation<VolumeWindow> = {
  name: MaxPool3DGrad,
  demands: () => ({ inputs: [NCDHW, NCDHW], outputs: [NCDHW] }),
  emit: ({ emitter, inputs: [dy, x], attributes: window, outputs: [result] }) => {
    const [, largest] = emitter.node('MaxPool', [dense(emitter, x, NCDHW)], windowAttributes(window), {
      outputs: 2,
    });
    const zeros = emitter.expand(emitter.scalar(0), [], [sizeOf(result.shape)]);
    const flat = (name: string) => emitter.reshape(name, [sizeOf(dy.shape)]);
    const sums = emitter.op(
      'ScatterElements',
      [zeros, flat(largest as string), flat(dense(emitter, dy, NCDHW))],
      { axis: 0, reduction: 'add' },
    );
    return operand(result, NCDHW, emitter.reshape(sums, physicalShape(NCDHW, result.shape)));
  },
};

/** Spreads dy over its window; as in every tfjs backend the divisor is the size of the whole window. */
const avgPoolGradOperation: Operation<VolumeWindow> = {
  name: AvgPool3DGrad,
  demands: () => ({ inputs: [NCDHW], outputs: [NCDHW] }),
  emit: ({ emitter, inputs: [dy], attributes: window, outputs: [result] }) => {
    const channels = result.shape[4] as number;
    const weight = emitter.scalar(1 / sizeOf(window.size));
    const weights = emitter.expand(weight, [], [channels, 1, ...window.size]);
    const spread = emitter.op('ConvTranspose', [dense(emitter, dy, NCDHW), weights], {
      ...windowAttributes(window),
      output_padding: unreached(window),
      group: channels,
    });
    return operand(result, NCDHW, spread);
  },
};

type Shape5D = [number, number, number, number, number];

const pooling = (
  shape: readonly number[],
  { filterSize, strides, pad, dimRoundingMode }: MaxPool3DGradAttrs | AvgPool3DGradAttrs,
): backend_util.Conv3DInfo =>
  backend_util.computePool3DInfo(shape as Shape5D, filterSize, strides, 1, pad, dimRoundingMode);

const pool = (
  name: string,
  opType: string,
): Kernel<MaxPool3DInputs & AvgPool3DInputs, MaxPool3DAttrs | AvgPool3DAttrs> => {
  const operation = poolOperation(name, opType);
  return ({ inputs: { x }, attrs, backend }) => {
    const info = pooling(x.shape, attrs);
    return backend.record(operation, [x], volumeWindow(info), { shape: info.outShape, dtype: 'float32' });
  };
};

const maxPoolGrad: Kernel<MaxPool3DGradInputs, MaxPool3DGradAttrs> = ({ inputs, attrs, backend }) => {
  const { dy, input } = inputs;
  const window = volumeWindow(pooling(input.shape, attrs));
  return backend.record(maxPoolGradOperation, [dy, input], window, { shape: input.shape, dtype: 'float32' });
};

const avgPoolGrad: Kernel<AvgPool3DGradInputs, AvgPool3DGradAttrs> = ({ inputs, attrs, backend }) => {
  const { dy, input } = inputs;
  const window = volumeWindow(pooling(input.shape, attrs));
  return backend.record(avgPoolGradOperation, [dy], window, { shape: input.shape, dtype: 'float32' });
};

export const pool3dConfigs = [
  kernelConfig(MaxPool3D, pool(MaxPool3D, 'MaxPool')),
  kernelConfig(AvgPool3D, pool(AvgPool3D, 'AveragePool')),
  kernelConfig(MaxPool3DGrad, maxPoolGrad),
  kernelConfig(AvgPool3DGrad, avgPoolGrad),
];
