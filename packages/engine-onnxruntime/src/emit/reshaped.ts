import { layout, rowMajor, withLeadingAxes } from '../layout.js';
import { sameShape, type TensorSpec, withoutOnes } from '../types.js';
import type { Emitter } from './emitter.js';
import { type Operand, operand, uniformOperand, type Variant } from './operand.js';
import { logical } from './tensor-in-layout.js';

/** An operand under another shape. Nothing is copied where axes of length one come and go, or where it repeats. */

/** The same values under another shape of the same size. */
export function seenAs(emitter: Emitter, of: Operand, shape: readonly number[]): Operand {
  if (sameShape(of.shape, shape)) return of;
  const { dtype } = of;
  if (of.uniform !== null) return uniformOperand(emitter, { shape, dtype }, of.uniform);
  const axes = nonUnitAxes(of.shape);
  const newAxes = nonUnitAxes(shape);
  if (!sameShape(withoutOnes(of.shape), withoutOnes(shape))) {
    const name = emitter.reshape(logical(emitter, of), shape);
    return operand({ shape, dtype }, rowMajor(shape.length), name);
  }
  // Only axes of length one come and go, so the memory stays as it is.
  const units = shape.flatMap((d, axis) => (d === 1 ? [`${axis}`] : []));
  const kept = of.home.key
    .split(' ')
    .filter((part) => axes.includes(Number.parseInt(part, 10)))
    .map((part) => part.replace(/^\d+/, (axis) => `${newAxes[axes.indexOf(Number(axis))]}`));
  const home = layout([...units, ...kept].join(' '));
  const extent = shape.map((d, axis) =>
    d === 1 ? 1 : (of.extent[axes[newAxes.indexOf(axis)] as number] as number),
  );
  const { name, dims } = of.variants.get(of.home) as Variant;
  return operand({ shape, dtype }, home, name, extent, { dims });
}

/** The operand with axes of length one put before its own, so that it has `rank` of them. */
export function withRank(of: Operand, rank: number): Operand {
  const missing = rank - of.shape.length;
  if (missing === 0) return of;
  const ones = new Array<number>(missing).fill(1);
  const { name, dims } = of.variants.get(of.home) as Variant;
  return operand(
    { shape: [...ones, ...of.shape], dtype: of.dtype },
    withLeadingAxes(of.home, missing),
    name,
    [...ones, ...of.extent],
    { dims, uniform: of.uniform },
  );
}

/** The operand repeated until it has the shape of `spec`, which it broadcasts to; nothing is copied. */
export function broadcastTo(of: Operand, spec: TensorSpec): Operand {
  const { name, dims } = of.variants.get(of.home) as Variant;
  const aligned = withRank(of, spec.shape.length);
  return operand(spec, aligned.home, name, aligned.extent, { dims, uniform: of.uniform });
}

const nonUnitAxes = (shape: readonly number[]) => shape.flatMap((d, axis) => (d === 1 ? [] : [axis]));
