import type { Emitter } from '../emit/emitter.js';
import type { PhaseImage, Phases } from '../emit/fusion.js';
import type { Window } from '../emit/image-window.js';
import type { Operand } from '../emit/operand.js';
import type { ResultSpec } from '../emit/operation.js';
import { dense } from '../emit/tensor-in-layout.js';
import { rowMajor } from '../layout.js';
import { NCHWC } from '../onnx/onnx-model.js';
import { blockedConv, blockedOperand, blockedTensor } from './image.js';
import { joinPhases } from './phases.js';
import type { Scaled } from './scaled-gradient.js';

/** The gradient of a convolution's input: convolutions of dy, one for each phase of the strides. */

/** One gradient pixel in s is a convolution of dy with every s-th tap of the filter: `strides` phases, put together. */
export function convolvesBack({ strides, size, before, input, output, dilations }: Window): boolean {
  if (dilations.some((d) => d !== 1)) return false;
  return [0, 1].every((i) =>
    phasesAlong(
      size[i] as number,
      strides[i] as number,
      before[i] as number,
      input[i] as number,
      output[i] as number,
    ),
  );
}

interface PhaseTaps {
  /** Rows (columns) of the filter, in the order in which they meet those of dy. */
  readonly taps: readonly number[];
  readonly before: number;
  readonly after: number;
}

/**
 * Along one axis, the taps r with s·o + r - p = s·q + a for pixel q of each phase a. Null where phases differ in length, or
 * reach past dy by less than nothing.
 */
function phasesAlong(
  size: number,
  stride: number,
  pad: number,
  input: number,
  output: number,
): PhaseTaps[] | null {
  if (input % stride !== 0) return null;
  const length = input / stride;
  const phases = Array.from({ length: stride }, (_, a): PhaseTaps => {
    const first = (a + pad) % stride;
    const count = Math.max(0, Math.ceil((size - first) / stride));
    const before = count - 1 - Math.floor((a + pad) / stride);
    const taps = Array.from({ length: count }, (_, t) => first + stride * (count - 1 - t));
    return { taps, before, after: length - output - before + count - 1 };
  });
  const possible = phases.every(
    ({ taps, before, after }) => taps.length === 0 || (before >= 0 && after >= 0),
  );
  return possible ? phases : null;
}

export function inputGradient(
  emitter: Emitter,
  { source: dy, slope }: Scaled,
  filter: Operand,
  window: Window,
  result: ResultSpec,
): Operand {
  const [height, width, inputs, outputs] = filter.shape as [number, number, number, number];
  const { block } = emitter;
  const [rows, columns] = [0, 1].map((i) =>
    phasesAlong(
      window.size[i] as number,
      window.strides[i] as number,
      window.before[i] as number,
      window.input[i] as number,
      window.output[i] as number,
    ),
  ) as [PhaseTaps[], PhaseTaps[]];
  // Reordering an "image" of inputs by outputs swaps the two within blocks, on all threads.
  const weights = dense(emitter, filter, rowMajor(4));
  const stacked = emitter.reshape(slope ? emitter.op('Mul', [weights, slope]) : weights, [
    (height * width * inputs) / block,
    block,
    outputs,
    1,
  ]);
  const swapped = emitter.reshape(emitter.op('ReorderInput', [stacked], { channels_last: 0 }, NCHWC), [
    height * width,
    inputs / block,
    outputs / block,
    block,
    block,
  ]);
  const byTap = emitter.transpose(swapped, [1, 2, 0, 3, 4]);
  const phaseOf = (row: PhaseTaps, column: PhaseTaps): PhaseImage | null => {
    if (row.taps.length === 0 || column.taps.length === 0) return null;
    const taps = row.taps.flatMap((r) => column.taps.map((s) => r * width + s));
    const kernel = [row.taps.length, column.taps.length] as const;
    const inOrder = taps.length === height * width && taps.every((tap, i) => tap === i);
    const chosen = inOrder ? byTap : emitter.op('Gather', [byTap, emitter.int64(taps)], { axis: 2 });
    const filters = emitter.reshape(chosen, [inputs, outputs, ...kernel]);
    const pads = [row.before, column.before, row.after, column.after];
    return (_, sum) => blockedConv(emitter, blockedTensor(emitter, dy), filters, { kernel, pads, sum });
  };
  const images = rows.flatMap((row) => columns.map((column) => phaseOf(row, column)));
  const phases: Phases<Operand> = {
    strides: window.strides,
    images,
    join: (_, parts) => joinPhases(emitter, parts, window.strides, result),
  };
  const [single] = images;
  if (images.length === 1 && single) {
    const whole = blockedOperand(emitter, result, single(emitter, null));
    whole.fusion = {
      withSum: {
        dear: true,
        write: (added) => blockedOperand(emitter, result, single(emitter, blockedTensor(emitter, added))),
      },
    };
    return whole;
  }
  const whole = phases.join(emitter, images);
  whole.fusion = { phases };
  return whole;
}
