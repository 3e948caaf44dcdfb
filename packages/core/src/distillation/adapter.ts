import {
  add,
  conv2d,
  randomNormal,
  type Tensor4D,
  tidy,
  type Variable,
  variable,
  zeros,
} from '@tensorflow/tfjs-core';
import type { Backbone } from '../contracts/backbone.js';
import type { FeaturePyramid } from '../contracts/feature-pyramid.js';

/** Far enough apart that the students of an ensemble, whose seeds follow one another, share no adapter. */
const SEEDS_BETWEEN_LAYERS = 7919;

/**
 * A student whose layers are brought to the teacher's channels, each by a 1x1 convolution with a bias that is trained with it:
 * f_s of eq. 4.6. Teacher and student can then be different networks, as thesis chapter 7 proposes; their layers need the same
 * height and width.
 *
 * The kernel of layer k is the parameter `adapter.k.weight`, `[1, 1, Cₖ, Tₖ]` from the student's Cₖ to the teacher's Tₖ channels,
 * drawn from a normal distribution of variance 1 / Cₖ; `adapter.k.bias` begins at 0.
 *
 * @param channels the teacher's, by layer.
 */
export function withAdapter(student: Backbone, channels: Backbone['channels'], seed: number): Backbone {
  const adapters = Object.fromEntries(
    student.layers.map((layer, index) => {
      const [from, to] = [student.channels[layer] as number, channels[layer] as number];
      const drawn = seed + (index + 1) * SEEDS_BETWEEN_LAYERS;
      const [weight, bias] = tidy(() => [
        variable(randomNormal([1, 1, from, to], 0, Math.sqrt(1 / from), 'float32', drawn)),
        variable(zeros([to])),
      ]) as [Variable, Variable];
      return [layer, { weight, bias }];
    }),
  );
  const parameters = Object.fromEntries(
    Object.entries(adapters).flatMap(([layer, { weight, bias }]) => [
      [`adapter.${layer}.weight`, weight],
      [`adapter.${layer}.bias`, bias],
    ]),
  );
  const adapt = (layer: string, features: Tensor4D): Tensor4D => {
    const { weight, bias } = adapters[layer] as { weight: Variable; bias: Variable };
    return add(conv2d(features, weight as Variable & Tensor4D, 1, 'same'), bias);
  };
  return {
    ...student,
    channels,
    parameters: { ...student.parameters, ...parameters },
    features: (images, mode, teacher) =>
      tidy(() => {
        const own = student.features(images, mode, teacher);
        return Object.fromEntries(
          Object.entries(own).map(([layer, features]) => [layer, adapt(layer, features)]),
        ) as FeaturePyramid;
      }),
    dispose() {
      student.dispose();
      for (const parameter of Object.values(parameters)) parameter.dispose();
    },
  };
}
