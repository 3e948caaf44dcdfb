import { type Backbone, type Cost, type FeaturePyramid, parameterCount, type Size, tf } from '@adfw/core';
import { type ChannelConvolution, channelConvolution } from './channel-convolution.js';

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
      return [layer, channelConvolution(from, to, drawn)];
    }),
  );
  const parameters = Object.fromEntries(
    Object.entries(adapters).flatMap(([layer, { weight, bias }]) => [
      [`adapter.${layer}.weight`, weight],
      [`adapter.${layer}.bias`, bias],
    ]),
  );
  const adapt = (layer: string, features: tf.Tensor4D): tf.Tensor4D =>
    (adapters[layer] as ChannelConvolution).apply(features);
  return {
    ...student,
    channels,
    parameters: { ...student.parameters, ...parameters },
    features: (images, mode, teacher) =>
      tf.tidy(() => {
        const own = student.features(images, mode, teacher);
        return Object.fromEntries(
          Object.entries(own).map(([layer, features]) => [layer, adapt(layer, features)]),
        ) as FeaturePyramid;
      }),
    ...(student.cost && {
      cost(size: Size): Cost {
        const own = student.cost?.(size) as Cost;
        const shapes = mapShapes(student, size);
        const added = student.layers.map((layer) => {
          const [, height = 0, width = 0, from = 0] = shapes[layer] ?? [];
          return height * width * from * (channels[layer] as number);
        });
        return {
          parameters: own.parameters + parameterCount(parameters),
          multiplyAdds:
            own.multiplyAdds === null ? null : added.reduce((sum, work) => sum + work, own.multiplyAdds),
        };
      },
    }),
    dispose() {
      student.dispose();
      for (const parameter of Object.values(parameters)) parameter.dispose();
    },
  };
}

const mapShapes = (student: Backbone, { height, width }: Size): Record<string, number[]> =>
  tf.tidy(() =>
    Object.fromEntries(
      Object.entries(student.features(tf.zeros<tf.Rank.R4>([1, height, width, 3]), 'eval')).map(
        ([layer, { shape }]) => [layer, shape],
      ),
    ),
  );
