import { OneHot, type OneHotAttrs, type OneHotInputs } from '@tensorflow/tfjs-core';
import { operand } from '../../emit/operand.js';
import type { Operation } from '../../emit/operation.js';
import { logical } from '../../emit/tensor-in-layout.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { rowMajor } from '../../layout.js';
import type { DataTypeName } from '../../types.js';

/** `onValue` where the last axis is the index, `offValue` elsewhere; an index that isn't there gives `offValue` only. */
const operation: Operation<{ depth: number; onValue: number; offValue: number }> = {
  name: OneHot,
  emit: ({ emitter, inputs: [indices], attributes: { depth, onValue, offValue }, outputs: [result] }) => {
    const range = emitter.int32(
      Array.from({ length: depth }, (_, i) => i),
      [depth],
    );
    const column = emitter.reshape(logical(emitter, indices), [...indices.shape, 1]);
    const hot = emitter.op('Equal', [column, range]);
    const values = [emitter.scalar(onValue, 'float32'), emitter.scalar(offValue, 'float32')];
    const name = emitter.op('Where', [hot, ...values]);
    return operand(
      result,
      rowMajor(result.shape.length),
      result.dtype === 'float32' ? name : emitter.cast(name, result.dtype),
    );
  },
};

const oneHot: Kernel<OneHotInputs, OneHotAttrs> = ({
  inputs: { indices },
  attrs: { depth, onValue, offValue, dtype },
  backend,
}) =>
  backend.record(
    operation,
    [indices],
    { depth, onValue, offValue },
    { shape: [...indices.shape, depth], dtype: dtype as DataTypeName },
  );

export const oneHotConfig = kernelConfig(OneHot, oneHot);
