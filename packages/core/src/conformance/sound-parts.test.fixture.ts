/** A part of every kind that conforms, for tests that break one thing in it. */
import type { Dataset, Sample } from '../contracts/dataset.js';
import { DataError } from '../contracts/errors.js';
import type { FeaturePyramid } from '../contracts/feature-pyramid.js';
import type { Part, PartContext, PartKind, PartKinds } from '../contracts/part.js';
import type { Plugin } from '../contracts/plugin.js';
import type { Thresholder } from '../contracts/threshold.js';
import { layerwiseScore } from '../distillation/layerwise-score.js';
import { sgd } from '../optimizers/sgd.js';
import { tf } from '../tensors/tf.js';
import { tinyNetwork } from './tiny-network.js';

/** Half the squared distance of all features. */
export const soundLoss = (teacher: FeaturePyramid, student: FeaturePyramid): tf.Scalar =>
  tf.tidy(() =>
    tf.addN(
      Object.keys(teacher).map((layer) =>
        tf.mul(tf.mean(tf.squaredDifference(teacher[layer] as tf.Tensor, student[layer] as tf.Tensor)), 0.5),
      ),
    ),
  ) as tf.Scalar;

export const soundScore = () =>
  layerwiseScore((teacher, [student]) =>
    tf.tidy(() => tf.sum(tf.squaredDifference(teacher, student as tf.Tensor4D), -1)),
  );

export const soundThreshold = (): Thresholder => ({
  needs: 'labels',
  threshold({ scores, labels }) {
    const defective = Array.from(scores).filter((_, index) => labels?.[index] === 1);
    if (defective.length === 0) throw new DataError('Defective images are needed.');
    return Math.min(...defective);
  },
});

const sample = (id: string, label: 0 | 1): Sample => ({ id, label, defect: label ? 'hole' : 'good' });

export function soundDataset(): Dataset {
  const size = { height: 2, width: 3 };
  return {
    name: 'sound',
    category: null,
    imageSize: size,
    train: [sample('train/0', 0), sample('train/1', 0)],
    test: [sample('test/0', 0), sample('test/1', 1)],
    skipped: 0,
    image: async ({ id }) => ({ ...size, data: new Uint8Array(18).fill(id.length) }),
    mask: async ({ label }) => ({ ...size, data: new Uint8Array(6).fill(label) }),
  };
}

export const soundBackbone = (_options: unknown, { layers, seed }: PartContext) => tinyNetwork(layers, seed);

export const soundOptimizer = () => sgd({ learningRate: 0.4, momentum: 0.9, weightDecay: 0 });

const sound: { readonly [K in PartKind]: Part<K>['create'] } = {
  backbone: soundBackbone,
  loss: () => soundLoss,
  score: soundScore,
  threshold: soundThreshold,
  dataset: soundDataset,
  optimizer: soundOptimizer,
};

/** A plugin with one part of this kind. */
export const pluginWith = <K extends PartKind>(
  kind: K,
  create: (options: never, context: PartContext) => PartKinds[K] | Promise<PartKinds[K]> = sound[kind],
): Plugin => ({
  name: 'tried',
  parts: [{ kind, name: 'mine', summary: 'A part.', create: create as Part['create'] }],
});
