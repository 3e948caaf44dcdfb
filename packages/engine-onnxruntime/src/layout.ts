import type { NumericArray } from './types.js';

/**
 * How a tensor's axes lie in memory, from the slowest to the fastest. tfjs thinks in channels-last shapes; ONNX Runtime's
 * convolutions want channels first, the fastest of them with channels in blocks (`NCHW16c`). So a value has one logical
 * shape, tfjs's, and any number of layouts.
 *
 * A layout is written as the logical axes in memory order: `0 3 1 2` is NCHW of an NHWC tensor. A blocked axis appears
 * twice, as `3/16` (which block) and `3%16` (where in the block): `0 3/16 1 2 3%16`.
 */
export interface Layout {
  readonly key: string;
  readonly parts: readonly AxisPart[];
}

interface AxisPart {
  readonly axis: number;
  readonly part: 'whole' | 'block' | 'within';
  /** Elements a block; 1 for a whole axis. */
  readonly size: number;
}

const layouts = new Map<string, Layout>();

/** The one layout object of that key: layouts may be compared with `===`. */
export function layout(key: string): Layout {
  let known = layouts.get(key);
  if (!known) {
    known = { key, parts: key === '' ? [] : key.split(' ').map(parsePart) };
    layouts.set(key, known);
  }
  return known;
}

function parsePart(text: string): AxisPart {
  const [axis, size] = text.split(/[/%]/).map(Number) as [number, number | undefined];
  if (size === undefined) return { axis, part: 'whole', size: 1 };
  return { axis, part: text.includes('/') ? 'block' : 'within', size };
}

/** The logical order: what tfjs sees. */
export const rowMajor = (rank: number): Layout => layout(Array.from({ length: rank }, (_, i) => i).join(' '));

/** Images `[N, H, W, C]` with channels first. */
export const NCHW = layout('0 3 1 2');
/** Filters `[H, W, I, O]` as ONNX wants them. */
export const OIHW = layout('3 2 0 1');

/** Images `[N, H, W, C]` with channels in blocks; C is a multiple of `block`. */
export const blockedImage = (block: number): Layout => layout(`0 3/${block} 1 2 3%${block}`);
/** Filters `[H, W, I, O]` with input and output channels in blocks. */
export const blockedFilter = (block: number): Layout =>
  layout(`3/${block} 2/${block} 0 1 2%${block} 3%${block}`);
/** Filters with output channels in blocks, for images with fewer input channels than a block. */
export const outputBlockedFilter = (block: number): Layout => layout(`3/${block} 2 0 1 3%${block}`);

/** The same order with whole axes, each where its block was. */
export function unblocked(of: Layout): Layout {
  return layout(
    of.parts
      .filter((p) => p.part !== 'within')
      .map((p) => p.axis)
      .join(' '),
  );
}

/** `of` if `shape` can lie in it (blocked axes are multiples of the block, or repeat), else its unblocked counterpart. */
export function fitting(of: Layout, shape: readonly number[]): Layout {
  const fits = of.parts.every((p) => p.part === 'whole' || (shape[p.axis] as number) % p.size === 0);
  return fits ? of : unblocked(of);
}

export const isBlocked = (of: Layout): boolean => of.parts.some((p) => p.part !== 'whole');

const partSize = (p: AxisPart, extent: readonly number[]): number => {
  const size = extent[p.axis] as number;
  if (p.part === 'whole' || size === 1) return size;
  return p.part === 'block' ? size / p.size : p.size;
};

/** The dimensions a tensor of that extent has in memory. */
export const physicalShape = (of: Layout, extent: readonly number[]): number[] =>
  of.parts.map((p) => partSize(p, extent));

/** Where in the physical shape a logical axis lies (two places when it is blocked). */
export const physicalAxes = (of: Layout, axis: number): number[] =>
  of.parts.flatMap((p, i) => (p.axis === axis ? [i] : []));

/** The layout that is left when logical axes are removed. */
export function withoutAxes(of: Layout, removed: readonly number[]): Layout {
  const kept = of.parts.filter((p) => !removed.includes(p.axis));
  const renumber = (axis: number) => axis - removed.filter((r) => r < axis).length;
  return layout(kept.map((p) => writePart({ ...p, axis: renumber(p.axis) })).join(' '));
}

