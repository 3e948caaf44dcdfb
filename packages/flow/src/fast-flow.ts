/** FastFlow (Yu et al. 2021): a flow over the feature maps of each layer, whose subnets are convolutions. */
import { tf } from '@adfw/core';
import { createVariables, initialValues, type TensorSpec } from '@adfw/networks';
import { affineCoupling, composedFlow, type FlowStep, keptChannels } from './affine-coupling.js';
import { randomPermutation } from './permutation.js';

export interface LevelOptions {
  /** Coupling steps. */
  readonly steps: number;
  /** Side of the subnets' kernels: of every step 3, or 3 and 1 in turn. */
  readonly kernels: '3x3' | 'alternating';
  /** Channels inside a subnet, as a multiple of those that go into it. */
  readonly hiddenRatio: number;
  readonly clamp: number;
}

/** The flow of one layer. */
export interface LevelFlow extends FlowStep {
  readonly parameters: Readonly<Record<string, tf.Variable>>;
}

/**
 * Normalises the maps of an image to mean 0 and variance 1 over all channels and positions, with a scale and an offset for each that
 * are learnt (Ba et al. 2016), and then goes through the steps. The normalisation is not part of the density: it has no determinant, as in
 * the paper's code and every other.
 *
 * Its parameters are `norm.weight` and `norm.bias`, `[H, W, C]`, and of step k `STEP.conv1.weight`, `.bias`, `STEP.conv2.weight`,
 * `.bias`. Those of the last convolution begin at 0, so that the flow begins as the identity.
 * @param shape of the layer's maps.
 */
export function levelFlow(
  shape: readonly [height: number, width: number, channels: number],
  { steps, kernels, hiddenRatio, clamp }: LevelOptions,
  seed: number,
): LevelFlow {
  const [, , channels] = shape;
  const kept = keptChannels(channels);
  const hidden = Math.max(1, Math.round(kept * hiddenRatio));
  const outputs = 2 * (channels - kept);
  const sideOf = (step: number) => (kernels === 'alternating' && step % 2 === 1 ? 1 : 3);
  const specs: TensorSpec[] = [
    { name: 'norm.weight', role: 'scale', shape: [...shape] },
    { name: 'norm.bias', role: 'offset', shape: [...shape] },
    ...Array.from({ length: steps }, (_, step): TensorSpec[] => {
      const side = sideOf(step);
      return [
        { name: `${step}.conv1.weight`, role: 'kernel', shape: [side, side, kept, hidden] },
        { name: `${step}.conv1.bias`, role: 'offset', shape: [hidden] },
        { name: `${step}.conv2.weight`, role: 'offset', shape: [side, side, hidden, outputs] },
        { name: `${step}.conv2.bias`, role: 'offset', shape: [outputs] },
      ];
    }).flat(),
  ];
  const { parameters } = createVariables(specs, (spec) => initialValues(spec, seed), { trainable: true });
  const of = <T extends tf.Variable>(name: string) => parameters[name] as T;
  const convolved = (x: tf.Tensor4D, name: string): tf.Tensor4D =>
    tf.add(tf.conv2d(x, of<tf.Variable<tf.Rank.R4>>(`${name}.weight`), 1, 'same'), of(`${name}.bias`));
  const flow = composedFlow(
    Array.from({ length: steps }, (_, step) =>
      affineCoupling({
        channels,
        clamp,
        permutation: randomPermutation(channels, seed, step),
        subnet: (half) =>
          convolved(
            tf.relu(convolved(half as unknown as tf.Tensor4D, `${step}.conv1`)),
            `${step}.conv2`,
          ) as never,
      }),
    ),
  );
  return {
    ...flow,
    parameters,
    forward: (x) => flow.forward(normalized(x, of('norm.weight'), of('norm.bias'))),
  };
}

/** What PyTorch's LayerNorm adds to a variance. */
const EPSILON = 1e-5;

function normalized<T extends tf.Tensor>(x: T, weight: tf.Tensor, bias: tf.Tensor): T {
  const axes = [1, 2, 3];
  const centred = tf.sub(x, tf.mean(x, axes, true));
  const variance = tf.mean(tf.square(centred), axes, true);
  return tf.add(tf.mul(tf.mul(centred, tf.rsqrt(tf.add(variance, EPSILON))), weight), bias) as T;
}

/** −log p of each image but for a constant, `[N]`: ½ ‖z‖² − log |det|, summed over channels and positions. */
export const negativeLogLikelihood = ({ z, logDeterminant }: ReturnType<FlowStep['forward']>): tf.Tensor1D =>
  tf.sub(tf.mul(tf.sum(tf.square(z), [1, 2, 3]), 0.5), logDeterminant);

/** 1 − exp(−½ mean over the channels of z²), `[N, H, W]`: 0 where features are likeliest, towards 1 where they are not. */
export const unlikelihood = (z: tf.Tensor4D): tf.Tensor3D =>
  tf.sub(1, tf.exp(tf.mul(tf.mean(tf.square(z), -1), -0.5)));
