import {
  type Backbone,
  type DistillationLoss,
  type FeaturePyramid,
  type Stateful,
  tf,
  variablesState,
} from '@adfw/core';
import { channelConvolution } from './channel-convolution.js';
import { areaResize } from './losses/area-resize.js';

/** Far enough apart that no two students of an ensemble, whose seeds follow one another, draw the same; other than an adapter's. */
const SEEDS_BETWEEN_LAYERS = 104_729;

/** What {@link selfDistillation} trains beside a student, and how. */
export interface SelfDistillation {
  readonly parameters: Readonly<Record<string, tf.Variable>>;
  readonly learnt: Stateful;
  /** @param student all layers of it; differentiable in the lower ones and the parameters, a constant in the deepest. */
  loss(student: FeaturePyramid): tf.Scalar;
}

/**
 * Self-distillation (thesis 4.2; Zhang et al. 2019, "Be your own teacher", the hint of its section 3.2): each lower layer learns to foretell
 * the deepest one of the same network, Σ_{k<K} L(Φ_K, h_k(Φ_k)). h_k is the mean over the area that a position of the deepest
 * layer covers, then a 1x1 convolution to its channels, which is trained with the student and is not needed afterwards.
 *
 * The kernel of layer k is the parameter `self.k.weight`, `[1, 1, C_k, C_K]`, drawn from a normal distribution of variance 1 / C_k;
 * `self.k.bias` begins at 0.
 *
 * @param student has two layers at least, none smaller than the deepest.
 * @param loss of the deepest layer alone.
 */
export function selfDistillation(
  student: Pick<Backbone, 'layers' | 'channels'>,
  loss: DistillationLoss,
  seed: number,
): SelfDistillation {
  const deepest = student.layers.at(-1) as string;
  const lower = student.layers.slice(0, -1);
  const to = student.channels[deepest] as number;
  const heads = lower.map((layer, index) => {
    const from = student.channels[layer] as number;
    return { layer, ...channelConvolution(from, to, seed + (index + 1) * SEEDS_BETWEEN_LAYERS) };
  });
  const parameters = Object.fromEntries(
    heads.flatMap(({ layer, weight, bias }) => [
      [`self.${layer}.weight`, weight],
      [`self.${layer}.bias`, bias],
    ]),
  );
  return {
    parameters,
    learnt: variablesState(parameters),
    loss: (pyramid) =>
      tf.tidy(() => {
        const goal = constant(pyramid[deepest] as tf.Tensor4D);
        const [, height, width] = goal.shape;
        const losses = heads.map(({ layer, apply }) => {
          const foretold = apply(areaResize(pyramid[layer] as tf.Tensor4D, [height, width]));
          return loss({ [deepest]: goal }, { [deepest]: foretold });
        });
        return tf.addN(losses) as tf.Scalar;
      }),
  };
}

/** The same numbers, through which no gradient goes. */
const constant = (features: tf.Tensor4D): tf.Tensor4D =>
  tf.customGrad((x) => ({ value: (x as tf.Tensor).clone(), gradFunc: (dy: tf.Tensor) => tf.zerosLike(dy) }))(
    features,
  ) as tf.Tensor4D;
