import {
  _FusedMatMul,
  type _FusedMatMulAttrs,
  type _FusedMatMulInputs,
  BatchMatMul,
  type BatchMatMulAttrs,
  type BatchMatMulInputs,
  broadcast_util,
  type TensorInfo,
  util,
} from '@tensorflow/tfjs-core';
import { type FusedActivation, writeActivation } from '../../emit/activation.js';
import { operand } from '../../emit/operand.js';
import type { Emission, Operation } from '../../emit/operation.js';
import { logical } from '../../emit/tensor-in-layout.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { rowMajor } from '../../layout.js';
import type { DataTypeName } from '../../types.js';

interface Transposes {
  readonly transposeA: boolean;
  readonly transposeB: boolean;
}

function product({ emitter, inputs: [a, b], attributes }: Emission<Transposes>): string {
  const [x, y] = [logical(emitter, a), logical(emitter, b)];
  const { transposeA, transposeB } = attributes;
  if (!transposeA && !transposeB) return emitter.op('MatMul', [x, y]);
  if (a.dtype === 'float32' && !emitter.portable) {
    const flags = { transA: transposeA ? 1 : 0, transB: transposeB ? 1 : 0 };
    return emitter.op('FusedMatMul', [x, y], flags, 'com.microsoft');
  }
  const swapped = (name: string, rank: number) =>
    emitter.transpose(name, [...Array.from({ length: rank - 2 }, (_, i) => i), rank - 1, rank - 2]);
  return emitter.op('MatMul', [
    transposeA ? swapped(x, a.shape.length) : x,
    transposeB ? swapped(y, b.shape.length) : y,
  ]);
}

const operation: Operation<Transposes> = {
  name: BatchMatMul,
  emit: (emission) => {
    const [result] = emission.outputs;
    return operand(result, rowMajor(result.shape.length), product(emission));
  },
};

/** With a bias and an activation: inputs are a, b, then the bias and the weights of `prelu` where there are any. */
const fusedOperation: Operation<Transposes & FusedActivation> = {
  name: _FusedMatMul,
  emit: (emission) => {
    const { emitter, inputs, attributes, outputs } = emission;
    const [result] = outputs;
    const rest = inputs.slice(2).map((x) => logical(emitter, x));
    let name = product(emission);
    if (attributes.bias) name = emitter.op('Add', [name, rest.shift() as string]);
    name = writeActivation(emitter, name, attributes, rest[0]);
    return operand(result, rowMajor(result.shape.length), name);
  },
};

function productShape(a: TensorInfo, b: TensorInfo, { transposeA, transposeB }: Transposes): number[] {
  const [rows, innerA] = transposeA ? [a.shape.at(-1), a.shape.at(-2)] : [a.shape.at(-2), a.shape.at(-1)];
  const [innerB, columns] = transposeB ? [b.shape.at(-1), b.shape.at(-2)] : [b.shape.at(-2), b.shape.at(-1)];
  util.assert(
    innerA === innerB,
    () => `BatchMatMul: inner sizes ${innerA} and ${innerB} of [${a.shape}] and [${b.shape}] differ.`,
  );
  const batch = broadcast_util.assertAndGetBroadcastShape(a.shape.slice(0, -2), b.shape.slice(0, -2));
  return [...batch, rows as number, columns as number];
}

const matMul: Kernel<BatchMatMulInputs, BatchMatMulAttrs> = ({ inputs: { a, b }, attrs, backend }) => {
  const { transposeA, transposeB } = attrs;
  const spec = { shape: productShape(a, b, attrs), dtype: a.dtype as DataTypeName };
  return backend.record(operation, [a, b], { transposeA, transposeB }, spec);
};

const fusedMatMul: Kernel<_FusedMatMulInputs, _FusedMatMulAttrs> = ({ inputs, attrs, backend }) => {
  const { a, b, bias, preluActivationWeights } = inputs;
  const { transposeA, transposeB, activation, leakyreluAlpha = 0.2 } = attrs;
  const optional = [bias, preluActivationWeights].filter((x) => x != null);
  return backend.record(
    fusedOperation,
    [a, b, ...optional],
    { transposeA, transposeB, bias: bias != null, activation, alpha: leakyreluAlpha },
    { shape: productShape(a, b, attrs), dtype: a.dtype as DataTypeName },
  );
};

export const matMulConfigs = [kernelConfig(BatchMatMul, matMul), kernelConfig(_FusedMatMul, fusedMatMul)];
