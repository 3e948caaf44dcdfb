import * as tf from '@tensorflow/tfjs-core';
import type { DataTypeName } from '../types.js';
import type { Emitter } from './emitter.js';

/** How a function of each element is written in ONNX. */
export interface UnaryOperator {
  /** How it is written; `x` has the type `computeIn` gives. */
  readonly write: (emitter: Emitter, x: string, attributes: never, dtype: DataTypeName) => string;
  /** The type of the result: that of x, or a certain one. */
  readonly result?: DataTypeName;
  /** `float32` where ONNX has it for floats only. */
  readonly computeIn?: 'float32';
}

const onnx =
  (opType: string) =>
  (emitter: Emitter, x: string): string =>
    emitter.op(opType, [x]);

/** A function of real numbers: float32 whatever it is given. */
const real = (write: UnaryOperator['write']): UnaryOperator => ({
  write,
  result: 'float32',
  computeIn: 'float32',
});
/** Rounding: nothing happens to integers. */
const rounding = (opType: string): UnaryOperator => ({
  write: (emitter, x, _, dtype) => (dtype === 'float32' ? emitter.op(opType, [x]) : x),
});

/** By the names of their tfjs kernels. */
export const unaryOperators: Record<string, UnaryOperator> = {
  [tf.Abs]: { write: onnx('Abs') },
  [tf.Acos]: real(onnx('Acos')),
  [tf.Acosh]: real(onnx('Acosh')),
  [tf.Asin]: real(onnx('Asin')),
  [tf.Asinh]: real(onnx('Asinh')),
  [tf.Atan]: real(onnx('Atan')),
  [tf.Atanh]: real(onnx('Atanh')),
  [tf.Ceil]: rounding('Ceil'),
  [tf.ClipByValue]: {
    write: (emitter, x, { clipValueMin, clipValueMax }: tf.ClipByValueAttrs, dtype) =>
      emitter.op('Clip', [x, emitter.scalar(clipValueMin, dtype), emitter.scalar(clipValueMax, dtype)]),
  },
  [tf.Cos]: real(onnx('Cos')),
  [tf.Cosh]: real(onnx('Cosh')),
  [tf.Elu]: real(onnx('Elu')),
  [tf.Erf]: real(onnx('Erf')),
  [tf.Exp]: real(onnx('Exp')),
  [tf.Expm1]: real((emitter, x) => emitter.op('Sub', [emitter.op('Exp', [x]), emitter.scalar(1)])),
  [tf.Floor]: rounding('Floor'),
  [tf.IsFinite]: {
    write: (emitter, x) =>
      emitter.op('Not', [emitter.op('Or', [emitter.op('IsNaN', [x]), emitter.op('IsInf', [x])])]),
    result: 'bool',
    computeIn: 'float32',
  },
  [tf.IsInf]: { write: onnx('IsInf'), result: 'bool', computeIn: 'float32' },
  [tf.IsNan]: { write: onnx('IsNaN'), result: 'bool', computeIn: 'float32' },
  [tf.LeakyRelu]: real((emitter, x, { alpha }: tf.LeakyReluAttrs) =>
    emitter.op('LeakyRelu', [x], { alpha: { float: alpha } }),
  ),
  [tf.Log]: real(onnx('Log')),
  [tf.Log1p]: real((emitter, x) => emitter.op('Log', [emitter.op('Add', [x, emitter.scalar(1)])])),
  [tf.LogicalNot]: { write: onnx('Not'), result: 'bool' },
  [tf.Neg]: { write: onnx('Neg') },
  [tf.Reciprocal]: real(onnx('Reciprocal')),
  [tf.Relu]: { write: onnx('Relu') },
  [tf.Relu6]: {
    write: (emitter, x, _, dtype) =>
      emitter.op('Clip', [x, emitter.scalar(0, dtype), emitter.scalar(6, dtype)]),
  },
  [tf.Round]: rounding('Round'),
  [tf.Rsqrt]: real((emitter, x) => emitter.op('Reciprocal', [emitter.op('Sqrt', [x])])),
  [tf.Selu]: real(onnx('Selu')),
  [tf.Sigmoid]: real(onnx('Sigmoid')),
  [tf.Sign]: {
    // ONNX's Sign keeps NaN, of which tfjs says 0; and it is slower.
    write: (emitter, x, _, dtype) => {
      const zero = emitter.scalar(0, dtype);
      const [above, below] = [emitter.op('Greater', [x, zero]), emitter.op('Less', [x, zero])];
      return emitter.op('Sub', [emitter.cast(above, dtype), emitter.cast(below, dtype)]);
    },
  },
  [tf.Sin]: real(onnx('Sin')),
  [tf.Sinh]: real(onnx('Sinh')),
  [tf.Softplus]: real(onnx('Softplus')),
  [tf.Sqrt]: real(onnx('Sqrt')),
  [tf.Square]: { write: (emitter, x) => emitter.op('Mul', [x, x]) },
  [tf.Step]: {
    write: (emitter, x, { alpha }: tf.StepAttrs, dtype) =>
      dtype === 'float32'
        ? step(emitter, x, alpha)
        : emitter.cast(step(emitter, emitter.cast(x, 'float32'), alpha), dtype),
  },
  [tf.Tan]: real(onnx('Tan')),
  [tf.Tanh]: real(onnx('Tanh')),
};

/** 1 where x > 0, alpha elsewhere, NaN where x is NaN. */
function step(emitter: Emitter, x: string, alpha: number): string {
  const positive = emitter.op('Greater', [x, emitter.scalar(0)]);
  const signs =
    alpha === 0
      ? emitter.cast(positive, 'float32')
      : emitter.op('Where', [positive, emitter.scalar(1), emitter.scalar(alpha)]);
  return emitter.op('Where', [emitter.op('IsNaN', [x]), x, signs]);
}

/** Writes a unary function of float32 inside another operation. */
export const writeUnary = (name: string, emitter: Emitter, x: string, attributes: object = {}): string =>
  (unaryOperators[name] as UnaryOperator).write(emitter, x, attributes as never, 'float32');
