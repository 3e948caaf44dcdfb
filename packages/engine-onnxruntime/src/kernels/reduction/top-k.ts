import { TopK, type TopKAttrs, type TopKInputs } from '@tensorflow/tfjs-core';
import { operand } from '../../emit/operand.js';
import type { Operation } from '../../emit/operation.js';
import { logical } from '../../emit/tensor-in-layout.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { rowMajor } from '../../layout.js';
import type { DataTypeName } from '../../types.js';

/** The k largest elements along the last axis, and where they are; of equals the first. */
const operation: Operation<{ k: number }> = {
  name: TopK,
  emit: ({ emitter, inputs: [x], attributes: { k }, outputs: [values, indices] }) => {
    const home = rowMajor(x.shape.length);
    const [largest, places] = emitter.node(
      'TopK',
      [logical(emitter, x), emitter.int64([k])],
      {},
      { outputs: 2 },
    );
    return [
      operand(values, home, largest as string),
      operand(indices, home, emitter.cast(places as string, 'int32')),
    ];
  },
};

const topK: Kernel<TopKInputs, TopKAttrs> = ({ inputs: { x }, attrs: { k }, backend }) => {
  const shape = [...x.shape.slice(0, -1), k];
  return backend.recordAll(operation, [x], { k }, [
    { shape, dtype: x.dtype as DataTypeName },
    { shape, dtype: 'int32' },
  ]);
};

export const topKConfig = kernelConfig(TopK, topK);
