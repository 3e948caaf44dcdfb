import { blockedImage, conversion, type Layout, NCHW, physicalShape, rowMajor } from '../layout.js';
import { NCHWC } from '../onnx/onnx-model.js';
import { sameShape, withoutOnes } from '../types.js';
import type { Emitter } from './emitter.js';
import type { Operand, Variant } from './operand.js';

/** Tensors that hold an operand in the layout a node wants it in; each is made once. */

/** The tensor in a layout, as it was made: ONNX may see other axes of length one. */
export function variant(emitter: Emitter, of: Operand, wanted: Layout): Variant {
  const known = of.variants.get(wanted);
  if (known) return known;
  const made = reordered(emitter, of, wanted) ?? converted(emitter, of, wanted);
  of.variants.set(wanted, made);
  return made;
}

/** By ONNX Runtime's own nodes between images and blocked images, which use all threads. */
function reordered(emitter: Emitter, of: Operand, wanted: Layout): Variant | null {
  const { block } = emitter;
  if (block === 0 || of.shape.length !== 4 || of.dtype !== 'float32' || !sameShape(of.extent, of.shape))
    return null;
  const plain = [rowMajor(4), NCHW];
  const blocked = blockedImage(block);
  const [n, h, w, c] = of.shape as [number, number, number, number];
  if (c % block !== 0) return null;
  const { name } = of.variants.get(of.home) as Variant;
  const dims = [n, c, h, w];
  if (wanted === blocked && plain.includes(of.home)) {
    const last = of.home === NCHW ? 0 : 1;
    const source = emitter.reshape(name, last ? [n, h, w, c] : dims);
    return { name: emitter.op('ReorderInput', [source], { channels_last: last }, NCHWC), dims };
  }
  if (of.home === blocked && plain.includes(wanted)) {
    const last = wanted === NCHW ? 0 : 1;
    const attributes = { channels: c, channels_last: last };
    const target = last ? [n, h, w, c] : dims;
    return {
      name: emitter.op('ReorderOutput', [emitter.reshape(name, dims)], attributes, NCHWC),
      dims: target,
    };
  }
  return null;
}

function converted(emitter: Emitter, of: Operand, wanted: Layout): Variant {
  const source = of.variants.get(of.home) as Variant;
  const { split, order, joined } = conversion(of.home, wanted, of.extent);
  let { name } = source;
  let dims = source.dims;
  if (order) {
    if (!sameShape(dims, split)) name = emitter.reshape(name, split);
    name = emitter.transpose(name, order);
    dims = order.map((place) => split[place] as number);
  }
  if (!sameShape(withoutOnes(dims), withoutOnes(joined))) {
    name = emitter.reshape(name, joined);
    dims = joined;
  }
  return { name, dims };
}

/**
 * The tensor in a layout, for an element-wise node whose result has that layout: it broadcasts to the result, and may lack
 * leading axes of length one.
 */
export function broadcastable(emitter: Emitter, of: Operand, wanted: Layout): Variant {
  const made = variant(emitter, of, wanted);
  const full = physicalShape(wanted, of.extent);
  const { dims } = made;
  if (sameShape(withoutLeadingOnes(dims), withoutLeadingOnes(full)) && dims.length <= full.length)
    return made;
  return { name: emitter.reshape(made.name, full), dims: full };
}

/** The tensor in a layout, with every axis it has there, but not repeated where it repeats: its dims are those of its extent. */
export function compact(emitter: Emitter, of: Operand, wanted: Layout): string {
  const { name, dims } = variant(emitter, of, wanted);
  const full = physicalShape(wanted, of.extent);
  return sameShape(dims, full) ? name : emitter.reshape(name, full);
}

/** The tensor in a layout, seen by ONNX with other dimensions of the same size. */
export function tensorIn(emitter: Emitter, of: Operand, wanted: Layout, dims: readonly number[]): string {
  if (!sameShape(of.extent, of.shape)) return emitter.reshape(dense(emitter, of, wanted), dims);
  const known = variant(emitter, of, wanted);
  return sameShape(known.dims, dims) ? known.name : emitter.reshape(known.name, dims);
}

/** The tensor in a layout with every element written out. */
export function dense(emitter: Emitter, of: Operand, wanted: Layout): string {
  const name = compact(emitter, of, wanted);
  if (sameShape(of.extent, of.shape)) return name;
  const full = physicalShape(wanted, of.shape);
  return emitter.expand(name, physicalShape(wanted, of.extent), full);
}

/** The tensor as tfjs sees it. */
export const logical = (emitter: Emitter, of: Operand): string =>
  dense(emitter, of, rowMajor(of.shape.length));

function withoutLeadingOnes(dims: readonly number[]): readonly number[] {
  const first = dims.findIndex((d) => d !== 1);
  return first < 0 ? [] : dims.slice(first);
}