/** The layout with `count` axes of length one put before the others. */
export function withLeadingAxes(of: Layout, count: number): Layout {
  const leading = Array.from({ length: count }, (_, i) => `${i}`);
  return layout([...leading, ...of.parts.map((p) => writePart({ ...p, axis: p.axis + count }))].join(' '));
}

/** The layout of the same memory when logical axis `i` of the result is axis `order[i]` of the source. */
export function transposed(of: Layout, order: readonly number[]): Layout {
  return layout(of.parts.map((p) => writePart({ ...p, axis: order.indexOf(p.axis) })).join(' '));
}

const writePart = (p: AxisPart): string =>
  p.part === 'whole' ? `${p.axis}` : `${p.axis}${p.part === 'block' ? '/' : '%'}${p.size}`;

/**
 * How to get from one layout to another: `Reshape` to `split`, `Transpose` by `order`, `Reshape` to `joined`. A null step
 * isn't needed: axes of length one don't count, and what stays in order needs no transposition.
 */
export interface Conversion {
  readonly split: number[];
  readonly order: number[] | null;
  readonly joined: number[];
}

export function conversion(from: Layout, to: Layout, extent: readonly number[]): Conversion {
  const blocks = new Map<number, number>();
  for (const p of [...from.parts, ...to.parts]) if (p.part !== 'whole') blocks.set(p.axis, p.size);
  const fine = (of: Layout) =>
    of.parts
      .flatMap((p): AxisPart[] => {
        const size = blocks.get(p.axis);
        if (size === undefined || p.part !== 'whole') return [p];
        return [
          { axis: p.axis, part: 'block', size },
          { axis: p.axis, part: 'within', size },
        ];
      })
      .filter((p) => partSize(p, extent) !== 1);
  const source = fine(from);
  const sourceKeys = source.map(writePart);
  const order = fine(to).map((p) => sourceKeys.indexOf(writePart(p)));
  return {
    split: source.map((p) => partSize(p, extent)),
    order: order.every((place, i) => place === i) ? null : order,
    joined: physicalShape(to, extent),
  };
}

/** Copies data from a layout to the logical order; gives the data itself where they are in it already. */
export function toRowMajor<T extends NumericArray>(data: T, from: Layout, shape: readonly number[]): T {
  const { split, order } = conversion(from, rowMajor(shape.length), shape);
  if (!order) return data;
  const strides = new Array<number>(split.length);
  let stride = 1;
  for (let i = split.length - 1; i >= 0; i--) {
    strides[i] = stride;
    stride *= split[i] as number;
  }
  const sizes = order.map((place) => split[place] as number);
  const steps = order.map((place) => strides[place] as number);
  const out = new (data.constructor as new (length: number) => T)(data.length);
  const last = sizes.length - 1;
  const lastSize = sizes[last] as number;
  const lastStep = steps[last] as number;
  let written = 0;
  const copy = (dimension: number, offset: number): void => {
    if (dimension === last) {
      for (let i = 0, at = offset; i < lastSize; i++, at += lastStep) out[written++] = data[at] as number;
      return;
    }
    const step = steps[dimension] as number;
    for (let i = 0, at = offset; i < (sizes[dimension] as number); i++, at += step) copy(dimension + 1, at);
  };
  copy(0, 0);
  return out;
}

/** The layout, without blocks where one of `axes` is in blocks: for operations that cut or join along an axis. */
export const layoutWithWhole = (of: Layout, axes: readonly number[]): Layout =>
  of.parts.some((p) => p.part !== 'whole' && axes.includes(p.axis)) ? unblocked(of) : of;

/** Where in the physical shape a logical axis lies that isn't in blocks. */
export const physicalAxis = (of: Layout, axis: number): number => physicalAxes(of, axis)[0] as number;

/** A list with one entry an axis, in the physical order; blocked axes give `blocked` for both their parts. */
export const physicalOrder = <T>(of: Layout, list: readonly T[], blocked: T): T[] =>
  of.parts.map((p) => (p.part === 'whole' ? (list[p.axis] as T) : blocked));
