import {
  blockedImage,
  conversion,
  fitting,
  type Layout,
  layout,
  NCHW,
  physicalShape,
  rowMajor,
  withLeadingAxes,
} from '../layout.js';
import type { Named, RecordedNode } from '../record/graph.js';
import { sameShape, sizeOf, type TensorSpec } from '../types.js';
import type { Emitter } from './emitter.js';

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
  fusion: Fusion | null;
}

export interface Fusion {
  /** It is source · slope + offset for each channel: further such maps compose. Names of `[C]` tensors; null is 1 and 0. */
  readonly perChannel?: {
    readonly source: Operand;
    readonly slope: string | null;
    readonly offset: string | null;
  };
  /** It is a convolution, which can give result · slope + offset instead; only where nothing else needs the operand. */
  readonly withMap?: (slope: string | null, offset: string | null) => Operand;
  /** Adds a tensor to it; `dear` where that repeats a convolution unless nothing else needs the operand. */
  readonly withSum?: { readonly dear: boolean; write(sum: Operand): Operand };
  /** Gives max(x, 0); `dear` likewise. */
  readonly withRelu?: { readonly dear: boolean; write(): Operand };
  /** It is an image put together from smaller ones, to which others of that kind can be added before. */
  readonly phases?: Phases;
}

/** Whether a fusion may be used: it costs little, or its operand is not computed otherwise. */
export const affordable = ({ dear }: { readonly dear: boolean }, of: Operand): boolean =>
  !(dear && of.shared);

/** An image whose pixels (s·i + a, s·j + b) are pixel (i, j) of phase (a, b); null where they are zero. */
export interface Phases {
  readonly strides: readonly [number, number];
  readonly images: readonly (PhaseImage | null)[];
  join(emitter: Emitter, images: readonly (PhaseImage | null)[]): Operand;
}
/** Writes the phase, with another tensor added in the same pass. */
export type PhaseImage = (emitter: Emitter, sum: string | null) => string;

interface Variant {
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

function variant(emitter: Emitter, of: Operand, wanted: Layout): Variant {
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

/** The domain of ONNX Runtime's nodes on blocked images. */
export const NCHWC = 'com.microsoft.nchwc';

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

/**
 * The result of an element-wise node: operands are brought to one layout and broadcast; the result repeats where all of them
 * do.
 */
export function elementwise(
  emitter: Emitter,
  inputs: readonly Operand[],
  result: TensorSpec & { readonly layout: Layout },
  write: (names: string[]) => string,
): Operand {
  const rank = result.shape.length;
  const operands = inputs.map((input) => withRank(input, rank));
  const extent = operands.map((o) => o.extent).reduce(broadcastShapes);
  const common = fitting(result.layout, result.shape);
  const tensors = aligned(emitter, operands, common, extent);
  const name = write(tensors.map((t) => t.name));
  const dims = tensors.map((t) => t.dims).reduce(broadcastShapes);
  return operand(result, common, name, extent, { dims });
}

/** The operands as tensors that broadcast to one another, in a layout. */
function aligned(
  emitter: Emitter,
  operands: readonly Operand[],
  common: Layout,
  extent: readonly number[],
): Variant[] {
  if (operands.every((o) => sameShape(o.extent, extent))) {
    // All are full: how ONNX sees the dimensions doesn't matter, as long as it sees the same ones.
    const [first, ...rest] = operands.map((o) => variant(emitter, o, common)) as [Variant, ...Variant[]];
    const { dims } = first;
    return [
      first,
      ...rest.map((t) => (sameShape(t.dims, dims) ? t : { name: emitter.reshape(t.name, dims), dims })),
    ];
  }
  const full = physicalShape(common, extent);
  return operands.map((o) => widened(emitter, o, broadcastable(emitter, o, common), full));
}

/** ONNX Runtime broadcasts in runs of elements that lie side by side in both operands; from this length on it is fast. */
const LONG_RUN = 64;

/** The tensor, written out along the innermost axes where it would otherwise broadcast to `full` in short runs. */
function widened(emitter: Emitter, { dtype }: Operand, tensor: Variant, full: readonly number[]): Variant {
  const own = [...new Array<number>(full.length - tensor.dims.length).fill(1), ...tensor.dims];
  if (sizeOf(own) === 1) return tensor;
  let start = full.length - 1;
  while (start > 0 && sizeOf(full.slice(start)) < LONG_RUN) start--;
  const inner = sizeOf(own.slice(start));
  if (inner === 1 || inner === sizeOf(full.slice(start))) return tensor;
  const wide = [...own.slice(0, start), ...full.slice(start)];
  const blocked = dtype === 'float32' && positionsInBlocks(emitter, tensor, own, wide);
  if (blocked) return blocked;
  const source = sameShape(tensor.dims, own) ? tensor.name : emitter.reshape(tensor.name, own);
  return { name: emitter.expand(source, own, wide), dims: wide };
}

/**
 * One number a position of a blocked image, written once for each channel of a block: by a convolution with ones, which uses
 * all threads; null for tensors of another kind.
 */
function positionsInBlocks(
  emitter: Emitter,
  tensor: Variant,
  own: readonly number[],
  wide: readonly number[],
): Variant | null {
  const { block } = emitter;
  const [n, blocks, h, w, lanes] = own as [number, number, number, number, number];
  if (block === 0 || own.length !== 5 || blocks !== 1 || lanes !== 1 || wide[4] !== block) return null;
  if (own.some((d, i) => i < 4 && d !== wide[i])) return null;
  const image = emitter.reshape(tensor.name, [n, 1, h, w]);
  const ones = emitter.float32(new Array(block).fill(1), [block, 1, 1, 1]);
  const name = emitter.op('Conv', [image, ones], { kernel_shape: [1, 1] }, NCHWC);
  return { name: emitter.reshape(name, wide), dims: wide };
}

/** The shape two shapes broadcast to, right-aligned. */
function broadcastShapes(a: readonly number[], b: readonly number[]): readonly number[] {
  const [long, short] = a.length >= b.length ? [a, b] : [b, a];
  const offset = long.length - short.length;
  return long.map((d, i) => (i < offset || d !== 1 ? d : (short[i - offset] as number)));
}

const withoutOnes = (dims: readonly number[]) => dims.filter((d) => d !== 1);
const nonUnitAxes = (shape: readonly number[]) => shape.flatMap((d, axis) => (d === 1 ? [] : [axis]));
function withoutLeadingOnes(dims: readonly number[]): readonly number[] {
  const first = dims.findIndex((d) => d !== 1);
  return first < 0 ? [] : dims.slice(first);
}
