import * as tf from '@tensorflow/tfjs-core';
import { backend_util, type TensorInfo } from '@tensorflow/tfjs-core';
import { fuseAdd, fuseMultiply, fuseSubtract } from '../../blocked/fuse.js';
import { elementwise } from '../../emit/elementwise.js';
import type { Emitter } from '../../emit/emitter.js';
import type { Operand } from '../../emit/operand.js';
import type { Operation, ResultSpec } from '../../emit/operation.js';
import { broadcastTo } from '../../emit/reshaped.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { type DataTypeName, sameShape } from '../../types.js';

/** Kernels that take two tensors and compute each element from the elements at the same place, with broadcasting. */

interface Binary {
  readonly write: (emitter: Emitter, a: string, b: string, dtype: DataTypeName) => string;
  /** The type of the result: that of a, or a certain one. */
  readonly result?: DataTypeName;
  /** Types ONNX computes it in; others are cast to int32. */
  readonly types?: readonly DataTypeName[];
  /** What is computed in the same pass as an operand, or in a faster way. */
  readonly fuse?: (emitter: Emitter, a: Operand, b: Operand, result: ResultSpec) => Operand | null;
  /** What needs no computing: operands of which one is all zeros or all ones. */
  readonly simplify?: (a: Operand, b: Operand) => Operand | null;
}

const onnx =
  (opType: string) =>
  (emitter: Emitter, a: string, b: string): string =>
    emitter.op(opType, [a, b]);

const comparison = (write: Binary['write'], types?: readonly DataTypeName[]): Binary => ({
  write,
  result: 'bool',
  ...(types && { types }),
});
const logical = (opType: string): Binary => ({ write: onnx(opType), result: 'bool', types: ['bool'] });

const binaries: Record<string, Binary> = {
  [tf.Add]: {
    write: onnx('Add'),
    fuse: fuseAdd,
    simplify: (a, b) => (b.uniform === 0 ? a : a.uniform === 0 ? b : null),
  },
  [tf.Atan2]: { write: atan2 },
  [tf.BitwiseAnd]: { write: onnx('BitwiseAnd'), types: ['int32'] },
  // tfjs calls the result int32 whatever it was given.
  [tf.FloorDiv]: { write: floorDiv, result: 'int32' },
  [tf.Maximum]: { write: onnx('Max') },
  [tf.Minimum]: { write: onnx('Min') },
  [tf.Mod]: { write: mod },
  [tf.Multiply]: {
    write: onnx('Mul'),
    fuse: fuseMultiply,
    simplify: (a, b) => (b.uniform === 1 ? a : a.uniform === 1 ? b : null),
  },
  [tf.Pow]: { write: onnx('Pow') },
  [tf.Prelu]: {
    result: 'float32',
    types: ['float32'],
    write: (emitter, x, alpha) =>
      emitter.op('Add', [
        emitter.op('Relu', [x]),
        emitter.op('Mul', [alpha, emitter.op('Min', [x, emitter.scalar(0)])]),
      ]),
  },
  [tf.RealDiv]: { write: onnx('Div'), simplify: (a, b) => (b.uniform === 1 ? a : null) },
  [tf.SquaredDifference]: {
    write: (emitter, a, b) => {
      const difference = emitter.op('Sub', [a, b]);
      return emitter.op('Mul', [difference, difference]);
    },
  },
  [tf.Sub]: { write: onnx('Sub'), fuse: fuseSubtract, simplify: (a, b) => (b.uniform === 0 ? a : null) },
  [tf.EluGrad]: {
    // dy where y >= 0, dy (y + 1) elsewhere
    write: (emitter, dy, y) =>
      emitter.op('Mul', [
        dy,
        emitter.op('Add', [emitter.op('Min', [y, emitter.scalar(0)]), emitter.scalar(1)]),
      ]),
  },

  [tf.Equal]: comparison(onnx('Equal'), ['float32', 'int32', 'bool']),
  [tf.NotEqual]: comparison(
    (emitter, a, b) => emitter.op('Not', [emitter.op('Equal', [a, b])]),
    ['float32', 'int32', 'bool'],
  ),
  [tf.Greater]: comparison(onnx('Greater')),
  [tf.GreaterEqual]: comparison(onnx('GreaterOrEqual')),
  [tf.Less]: comparison(onnx('Less')),
  [tf.LessEqual]: comparison(onnx('LessOrEqual')),
  [tf.LogicalAnd]: logical('And'),
  [tf.LogicalOr]: logical('Or'),
  [tf.LogicalXor]: logical('Xor'),
};

