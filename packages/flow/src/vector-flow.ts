/** The flow of DifferNet (Rudolph et al. 2021): over one vector an image, whose subnets are fully connected. */
import { tf } from '@adfw/core';
import { createVariables, initialValues, type TensorSpec } from '@adfw/networks';
import { affineCoupling, composedFlow, type FlowStep, keptChannels } from './affine-coupling.js';
import { type Permutation, permutationOf, randomPermutation } from './permutation.js';

export interface VectorFlowOptions {
  /** Coupling blocks. */
  readonly steps: number;
  /** Numbers in each of the three hidden layers of a subnet. */
  readonly hidden: number;
  readonly clamp: number;
}

/** Steps over `[N, C]`. */
export interface VectorFlow extends FlowStep {
  readonly parameters: Readonly<Record<string, tf.Variable>>;
}

const HIDDEN_LAYERS = 3;

/** The two couplings of a block. */
const couplings = ['first', 'second'] as const;

/**
 * A block shuffles the numbers of a vector and moves both of its halves: first one as the other says, and then the other as the moved
 * one says, by a subnet of three hidden layers each. Of an odd number of channels one stays as it is in
 * each block.
 *
 * The parameters of block k are `k.first.LAYER.weight`, `.bias` and `k.second.LAYER.weight`, `.bias`, with LAYER 0 to 3. Those of the last
 * layer begin at 0, so that the flow begins as a permutation.
 * @param channels C, at least 2.
 */
export function vectorFlow(
  channels: number,
  { steps, hidden, clamp }: VectorFlowOptions,
  seed: number,
): VectorFlow {
  const kept = keptChannels(channels);
  const changed = channels - kept;
  const widths = [kept, ...Array.from({ length: HIDDEN_LAYERS }, () => hidden), 2 * changed];
  const numbers = Array.from({ length: steps }, (_, step) => step);
  const specs = numbers.flatMap((step) =>
    couplings.flatMap((coupling) =>
      widths.slice(1).flatMap((width, layer): TensorSpec[] => [
        {
          name: `${step}.${coupling}.${layer}.weight`,
          role: layer === HIDDEN_LAYERS ? 'offset' : 'matrix',
          shape: [widths[layer] as number, width],
        },
        { name: `${step}.${coupling}.${layer}.bias`, role: 'offset', shape: [width] },
      ]),
    ),
  );
  const { parameters } = createVariables(specs, (spec) => initialValues(spec, seed), { trainable: true });
  /** @param half `[N, kept]`. @returns `[N, 2 changed]`. */
  function said(half: tf.Tensor2D, subnet: string): tf.Tensor2D {
    let x = half;
    for (let layer = 0; layer <= HIDDEN_LAYERS; layer++) {
      const weight = parameters[`${subnet}.${layer}.weight`] as tf.Variable<tf.Rank.R2>;
      const bias = parameters[`${subnet}.${layer}.bias`] as tf.Variable<tf.Rank.R1>;
      const sum = tf.add<tf.Tensor2D>(tf.matMul(x, weight), bias);
      x = layer < HIDDEN_LAYERS ? tf.relu(sum) : sum;
    }
    return x;
  }
  const coupled = (permutation: Permutation, subnet: string): FlowStep =>
    affineCoupling({
      channels,
      clamp,
      permutation,
      subnet: (half) => said(half as unknown as tf.Tensor2D, subnet) as never,
    });
  // The half that was moved comes first, and says how the other is moved.
  const swapped = permutationOf(
    Array.from({ length: channels }, (_, channel) => (channel + kept) % channels),
  );
  const flow = composedFlow(
    numbers.flatMap((step) => [
      coupled(randomPermutation(channels, seed, step), `${step}.first`),
      coupled(swapped, `${step}.second`),
    ]),
  );
  return { ...flow, parameters };
}

/** (½ ‖z‖² − log |det ∂z/∂y|) / C, the mean over the vectors: −log p but for constants, a dimension. */
export const meanNegativeLogLikelihood = ({
  z,
  logDeterminant,
}: {
  readonly z: tf.Tensor2D;
  readonly logDeterminant: tf.Tensor1D;
}): tf.Scalar => {
  const halfSquares = tf.mul<tf.Tensor1D>(tf.sum<tf.Tensor1D>(tf.square(z), 1), 0.5);
  return tf.div(tf.mean(tf.sub<tf.Tensor1D>(halfSquares, logDeterminant)), z.shape[1]);
};
