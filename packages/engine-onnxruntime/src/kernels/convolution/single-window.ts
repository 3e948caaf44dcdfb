import type { Emitter } from '../../emit/emitter.js';
import type { Window } from '../../emit/image-window.js';
import { type Operand, operand } from '../../emit/operand.js';
import type { ResultSpec } from '../../emit/operation.js';
import { dense } from '../../emit/tensor-in-layout.js';
import { rowMajor } from '../../layout.js';
import { sizeOf } from '../../types.js';

/**
 * A convolution whose window is the whole image, as those at either end of an autoencoder's code: a product of matrices, and so are
 * both of its gradients. The padding that a convolution needs for them makes ONNX Runtime compute each output by itself.
 */

/** Whether there is one window, which is the image. */
export const isSingleWindow = ({ size, before, after, channelsFirst, input }: Window): boolean =>
  !channelsFirst &&
  size.every((length, i) => length === input[i]) &&
  [...before, ...after].every((pad) => pad === 0);

/** The layouts of operands and result: all as tfjs has them, so that nothing is transposed. */
export const singleWindowDemands = { inputs: [rowMajor(4), rowMajor(4)], outputs: [rowMajor(4)] } as const;

/** `[N, H, W, I]` by `[H, W, I, O]` to `[N, 1, 1, O]`. */
export const wholeProduct = (emitter: Emitter, x: Operand, filter: Operand, result: ResultSpec): Operand =>
  reshaped(emitter, result, emitter.op('MatMul', [rows(emitter, x), matrix(emitter, filter)]));

/** The gradient of x, `[N, 1, 1, O]` by `[H, W, I, O]` to `[N, H, W, I]`. */
export const wholeInputGradient = (
  emitter: Emitter,
  dy: Operand,
  filter: Operand,
  result: ResultSpec,
): Operand =>
  reshaped(emitter, result, emitter.op('Gemm', [rows(emitter, dy), matrix(emitter, filter)], { transB: 1 }));

/** The gradient of the filter, `[N, H, W, I]` by `[N, 1, 1, O]` to `[H, W, I, O]`. */
export const wholeFilterGradient = (emitter: Emitter, x: Operand, dy: Operand, result: ResultSpec): Operand =>
  reshaped(emitter, result, emitter.op('Gemm', [rows(emitter, x), rows(emitter, dy)], { transA: 1 }));

/** An image a row. */
const rows = (emitter: Emitter, of: Operand): string =>
  emitter.reshape(dense(emitter, of, rowMajor(4)), [of.shape[0] as number, sizeOf(of.shape.slice(1))]);

/** `[H · W · I, O]`. */
const matrix = (emitter: Emitter, filter: Operand): string =>
  emitter.reshape(dense(emitter, filter, rowMajor(4)), [
    sizeOf(filter.shape.slice(0, 3)),
    filter.shape[3] as number,
  ]);

const reshaped = (emitter: Emitter, result: ResultSpec, name: string): Operand =>
  operand(result, rowMajor(4), emitter.reshape(name, result.shape));
