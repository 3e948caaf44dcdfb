import {
  Cumprod,
  type CumprodAttrs,
  type CumprodInputs,
  Cumsum,
  type CumsumAttrs,
  type CumsumInputs,
  util,
} from '@tensorflow/tfjs-core';
import type { Emitter } from '../../emit/emitter.js';
import { type Operand, operand } from '../../emit/operand.js';
import type { Operation } from '../../emit/operation.js';
import { dense } from '../../emit/tensor-in-layout.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { type Layout, layoutWithWhole, physicalAxis } from '../../layout.js';

/** Kernels that give the sum or the product of all elements up to each one along an axis. */

interface Cumulative {
  readonly axis: number;
  /** Without the element itself. */
  readonly exclusive: boolean;
  /** Of the elements from each one on. */
  readonly reverse: boolean;
}

function numbers(emitter: Emitter, x: Operand, layout: Layout): string {
  const tensor = dense(emitter, x, layout);
  return x.dtype === 'bool' ? emitter.cast(tensor, 'int32') : tensor;
}

const sumOperation: Operation<Cumulative> = {
  name: Cumsum,
  sharesLayout: true,
  emit: ({ emitter, inputs: [x], attributes: { axis, exclusive, reverse }, outputs: [result] }) => {
    const whole = layoutWithWhole(result.layout, [axis]);
    const place = emitter.scalar(physicalAxis(whole, axis), 'int64');
    const flags = { exclusive: exclusive ? 1 : 0, reverse: reverse ? 1 : 0 };
    return operand(result, whole, emitter.op('CumSum', [numbers(emitter, x, whole), place], flags));
  },
};

/** ONNX has no cumulative product: products of 2, 4, 8, ... elements are made of those of half as many. */
const productOperation: Operation<Cumulative> = {
  name: Cumprod,
  sharesLayout: true,
  emit: ({ emitter, inputs: [x], attributes: { axis, exclusive, reverse }, outputs: [result] }) => {
    const whole = layoutWithWhole(result.layout, [axis]);
    const place = physicalAxis(whole, axis);
    const length = x.shape[axis] as number;
    const one = emitter.scalar(1, result.dtype);
    /** Element i becomes element i - by (i + by when reversed); where there is none, 1. */
    const shifted = (tensor: string, by: number): string => {
      const [start, end] = reverse ? [by, length] : [0, length - by];
      const pads = new Array<number>(2 * whole.parts.length).fill(0);
      pads[reverse ? whole.parts.length + place : place] = by;
      return emitter.op('Pad', [emitter.slice(tensor, [place], [start], [end]), emitter.int64(pads), one]);
    };
    const tensor = numbers(emitter, x, whole);
    let product = exclusive && length > 0 ? shifted(tensor, 1) : tensor;
    for (let by = 1; by < length; by *= 2) product = emitter.op('Mul', [product, shifted(product, by)]);
    return operand(result, whole, product);
  },
};

const cumulative =
  (operation: Operation<Cumulative>): Kernel<CumsumInputs & CumprodInputs, CumsumAttrs & CumprodAttrs> =>
  ({ inputs: { x }, attrs, backend }) => {
    const [axis] = util.parseAxisParam(attrs.axis, x.shape) as [number];
    const { exclusive, reverse } = attrs;
    const dtype = x.dtype === 'float32' ? 'float32' : 'int32';
    return backend.record(operation, [x], { axis, exclusive, reverse }, { shape: x.shape, dtype });
  };

export const cumulativeConfigs = [
  kernelConfig(Cumsum, cumulative(sumOperation)),
  kernelConfig(Cumprod, cumulative(productOperation)),
];
