import { backend_util, Einsum, type EinsumAttrs, type EinsumInputs } from '@tensorflow/tfjs-core';
import { operand } from '../../emit/operand.js';
import type { Operation } from '../../emit/operation.js';
import { logical } from '../../emit/tensor-in-layout.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { rowMajor } from '../../layout.js';
import type { DataTypeName } from '../../types.js';

const operation: Operation<{ equation: string }> = {
  name: Einsum,
  emit: ({ emitter, inputs, attributes: { equation }, outputs: [result] }) =>
    operand(
      result,
      rowMajor(result.shape.length),
      emitter.op(
        'Einsum',
        inputs.map((x) => logical(emitter, x)),
        { equation },
      ),
    ),
};

const einsum: Kernel<EinsumInputs, EinsumAttrs> = ({ inputs, attrs, backend }) => {
  const equation = attrs.equation.replace(/\s/g, '');
  const tensors = inputs as unknown as { shape: number[]; dtype: DataTypeName; dataId: object }[];
  const { allDims, idDims } = backend_util.decodeEinsumEquation(equation, tensors.length);
  backend_util.checkEinsumDimSizes(allDims.length, idDims, tensors as never);
  const sizes = new Map<string, number>();
  tensors.forEach(({ shape }, i) => {
    shape.forEach((d, axis) => {
      sizes.set(allDims[(idDims[i] as number[])[axis] as number] as string, d);
    });
  });
  const [, output] = equation.split('->') as [string, string];
  const shape = [...output].map((letter) => sizes.get(letter) as number);
  return backend.record(operation, tensors, { equation }, { shape, dtype: 'float32' });
};

export const einsumConfig = kernelConfig(Einsum, einsum);
