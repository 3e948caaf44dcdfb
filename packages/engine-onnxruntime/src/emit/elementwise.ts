import { fitting, type Layout, physicalShape } from '../layout.js';
import { NCHWC } from '../onnx/onnx-model.js';
import { sameShape, sizeOf, type TensorSpec } from '../types.js';
import type { Emitter } from './emitter.js';
import { type Operand, operand, type Variant } from './operand.js';
import { withRank } from './reshaped.js';
import { broadcastable, variant } from './tensor-in-layout.js';

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
