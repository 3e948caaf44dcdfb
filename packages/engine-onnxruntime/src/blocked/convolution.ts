import type { Emitter } from '../emit/emitter.js';
import { padsOf, type Window } from '../emit/image-window.js';
import type { Operand } from '../emit/operand.js';
import type { ResultSpec } from '../emit/operation.js';
import { dense } from '../emit/tensor-in-layout.js';
import { rowMajor } from '../layout.js';
import { type BlockedConv, blockedConv, blockedOperand, blockedTensor } from './image.js';

/** Convolution of blocked images; filters are `[R, S, I, O]` in tfjs's order. Its gradients are convolutions of blocked images too. */

/** Whether the nodes can convolve I to O channels: whole blocks, or few input channels as in a network's first layer. */
export const convolves = (
  block: number,
  { channelsFirst, dilations }: Window,
  inputs: number,
  outputs: number,
): boolean =>
  block > 0 &&
  !channelsFirst &&
  outputs % block === 0 &&
  (inputs % block === 0 || (isFirstLayer(block, inputs) && dilations.every((d) => d === 1)));

/** Few input channels: the image stays as tfjs has it, `[N, H, W, C]`, and its rows are convolved as rows of W·C numbers. */
export const isFirstLayer = (block: number, inputs: number): boolean => inputs < block;

export function convolution(
  emitter: Emitter,
  x: Operand,
  filter: Operand,
  window: Window,
  result: ResultSpec,
): Operand {
  const [height, width, inputs, outputs] = filter.shape as [number, number, number, number];
  const { block } = emitter;
  const weights = dense(emitter, filter, rowMajor(4));
  const [top, left, bottom, right] = padsOf(window) as [number, number, number, number];
  const scaled = (slope: string | null) => (slope ? emitter.op('Mul', [weights, slope]) : weights);
  if (isFirstLayer(block, inputs)) {
    const [n, h, w, c] = x.shape as [number, number, number, number];
    const rows = emitter.reshape(dense(emitter, x, rowMajor(4)), [n, 1, h, w * c]);
    return fusible(emitter, result, (also, slope) => {
      const blocks = emitter.reshape(scaled(slope), [height * width * c, outputs / block, block]);
      const filters = emitter.transpose(blocks, [1, 0, 2]);
      return blockedConv(emitter, rows, emitter.reshape(filters, [outputs, 1, height, width * c]), {
        kernel: [height, width * c],
        strides: [window.strides[0], window.strides[1] * c],
        pads: [top, left * c, bottom, right * c],
        ...also,
      });
    });
  }
  return fusible(emitter, result, (also, slope) => {
    const split = [height * width, inputs / block, block, outputs / block, block];
    const filters = emitter.transpose(emitter.reshape(scaled(slope), split), [3, 1, 0, 2, 4]);
    return blockedConv(
      emitter,
      blockedTensor(emitter, x),
      emitter.reshape(filters, [outputs, inputs, height, width]),
      {
        kernel: window.size,
        strides: window.strides,
        dilations: window.dilations,
        pads: [top, left, bottom, right],
        ...also,
      },
    );
  });
}

/** What else is computed in the pass of a convolution, after it. */
type Epilogue = Pick<BlockedConv, 'bias' | 'sum' | 'activation'>;

/** A convolution that takes what follows it into its own pass. */
function fusible(
  emitter: Emitter,
  result: ResultSpec,
  write: (also: Epilogue, slope: string | null) => string,
): Operand {
  const fused = (also: Epilogue, slope: string | null): Operand =>
    blockedOperand(emitter, result, write(also, slope));
  const withRelu = (also: Epilogue, slope: string | null) => ({
    dear: true,
    write: () => fused({ ...also, activation: 'Relu' }, slope),
  });
  const either = (opType: string, a: string | null, b: string | null) =>
    a && b ? emitter.op(opType, [a, b]) : (a ?? b);
  const mapped = (slope: string | null, bias: string | null): Operand => {
    const convolved = fused({ bias }, slope);
    convolved.fusion = {
      withMap: (factor, term) => {
        const scaledBias = bias && factor ? emitter.op('Mul', [bias, factor]) : bias;
        return mapped(either('Mul', slope, factor), either('Add', scaledBias, term));
      },
      withRelu: withRelu({ bias }, slope),
      withSum: {
        dear: true,
        write(added) {
          const also = { bias, sum: blockedTensor(emitter, added) };
          const sum = fused(also, slope);
          sum.fusion = { withRelu: withRelu(also, slope) };
          return sum;
        },
      },
    };
    return convolved;
  };
  return mapped(null, null);
}
