import { Add, Step, type StepAttrs } from '@tensorflow/tfjs-core';
import { elementwise } from '../emit/elementwise.js';
import type { Emitter } from '../emit/emitter.js';
import { affordable } from '../emit/fusion.js';
import type { Operand } from '../emit/operand.js';
import type { ResultSpec } from '../emit/operation.js';
import { isBlockedImage, LARGEST } from './image.js';
import {
  addChannels,
  addImages,
  isFullImage,
  multiplyChannels,
  subtractChannels,
  subtractImages,
} from './per-channel.js';
import { addPhases } from './phases.js';

/** Sums and products that are computed in the same pass as an operand, or in fewer passes than they were recorded in. */

export function fuseAdd(emitter: Emitter, a: Operand, b: Operand, result: ResultSpec): Operand | null {
  if (!isBlockedImage(emitter, result)) return null;
  if (!isFullImage(a, result) || !isFullImage(b, result)) return addChannels(emitter, a, b, result);
  const phases = addPhases(emitter, a, b);
  if (phases) return phases;
  for (const [first, second] of [
    [a, b],
    [b, a],
  ] as const) {
    const sum = first.fusion?.withSum;
    if (sum && affordable(sum, first)) return sum.write(second);
  }
  return addPhasesFirst(emitter, a, b, result) ?? addImages(emitter, a, b, result);
}

/** (x + p) + q for phases p and q: x + (p + q), where the latter are added before they are put together. */
function addPhasesFirst(emitter: Emitter, a: Operand, b: Operand, result: ResultSpec): Operand | null {
  for (const [sum, q] of [
    [a, b],
    [b, a],
  ] as const) {
    const { node, inputs = [] } = sum.origin ?? {};
    const [x, p] = inputs[0]?.fusion?.phases ? [inputs[1], inputs[0]] : inputs;
    if (node?.operation.name !== Add || sum.shared || !x || !p || !isFullImage(x, result)) continue;
    const phases = addPhases(emitter, p, q);
    if (phases) return addImages(emitter, phases, x, result);
  }
  return null;
}

export function fuseSubtract(emitter: Emitter, a: Operand, b: Operand, result: ResultSpec): Operand | null {
  if (!isBlockedImage(emitter, result)) return null;
  return isFullImage(a, result) && isFullImage(b, result)
    ? subtractImages(emitter, a, b, result)
    : subtractChannels(emitter, a, b, result);
}

export function fuseMultiply(emitter: Emitter, a: Operand, b: Operand, result: ResultSpec): Operand | null {
  for (const [dy, step] of [
    [a, b],
    [b, a],
  ] as const) {
    const of = stepped(step);
    if (of && isSameExtent(dy, of.x)) return timesStep(emitter, dy, of, result);
  }
  return isBlockedImage(emitter, result) ? multiplyChannels(emitter, a, b, result) : null;
}

interface Stepped {
  readonly x: Operand;
  readonly alpha: number;
}

/** The x of `step(x, alpha)`, which is 1 where x > 0 and else alpha: gradients of ReLU and of leaky ReLU are dy · step(x, alpha). */
function stepped(of: Operand): Stepped | null {
  const { node, inputs } = of.origin ?? {};
  if (node?.operation.name !== Step) return null;
  const alpha = (node.attributes as StepAttrs | null)?.alpha ?? 0;
  const [x] = inputs ?? [];
  return x && alpha >= 0 && alpha < 1 ? { x, alpha } : null;
}

const isSameExtent = (a: Operand, b: Operand): boolean =>
  a.extent.length === b.extent.length && a.extent.every((d, i) => d === b.extent[i]);

/** dy where x > 0, alpha · dy elsewhere. Positive numbers are found by cutting x · (a huge number) to 0 and 1, in one fast pass. */
function timesStep(emitter: Emitter, dy: Operand, { x, alpha }: Stepped, result: ResultSpec): Operand {
  // max(x, 0) is positive where x is, and unlike x something else needs it anyway.
  return elementwise(emitter, [dy, x.rectified ?? x], result, ([gradient, y]) => {
    const positive = emitter.op('HardSigmoid', [y as string], {
      alpha: { float: LARGEST },
      beta: { float: 0 },
    });
    const slope =
      alpha === 0 ? positive : emitter.op('Clip', [positive, emitter.scalar(alpha), emitter.scalar(1)]);
    return emitter.op('Mul', [gradient as string, slope]);
  });
}
