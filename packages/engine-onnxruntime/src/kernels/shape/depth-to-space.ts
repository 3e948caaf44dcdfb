import { DepthToSpace, type DepthToSpaceAttrs, type DepthToSpaceInputs, util } from '@tensorflow/tfjs-core';
import { operand } from '../../emit/operand.js';
import type { Operation } from '../../emit/operation.js';
import { logical } from '../../emit/tensor-in-layout.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { rowMajor } from '../../layout.js';
import type { DataTypeName } from '../../types.js';

/** Makes blocks of pixels of channels: `[N, H, W, b·b·C]` becomes `[N, H·b, W·b, C]`. */
const operation: Operation<{ blockSize: number }> = {
  name: DepthToSpace,
  emit: ({ emitter, inputs: [x], attributes: { blockSize }, outputs: [result] }) => {
    const [n, h, w] = x.shape as [number, number, number];
    const channels = result.shape[3] as number;
    const split = emitter.reshape(logical(emitter, x), [n, h, w, blockSize, blockSize, channels]);
    const pixels = emitter.transpose(split, [0, 1, 3, 2, 4, 5]);
    return operand(result, rowMajor(4), emitter.reshape(pixels, result.shape));
  },
};

const depthToSpace: Kernel<DepthToSpaceInputs, DepthToSpaceAttrs> = ({ inputs: { x }, attrs, backend }) => {
  const { blockSize, dataFormat } = attrs;
  util.assert(
    dataFormat === 'NHWC',
    () => `DepthToSpace: the data format is ${dataFormat}; it must be NHWC.`,
  );
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const shape = [n, h * blockSize, w * blockSize, c / (blockSize * blockSize)];
  return backend.record(operation, [x], { blockSize }, { shape, dtype: x.dtype as DataTypeName });
};

export const depthToSpaceConfig = kernelConfig(DepthToSpace, depthToSpace);
