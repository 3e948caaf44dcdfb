import {
  type Backbone,
  freeze,
  type GatherStage,
  runningMoments,
  type Stateful,
  tf,
  variablesState,
} from '@adfw/core';

/** A teacher whose features are standardised, and what that takes. */
export interface StandardizedFeatures {
  readonly backbone: Backbone;
  /** Finds the means and deviations. */
  readonly stage: GatherStage;
  /** The means and deviations, `LAYER.mean` and `LAYER.deviation`, `[C]`. */
  readonly learnt: Stateful;
}

/**
 * A teacher whose features are standardised channel by channel, (y − μ) diag(σ⁻¹) in eq. 4.12: over all positions of the images
 * it is fitted to, each channel has mean 0 and standard deviation 1 (one that does not vary is only moved to 0). Until then the
 * features are as they were.
 */
export function standardizedFeatures(teacher: Backbone): StandardizedFeatures {
  const statistics = Object.fromEntries(
    teacher.layers.map((layer) => {
      const shape = [teacher.channels[layer] as number];
      return [
        layer,
        tf.tidy(() => ({ mean: constant(tf.zeros(shape)), deviation: constant(tf.ones(shape)) })),
      ];
    }),
  );
  const byName = Object.fromEntries(
    Object.entries(statistics).flatMap(([layer, { mean, deviation }]) => [
      [`${layer}.mean`, mean],
      [`${layer}.deviation`, deviation],
    ]),
  );
  const backbone: Backbone = {
    ...teacher,
    features: (images, mode) =>
      tf.tidy(() =>
        Object.fromEntries(
          Object.entries(teacher.features(images, mode)).map(([layer, features]) => {
            const { mean, deviation } = statistics[layer] as (typeof statistics)[string];
            return [layer, tf.div(tf.sub(features, mean), deviation)];
          }),
        ),
      ),
  };
  const stage: GatherStage = {
    name: 'standardization',
    changesBackbone: true,
    async gather(batches) {
      const found = Object.fromEntries(teacher.layers.map((layer) => [layer, runningMoments()]));
      for await (const { features } of batches)
        for (const [layer, maps] of Object.entries(features)) {
          const { mean, variance } = tf.moments(maps, [0, 1, 2]);
          found[layer]?.add(maps.size / mean.size, await read(mean), await read(variance));
        }
      for (const [layer, { mean, deviation }] of Object.entries(statistics)) {
        const channels = found[layer] as ReturnType<typeof runningMoments>;
        tf.tidy(() => {
          mean.assign(tf.tensor1d([...channels.means()]));
          deviation.assign(tf.tensor1d([...channels.deviations()]));
        });
        freeze(mean);
        freeze(deviation);
      }
    },
  };
  return { backbone, stage, learnt: variablesState(byName) };
}

const constant = (value: tf.Tensor): tf.Variable => tf.variable(value, false);

async function read(tensor: tf.Tensor): Promise<ArrayLike<number>> {
  const values = await tensor.data();
  tensor.dispose();
  return values;
}
