import { MaxPoolGrad, Step, type StepAttrs } from '@tensorflow/tfjs-core';
import type { Window } from '../convolution.js';
import type { Emitter } from '../emitter.js';
import type { ResultSpec } from '../graph.js';
import { elementwise, type Operand } from '../operand.js';
import { addPhases } from './convolution.js';
import { blockedOperand, blockedTensor, isBlockedImage } from './image.js';
import { isThreeByTwo, maxPool, maxPoolGradient } from './max-pool.js';
import { addChannels, isFullImage, multiplyChannels, subtractChannels } from './per-channel.js';

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
    if (sum && !(sum.dear && first.shared)) return sum.write(emitter, second);
  }
  return null;
}

export const fuseSubtract = (emitter: Emitter, a: Operand, b: Operand, result: ResultSpec): Operand | null =>
  isBlockedImage(emitter, result) ? subtractChannels(emitter, a, b, result) : null;

export function fuseMultiply(emitter: Emitter, a: Operand, b: Operand, result: ResultSpec): Operand | null {
  for (const [dy, step] of [
    [a, b],
    [b, a],
  ] as const) {
    const x = stepped(step);
    if (x && isSameExtent(dy, x)) return reluGradient(emitter, dy, x, result);
  }
  return isBlockedImage(emitter, result) ? multiplyChannels(emitter, a, b, result) : null;
}

/** The x of `step(x)`, which is 1 where x > 0 and else 0: tfjs's gradient of ReLU is dy · step(x). */
function stepped(of: Operand): Operand | null {
  const { node, inputs } = of.origin ?? {};
  if (node?.operation.name !== Step || (node.attributes as StepAttrs | null)?.alpha) return null;
  return inputs?.[0] ?? null;
}

const isSameExtent = (a: Operand, b: Operand): boolean =>
  a.extent.length === b.extent.length && a.extent.every((d, i) => d === b.extent[i]);

function reluGradient(emitter: Emitter, dy: Operand, x: Operand, result: ResultSpec): Operand {
  return pooledReluGradient(emitter, dy, x, result) ?? masked(emitter, dy, x, result);
}

/** The largest float32: what is above zero becomes at least one, as the smallest normal number is above its inverse. */
const LARGEST = 3.4028234663852886e38;

/** dy where x > 0. The positive numbers are found by cutting x · (a huge number) to 0 and 1, in one fast pass. */
function masked(emitter: Emitter, dy: Operand, x: Operand, result: ResultSpec): Operand {
  // max(x, 0) is positive where x is, and unlike x something else needs it anyway.
  return elementwise(emitter, [dy, x.rectified ?? x], result, ([gradient, y]) => {
    const positive = emitter.op('HardSigmoid', [y as string], {
      alpha: { float: LARGEST },
      beta: { float: 0 },
    });
    return emitter.op('Mul', [gradient as string, positive]);
  });
}

/** The maximum of a window is positive where its gradient passes the ReLU: masking the small image does for the large one. */
function pooledReluGradient(
  emitter: Emitter,
  pooled: Operand,
  x: Operand,
  result: ResultSpec,
): Operand | null {
  const { node, inputs } = pooled.origin ?? {};
  const [dy, image] = inputs ?? [];
  if (node?.operation.name !== MaxPoolGrad || !dy || !image || image !== x.rectified) return null;
  if (!isBlockedImage(emitter, result) || !isThreeByTwo(node.attributes as Window)) return null;
  if (!isFullImage(image, result) || !isFullImage(dy, dy)) return null;
  const small = { ...result, shape: dy.shape };
  const gradient = masked(emitter, dy, maxPool(emitter, image, small), small);
  return maxPoolGradient(
    emitter,
    blockedOperand(emitter, small, blockedTensor(emitter, gradient)),
    image,
    result,
  );
}
