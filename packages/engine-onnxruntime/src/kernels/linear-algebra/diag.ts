import { Diag, type DiagInputs } from '@tensorflow/tfjs-core';
import { operand } from '../../emit/operand.js';
import type { Operation } from '../../emit/operation.js';
import { logical } from '../../emit/tensor-in-layout.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { rowMajor } from '../../layout.js';
import { type DataTypeName, sizeOf } from '../../types.js';

/** The elements of x on the diagonal of a matrix of its elements, zeros elsewhere; its shape is that of x twice. */
const operation: Operation<null> = {
  name: Diag,
  emit: ({ emitter, inputs: [x], outputs: [result] }) => {
    const size = sizeOf(x.shape);
    const places = Array.from({ length: size }, (_, i) => i);
    const isDiagonal = emitter.op('Equal', [emitter.int32(places, [size, 1]), emitter.int32(places, [size])]);
    const elements = emitter.reshape(logical(emitter, x), [size]);
    const matrix =
      x.dtype === 'bool'
        ? emitter.op('And', [isDiagonal, elements])
        : emitter.op('Where', [isDiagonal, elements, emitter.scalar(0, x.dtype)]);
    return operand(result, rowMajor(result.shape.length), emitter.reshape(matrix, result.shape));
  },
};

const diag: Kernel<DiagInputs, object> = ({ inputs: { x }, backend }) =>
  backend.record(operation, [x], null, { shape: [...x.shape, ...x.shape], dtype: x.dtype as DataTypeName });

export const diagConfig = kernelConfig(Diag, diag);
