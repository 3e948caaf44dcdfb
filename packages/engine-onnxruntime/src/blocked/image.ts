import type { Emitter } from '../emit/emitter.js';
import { type Operand, operand } from '../emit/operand.js';
import type { ResultSpec } from '../emit/operation.js';
import { tensorIn } from '../emit/tensor-in-layout.js';
import { blockedImage } from '../layout.js';
import { type AttributeValue, NCHWC } from '../onnx/onnx-model.js';

/**
 * Images with channels in blocks, `[N, C/b, H, W, b]` in memory, on which ONNX Runtime's convolutions run at the machine's
 * peak (`com.microsoft.nchwc`). ONNX Runtime uses these nodes for constant filters; they take computed ones just as well, and
 * much that is no convolution to begin with can be written as one. Their declared shape is `[N, C, H, W]`.
 */
export type ImageShape = readonly [batch: number, channels: number, height: number, width: number];

export const imageShape = ([n, h, w, c]: readonly number[]): ImageShape =>
  [n, c, h, w] as unknown as ImageShape;

/** The name of a blocked tensor with its declared shape. */
export const blockedTensor = (emitter: Emitter, of: Operand): string =>
  tensorIn(emitter, of, blockedImage(emitter.block), imageShape(of.shape));

export const blockedOperand = (emitter: Emitter, result: ResultSpec, name: string): Operand =>
  operand(result, blockedImage(emitter.block), name, result.shape, { dims: imageShape(result.shape) });

/** Whether a result lies in blocks, by the layout it was assigned. */
export const isBlockedImage = (emitter: Emitter, { layout }: ResultSpec): boolean =>
  emitter.block > 0 && layout === blockedImage(emitter.block);

/** Filters `[C, 1, 1, 1]` that multiply every channel by one number. */
export const timesEach = (emitter: Emitter, channels: number, factor: number): string =>
  emitter.float32(new Array(channels).fill(factor), [channels, 1, 1, 1]);

/** The largest float32: what is above zero times this is at least one, as the smallest normal number is above its inverse. */
export const LARGEST = 3.4028234663852886e38;

export interface BlockedConv {
  readonly kernel: readonly [number, number];
  readonly pads?: readonly number[];
  readonly strides?: readonly number[];
  readonly dilations?: readonly number[];
  readonly group?: number;
  /** `[K]`, added to each output channel. */
  readonly bias?: string | null;
  /** Of the output's shape, added to it; written over where nothing else needs it. */
  readonly sum?: string | null;
  readonly activation?: 'Relu' | { readonly hardSigmoid: readonly [alpha: number, beta: number] };
}

export function blockedConv(emitter: Emitter, x: string, filter: string, conv: BlockedConv): string {
  const { kernel, pads = [0, 0, 0, 0], strides = [1, 1], dilations = [1, 1], group = 1 } = conv;
  const { bias, sum, activation } = conv;
  const inputs = [x, filter];
  if (bias || sum) inputs.push(bias ?? '');
  if (sum) inputs.push(sum);
  const attributes: Record<string, AttributeValue> = {
    kernel_shape: kernel,
    pads,
    strides,
    dilations,
    group,
  };
  if (activation === 'Relu') attributes.activation = 'Relu';
  else if (activation) {
    attributes.activation = 'HardSigmoid';
    attributes.activation_params = { floats: activation.hardSigmoid };
  }
  return emitter.op('Conv', inputs, attributes, NCHWC);
}
