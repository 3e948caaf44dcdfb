import {
  div,
  moments,
  ones,
  sub,
  type Tensor,
  tensor1d,
  tidy,
  type Variable,
  variable,
  zeros,
} from '@tensorflow/tfjs-core';
import type { Backbone } from '../contracts/backbone.js';
import { freeze } from '../tensors/freeze.js';
import { runningMoments } from '../tensors/running-moments.js';

/**
 * A teacher whose features are standardised channel by channel, (y − μ) diag(σ⁻¹) in eq. 4.12: over all positions of the images
 * it is fitted to, each channel has mean 0 and standard deviation 1 (one that does not vary is only moved to 0). Until then the
 * features are as they were. μ and σ are the statistics `standardization.LAYER.mean` and `.deviation`, `[C]`.
 */
export function withStandardizedFeatures(teacher: Backbone): Backbone {
  const statistics = Object.fromEntries(
    teacher.layers.map((layer) => {
      const shape = [teacher.channels[layer] as number];
      return [layer, tidy(() => ({ mean: constant(zeros(shape)), deviation: constant(ones(shape)) }))];
    }),
  );
  const byName = Object.fromEntries(
    Object.entries(statistics).flatMap(([layer, { mean, deviation }]) => [
      [`standardization.${layer}.mean`, mean],
      [`standardization.${layer}.deviation`, deviation],
    ]),
  );
  return {
    ...teacher,
    statistics: { ...teacher.statistics, ...byName },
    features: (images, mode) =>
      tidy(() =>
        Object.fromEntries(
          Object.entries(teacher.features(images, mode)).map(([layer, features]) => {
            const { mean, deviation } = statistics[layer] as (typeof statistics)[string];
            return [layer, div(sub(features, mean), deviation)];
          }),
        ),
      ),
    async fit(batches) {
      await teacher.fit?.(batches);
      const found = Object.fromEntries(teacher.layers.map((layer) => [layer, runningMoments()]));
      for await (const batch of batches) {
        const pyramid = tidy(() => {
          const features = Object.entries(teacher.features(batch, 'eval'));
          return features.map(([layer, maps]) => {
            const { mean, variance } = moments(maps, [0, 1, 2]);
            return { layer, count: maps.size / mean.size, mean, variance };
          });
        });
        for (const { layer, count, mean, variance } of pyramid) {
          found[layer]?.add(count, await read(mean), await read(variance));
        }
      }
      for (const [layer, { mean, deviation }] of Object.entries(statistics)) {
        const channels = found[layer] as ReturnType<typeof runningMoments>;
        tidy(() => {
          mean.assign(tensor1d([...channels.means()]));
          deviation.assign(tensor1d([...channels.deviations()]));
        });
        freeze(mean);
        freeze(deviation);
      }
    },
    dispose() {
      teacher.dispose();
      for (const value of Object.values(byName)) value.dispose();
    },
  };
}

const constant = (value: Tensor): Variable => variable(value, false);

async function read(tensor: Tensor): Promise<ArrayLike<number>> {
  const values = await tensor.data();
  tensor.dispose();
  return values;
}
