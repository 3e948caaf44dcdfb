import {
  backend_util,
  FlipLeftRight,
  type FlipLeftRightInputs,
  Reverse,
  type ReverseAttrs,
  type ReverseInputs,
  Slice,
  type SliceAttrs,
  type SliceInputs,
  SplitV,
  type SplitVAttrs,
  type SplitVInputs,
  StridedSlice,
  type StridedSliceAttrs,
  type StridedSliceInputs,
  slice_util,
  type TensorInfo,
  Unpack,
  type UnpackAttrs,
  type UnpackInputs,
  util,
} from '@tensorflow/tfjs-core';
import type { OnnxRuntimeBackend } from '../../backend.js';
import { operand } from '../../emit/operand.js';
import type { Operation } from '../../emit/operation.js';
import { dense } from '../../emit/tensor-in-layout.js';
import { type Kernel, kernelConfig } from '../../kernel.js';
import { layoutWithWhole, physicalAxis, physicalShape } from '../../layout.js';
import { type DataTypeName, sameShape, sizeOf } from '../../types.js';

/** Kernels that take a regular part of a tensor. */

interface SliceAttributes {
  /** For each axis the first index, how many, and the step from one to the next. */
  readonly begin: readonly number[];
  readonly size: readonly number[];
  readonly strides: readonly number[];
}

const operation: Operation<SliceAttributes> = {
  name: Slice,
  sharesLayout: true,
  emit: ({ emitter, inputs: [x], attributes: { begin, size, strides }, outputs: [result] }) => {
    const axes = x.shape.flatMap((d, axis) => (size[axis] === d && strides[axis] === 1 ? [] : [axis]));
    const common = layoutWithWhole(result.layout, axes);
    const starts = axes.map((axis) => begin[axis] as number);
    const steps = axes.map((axis) => strides[axis] as number);
    const ends = axes.map((axis, i) => {
      const end = (starts[i] as number) + (size[axis] as number) * (steps[i] as number);
      // Below 0 an end counts from the back: a reversed slice to the front ends before everything.
      return end < 0 ? -(2 ** 31) : end;
    });
    const physical = axes.map((axis) => physicalAxis(common, axis));
    const source = dense(emitter, x, common);
    const [axis] = physical as [number];
    const [along] = axes as [number];
    const pieces = axes.length === 1 && inPieces(physicalShape(common, x.shape), axis);
    const indices = Array.from(
      { length: size[along] as number },
      (_, i) => (begin[along] as number) + i * (strides[along] as number),
    );
    const name = pieces
      ? emitter.op('Gather', [source, emitter.int64(indices)], { axis })
      : emitter.slice(source, physical, starts, ends, steps);
    return operand(result, common, name);
  },
};

/** Elements side by side from which on ONNX Runtime's Gather, which uses all threads, takes a tenth of the time of its Slice. */
const LONG_PIECE = 256;

/** Whether a part along an axis lies in many long pieces, as channels of images `[N, C, H, W]` do. */
const inPieces = (dims: readonly number[], axis: number): boolean =>
  sizeOf(dims.slice(0, axis)) > 1 && sizeOf(dims.slice(axis + 1)) >= LONG_PIECE;

function sliceOf(
  backend: OnnxRuntimeBackend,
  x: TensorInfo,
  begin: readonly number[],
  size: readonly number[],
  strides: readonly number[] = begin.map(() => 1),
): TensorInfo {
  if (sameShape(size, x.shape) && strides.every((s) => s === 1)) return backend.view(x, x.shape);
  const rows = size.length > 0 && strides.every((s) => s === 1) && sameShape(size.slice(1), x.shape.slice(1));
  const there = rows ? backend.rows(x, begin[0] as number, size[0] as number) : null;
  if (there) return there;
  const spec = { shape: size, dtype: x.dtype as DataTypeName };
  return backend.record(operation, [x], { begin, size, strides }, spec);
}

const slice: Kernel<SliceInputs, SliceAttrs> = ({ inputs: { x }, attrs, backend }) => {
  const [begin, size] = slice_util.parseSliceParams(x, attrs.begin, attrs.size) as [number[], number[]];
  slice_util.assertParamsValid(x, begin, size);
  return sliceOf(backend, x, begin, size);
};

const stridedSlice: Kernel<StridedSliceInputs, StridedSliceAttrs> = ({ inputs: { x }, attrs, backend }) => {
  const info = slice_util.sliceInfo(
    x.shape,
    attrs.begin,
    attrs.end,
    attrs.strides,
    attrs.beginMask,
    attrs.endMask,
    attrs.ellipsisMask,
    attrs.newAxisMask,
    attrs.shrinkAxisMask,
  );
  const size = slice_util.computeOutShape(info.begin, info.end, info.strides);
  const sliced = sliceOf(backend, x, info.begin, size, info.strides);
  return { ...sliced, shape: info.finalShape };
};

function reversedAlong(backend: OnnxRuntimeBackend, x: TensorInfo, axes: readonly number[]): TensorInfo {
  const reversed = (axis: number) => axes.includes(axis);
  return sliceOf(
    backend,
    x,
    x.shape.map((d, axis) => (reversed(axis) ? d - 1 : 0)),
    x.shape,
    x.shape.map((_, axis) => (reversed(axis) ? -1 : 1)),
  );
}

const reverse: Kernel<ReverseInputs, ReverseAttrs> = ({ inputs: { x }, attrs: { dims }, backend }) =>
  reversedAlong(backend, x, util.parseAxisParam(dims, x.shape));

/** Images `[N, H, W, C]`, mirrored. */
const flipLeftRight: Kernel<FlipLeftRightInputs, object> = ({ inputs: { image }, backend }) =>
  reversedAlong(backend, image, [2]);

function split(
  backend: OnnxRuntimeBackend,
  x: TensorInfo,
  axis: number,
  sizes: readonly number[],
): TensorInfo[] {
  let start = 0;
  return sizes.map((length) => {
    const begin = x.shape.map((_, a) => (a === axis ? start : 0));
    start += length;
    return sliceOf(
      backend,
      x,
      begin,
      x.shape.map((d, a) => (a === axis ? length : d)),
    );
  });
}

const splitV: Kernel<SplitVInputs, SplitVAttrs> = ({
  inputs: { x },
  attrs: { numOrSizeSplits, axis },
  backend,
}) => {
  const [along] = util.parseAxisParam(axis, x.shape) as [number];
  return split(backend, x, along, backend_util.prepareSplitSize(x as never, numOrSizeSplits, along));
};

const unpack: Kernel<UnpackInputs, UnpackAttrs> = ({ inputs: { value }, attrs, backend }) => {
  const [axis] = util.parseAxisParam(attrs.axis, value.shape) as [number];
  const sizes = new Array<number>(value.shape[axis] as number).fill(1);
  const shape = value.shape.filter((_, a) => a !== axis);
  return split(backend, value, axis, sizes).map((part) => ({ ...part, shape }));
};

export const sliceConfigs = [
  kernelConfig(Slice, slice),
  kernelConfig(StridedSlice, stridedSlice),
  kernelConfig(Reverse, reverse),
  kernelConfig(FlipLeftRight, flipLeftRight),
  kernelConfig(SplitV, splitV),
  kernelConfig(Unpack, unpack),
];
