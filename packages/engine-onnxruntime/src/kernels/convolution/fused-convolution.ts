import { type FusedActivation, writeActivation } from '../../emit/activation.js';
import type { Emitter } from '../../emit/emitter.js';
import { imageLayout, type Window } from '../../emit/image-window.js';
import { type Operand, operand } from '../../emit/operand.js';
import type { ResultSpec } from '../../emit/operation.js';
import { seenAs, withRank } from '../../emit/reshaped.js';
import { broadcastable, dense } from '../../emit/tensor-in-layout.js';
import type { AttributeValue } from '../../onnx/onnx-model.js';

/**
 * A convolution, of an image and filters that are written already, with what a fused kernel applies to it.
 * @param rest the bias and the weights of `prelu`, where there are any.
 */
export function fusedConvolution(
  emitter: Emitter,
  tensors: readonly string[],
  attributes: Readonly<Record<string, AttributeValue>>,
  window: Window & FusedActivation,
  rest: readonly Operand[],
  result: ResultSpec,
): Operand {
  const image = imageLayout(window);
  const spread = (of: Operand) => broadcastable(emitter, perChannel(emitter, of, window), image).name;
  const bias = window.bias ? rest[0] : undefined;
  const slope = rest[window.bias ? 1 : 0];
  const channels = result.shape[window.channelsFirst ? 1 : 3];
  const isVector = bias?.shape.length === 1 && bias.shape[0] === channels;
  const inputs = bias && isVector ? [...tensors, dense(emitter, bias, bias.home)] : tensors;
  const convolved = emitter.op('Conv', inputs, attributes);
  const name = bias && !isVector ? emitter.op('Add', [convolved, spread(bias)]) : convolved;
  return operand(result, image, writeActivation(emitter, name, window, slope && spread(slope)));
}

/** Of rank 4: a vector has one number a channel, whichever axis channels are on. */
const perChannel = (emitter: Emitter, of: Operand, { channelsFirst }: Window): Operand =>
  of.shape.length === 1 && channelsFirst
    ? withRank(seenAs(emitter, of, [...of.shape, 1, 1]), 4)
    : withRank(of, 4);