/** floor(a / b); ONNX truncates integers. */
function floorDiv(emitter: Emitter, a: string, b: string, dtype: DataTypeName): string {
  if (dtype === 'float32') return emitter.cast(emitter.op('Floor', [emitter.op('Div', [a, b])]), 'int32');
  const quotient = emitter.op('Div', [emitter.cast(a, 'float64'), emitter.cast(b, 'float64')]);
  return emitter.cast(emitter.op('Floor', [quotient]), dtype);
}

/** a - b floor(a / b): the sign is that of b. */
function mod(emitter: Emitter, a: string, b: string, dtype: DataTypeName): string {
  if (dtype === 'int32') return emitter.op('Mod', [a, b]);
  const remainder = emitter.op('Mod', [a, b], { fmod: 1 });
  const zero = emitter.scalar(0);
  const sameSign = emitter.op('Equal', [emitter.op('Less', [a, zero]), emitter.op('Less', [b, zero])]);
  const moved = emitter.op('Mod', [emitter.op('Add', [remainder, b]), b], { fmod: 1 });
  return emitter.op('Where', [sameSign, remainder, moved]);
}

/** The angle of the point (b, a), -π to π. */
function atan2(emitter: Emitter, a: string, b: string): string {
  const zero = emitter.scalar(0);
  const onAxis = emitter.op('Equal', [b, zero]);
  // Divided by -0 a point above would come to lie below.
  const divisor = emitter.op('Where', [onAxis, zero, b]);
  const angle = emitter.op('Atan', [emitter.op('Div', [a, divisor])]);
  // -0 is below too, which shows in its reciprocal.
  const below = emitter.op('Or', [
    emitter.op('Less', [a, zero]),
    emitter.op('Less', [emitter.op('Reciprocal', [a]), zero]),
  ]);
  const half = emitter.op('Where', [below, emitter.scalar(-Math.PI), emitter.scalar(Math.PI)]);
  const left = emitter.op('Where', [emitter.op('Less', [b, zero]), half, zero]);
  const turned = emitter.op('Add', [angle, left]);
  // 0 / 0 has no angle; by convention it is 0.
  const origin = emitter.op('And', [emitter.op('Equal', [a, zero]), onAxis]);
  return emitter.op('Where', [origin, zero, turned]);
}

const binaryOperation = (name: string, spec: Binary): Operation<null> => ({
  name,
  sharesLayout: true,
  emit: (emission) => {
    const { emitter, inputs, outputs } = emission;
    const [a, b] = inputs;
    const [result] = outputs;
    if (a.dtype === result.dtype && b.dtype === result.dtype) {
      const same = spec.simplify?.(a, b);
      if (same) return sameShape(same.shape, result.shape) ? same : broadcastTo(same, result);
      const fused = a.dtype === 'float32' && spec.fuse?.(emitter, a, b, result);
      if (fused) return fused;
    }
    return elementwise(emitter, [a, b], result, ([x, y]) => {
      const types = spec.types ?? ['float32', 'int32'];
      const type = types.includes(a.dtype) ? a.dtype : (types.at(-1) as DataTypeName);
      const typed = (tensor: string, from: DataTypeName) =>
        from === type ? tensor : emitter.cast(tensor, type);
      const computed = spec.write(emitter, typed(x as string, a.dtype), typed(y as string, b.dtype), type);
      return type === result.dtype || spec.result ? computed : emitter.cast(computed, result.dtype);
    });
  },
});

const binary = (
  spec: Binary,
  operation: Operation<null>,
  names: readonly [string, string],
): Kernel<Record<string, TensorInfo>, object> => {
  return ({ inputs, backend }) => {
    const [a, b] = names.map((name) => inputs[name]) as [TensorInfo, TensorInfo];
    return backend.record(operation, [a, b], null, {
      shape: backend_util.assertAndGetBroadcastShape(a.shape, b.shape),
      dtype: spec.result ?? (a.dtype as DataTypeName),
    });
  };
};

const inputNames: Record<string, readonly [string, string]> = {
  [tf.Prelu]: ['x', 'alpha'],
  [tf.EluGrad]: ['dy', 'y'],
};

export const binaryConfigs = Object.entries(binaries).map(([name, spec]) =>
  kernelConfig(name, binary(spec, binaryOperation(name, spec), inputNames[name] ?? ['a', 'b'])),
);
