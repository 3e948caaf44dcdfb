import { Transpose, type TransposeAttrs, type TransposeInputs } from '@tensorflow/tfjs-core';
import { operand } from '../../emit/operand.js';
import type { Operation } from '../../emit/operation.js';
import { compact } from '../../emit/tensor-in-layout.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { transposed } from '../../layout.js';
import type { DataTypeName } from '../../types.js';

/** Moves no data: the result is the same memory in another layout. */
const operation: Operation<{ perm: number[] }> = {
  name: Transpose,
  emit: ({ emitter, inputs: [x], attributes: { perm }, outputs: [result] }) =>
    operand(
      result,
      transposed(x.home, perm),
      compact(emitter, x, x.home),
      perm.map((axis) => x.extent[axis] as number),
      { uniform: x.uniform },
    ),
};

const transpose: Kernel<TransposeInputs, TransposeAttrs> = ({ inputs: { x }, attrs: { perm }, backend }) =>
  backend.record(
    operation,
    [x],
    { perm },
    { shape: perm.map((axis) => x.shape[axis] as number), dtype: x.dtype as DataTypeName },
  );

export const transposeConfig = kernelConfig(Transpose, transpose);
