import { type Layout, physicalShape, rowMajor } from '../layout.js';
import type { Named, RecordedNode } from '../record/graph.js';
import type { TensorSpec } from '../types.js';
import type { Emitter } from './emitter.js';
import type { Fusion } from './fusion.js';

/**
 * A value while a graph is being written: the ONNX tensors that hold it, one for each layout it was wanted in.
 *
 * What repeats along an axis isn't written out: `extent` is the shape with 1 where the value repeats, so that
 * `ones * dy` of a gradient costs nothing until something needs every element.
 */
export interface Operand extends TensorSpec {
  readonly extent: readonly number[];
  /** The layout it was computed in. */
  readonly home: Layout;
  /** The number that all its elements are, where that is known. */
  readonly uniform: number | null;
  readonly variants: Map<Layout, Variant>;
  /** What computed it, for rewrites that look at more than one node. */
  origin: { readonly node: RecordedNode<Named>; readonly inputs: readonly Operand[] } | null;
  /** Whether more than one node, or the caller, needs it: what is dear must not be computed again inside a consumer. */
  shared: boolean;
  /** Position of the last node that needs it; infinite where the caller does. */
  lastUse: number;
  /** The operand that holds max(x, 0), where it was recorded. */
  rectified: Operand | null;
  /** How a consumer can be computed in the same pass as this operand, instead of after it. */
  fusion: Fusion<Operand> | null;
}

/** One of the ONNX tensors that hold a value. */
export interface Variant {
  readonly name: string;
  /** Its dimensions as ONNX sees them: the physical shape, or one with other axes of length one. */
  readonly dims: readonly number[];
}

export function operand(
  spec: TensorSpec,
  home: Layout,
  name: string,
  extent: readonly number[] = spec.shape,
  {
    dims = physicalShape(home, extent),
    uniform = null,
  }: { dims?: readonly number[]; uniform?: number | null } = {},
): Operand {
  const { shape, dtype } = spec;
  return {
    shape,
    dtype,
    extent,
    home,
    uniform,
    variants: new Map([[home, { name, dims }]]),
    origin: null,
    shared: true,
    lastUse: Number.POSITIVE_INFINITY,
    rectified: null,
    fusion: null,
  };
}

/** A tensor whose elements are all `value`. */
export function uniformOperand(emitter: Emitter, spec: TensorSpec, value: number): Operand {
  const extent = spec.shape.map(() => 1);
  const name = emitter.scalar(value, spec.dtype);
  return operand(spec, rowMajor(extent.length), name, extent, { dims: [], uniform: value });
}
