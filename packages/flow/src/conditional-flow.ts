/** The conditional flow of CFLOW-AD (Gudovskiy et al. 2022): over the feature vector of one position, knowing where that position is. */
import { tf } from '@adfw/core';
import { createVariables, initialValues, type TensorSpec } from '@adfw/networks';
import { affineCoupling, composedFlow, type FlowStep, keptChannels } from './affine-coupling.js';
import { channelAffine } from './channel-affine.js';
import { randomPermutation } from './permutation.js';

export interface ConditionalFlowOptions {
  /** Coupling steps. */
  readonly steps: number;
  readonly clamp: number;
}

export interface ConditionalFlow {
  readonly parameters: Readonly<Record<string, tf.Variable>>;
  /**
   * The flow of vectors at these positions.
   * @param code `[P, D]`, of each position.
   * @returns steps over `[N * P, C]`: the positions of one image after those of another.
   */
  at(code: tf.Tensor2D): FlowStep;
}

/**
 * Each step scales and moves the channels, shuffles them, and couples their halves. What a half x₁ says of the other comes of two linear
 * layers over x₁ and the code of the position, 2 (K + D) numbers between them. The first is written as the sum of its products with x₁
 * and with the code, so that the code's is computed once for all images.
 *
 * The parameters of step k are `STEP.logScale`, `STEP.offset`, `STEP.features.weight` `[K, hidden]`, `STEP.code.weight` `[D, hidden]`,
 * `STEP.hidden.bias`, `STEP.out.weight`, `STEP.out.bias`. The last two begin at 0, so that the flow begins as a permutation.
 * @param channels C, of the vectors.
 * @param codeChannels D.
 */
export function conditionalFlow(
  channels: number,
  codeChannels: number,
  { steps, clamp }: ConditionalFlowOptions,
  seed: number,
): ConditionalFlow {
  const kept = keptChannels(channels);
  const hidden = 2 * (kept + codeChannels);
  const outputs = 2 * (channels - kept);
  const numbers = Array.from({ length: steps }, (_, step) => step);
  const specs = numbers.flatMap((step): TensorSpec[] => [
    { name: `${step}.logScale`, role: 'offset', shape: [channels] },
    { name: `${step}.offset`, role: 'offset', shape: [channels] },
    { name: `${step}.features.weight`, role: 'matrix', shape: [kept, hidden] },
    { name: `${step}.code.weight`, role: 'matrix', shape: [codeChannels, hidden] },
    { name: `${step}.hidden.bias`, role: 'offset', shape: [hidden] },
    { name: `${step}.out.weight`, role: 'offset', shape: [hidden, outputs] },
    { name: `${step}.out.bias`, role: 'offset', shape: [outputs] },
  ]);
  const { parameters } = createVariables(specs, (spec) => initialValues(spec, seed), { trainable: true });
  const vector = (name: string) => parameters[name] as tf.Variable<tf.Rank.R1>;
  const matrix = (name: string) => parameters[name] as tf.Variable<tf.Rank.R2>;
  const permutations = numbers.map((step) => randomPermutation(channels, seed, step));

  /** @param half `[N * P, K]`. @returns `[N * P, outputs]`. */
  function said(half: tf.Tensor2D, code: tf.Tensor2D, step: number): tf.Tensor2D {
    const [positions] = code.shape;
    const [rows] = half.shape;
    const ofFeatures = tf.matMul(half, matrix(`${step}.features.weight`));
    const ofCode = tf.add(tf.matMul(code, matrix(`${step}.code.weight`)), vector(`${step}.hidden.bias`));
    const sum = tf.add(tf.reshape(ofFeatures, [rows / positions, positions, hidden]), ofCode);
    const inner = tf.relu(tf.reshape<tf.Rank.R2>(sum, [rows, hidden]));
    return tf.add(tf.matMul(inner, matrix(`${step}.out.weight`)), vector(`${step}.out.bias`));
  }

  return {
    parameters,
    at: (code) =>
      composedFlow(
        numbers.flatMap((step) => [
          channelAffine(vector(`${step}.logScale`), vector(`${step}.offset`)),
          affineCoupling({
            channels,
            clamp,
            permutation: permutations[step] as ReturnType<typeof randomPermutation>,
            subnet: (half) => said(half as unknown as tf.Tensor2D, code, step) as never,
          }),
        ]),
      ),
  };
}

/** log p / C of each vector: the density of a standard normal distribution at z, and how much space was stretched there. `[rows]`. */
export function logLikelihood({ z, logDeterminant }: ReturnType<FlowStep['forward']>): tf.Tensor1D {
  const channels = z.shape[1] as number;
  const squares = tf.mul(tf.sum<tf.Tensor1D>(tf.square(z), 1), -0.5);
  const log = tf.sub<tf.Tensor1D>(tf.add(squares, logDeterminant), (channels / 2) * Math.log(2 * Math.PI));
  return tf.div(log, channels);
}

/** −log σ(log p / C), the mean over the vectors: what is learnt (in the paper's code; its equation 5 is −log p). */
export const negativeLogSigmoid = (log: tf.Tensor1D): tf.Scalar => tf.mean(tf.softplus(tf.neg(log)));
