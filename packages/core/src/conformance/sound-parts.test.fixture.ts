/** A part of every kind that conforms, for tests that break one thing in it. */
import type { Augmentation } from '../contracts/augmentation.js';
import type { Dataset, Sample } from '../contracts/dataset.js';
import { DataError } from '../contracts/errors.js';
import type { FeaturePyramid } from '../contracts/feature-pyramid.js';
import type { Model, Pretraining } from '../contracts/model.js';
import type { ContextOf, Make, Part, PartKind, PartKinds } from '../contracts/part.js';
import type { Plugin } from '../contracts/plugin.js';
import type { ScoreFunction } from '../contracts/score-function.js';
import type { Seen } from '../contracts/seen.js';
import type { Size } from '../contracts/size.js';
import type { Thresholder } from '../contracts/threshold.js';
import { combinedMap } from '../model/combined-map.js';
import { fromMaps } from '../model/from-maps.js';
import { held } from '../model/held.js';
import { networkState } from '../model/joined.js';
import { onBackbone } from '../model/on-backbone.js';
import { layersOption, slot, type Training, trainedBy, trainingOption } from '../model/options.js';
import { sgd } from '../optimizers/sgd.js';
import { imagenetNormalization } from '../tensors/normalization.js';
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

/** The squared distance of each layer's feature vectors, upsampled and multiplied. */
export const soundScore = (): ScoreFunction => ({
  minStudents: 1,
  anomalyMap: (teacher, [student], size) =>
    tf.tidy(() =>
      combinedMap(
        Object.entries(teacher).map(([layer, features]) =>
          tf.sum<tf.Tensor3D>(tf.squaredDifference(features, student?.[layer] as tf.Tensor4D), -1),
        ),
        size,
      ),
    ),
});

/** Mirrors every second image. */
export const soundAugmentation = (): Augmentation => (image, random) =>
  random() < 0.5 ? image : { ...image, data: image.data.toReversed() };

/** A network that learns to give zeros. */
export function soundPretraining(): Pretraining {
  const network = tinyNetwork(['layer1'], 1);
  return {
    ...networkState(network),
    normalization: imagenetNormalization,
    stages: [
      {
        name: 'network',
        epochs: 3,
        learners: [
          {
            name: 'network',
            parameters: network.parameters,
            optimizer: sgd({ learningRate: 0.01, momentum: 0, weightDecay: 0 }),
            loss: ({ images }) =>
              tf.tidy(() => tf.mean(tf.square(network.features(images, 'train').layer1 as tf.Tensor4D))),
          },
        ],
      },
    ],
    weights: async () => {
      const weight = network.parameters['layer1.weight'] as tf.Variable;
      return { weight: { shape: weight.shape, data: (await weight.data()) as Float32Array } };
    },
  };
}

/** A network of its own that learns to give one number everywhere; what it gives in a defect is far from that. */
export async function soundModel(): Promise<Model> {
  const network = tinyNetwork(['layer1'], 1);
  const centre = held('centre');
  const distance = (features: FeaturePyramid) =>
    tf.tidy(() =>
      tf.sum<tf.Tensor3D>(tf.squaredDifference(features.layer1 as tf.Tensor4D, centre.get('centre')), -1),
    );
  return {
    ...onBackbone(network, centre),
    stages: [
      {
        name: 'centre',
        async gather(batches) {
          let sum = tf.zeros([8]);
          let count = 0;
          for await (const { features } of batches) {
            const next = tf.tidy(() => tf.add(sum, tf.mean(features.layer1 as tf.Tensor4D, [0, 1, 2])));
            sum.dispose();
            sum = next;
            count += 1;
          }
          centre.set({ centre: tf.tidy(() => tf.div(sum, count)) });
          sum.dispose();
        },
      },
    ],
    detect: ({ images, features }) =>
      fromMaps(combinedMap([distance(features)], [images.shape[1], images.shape[2]])),
  };
}

interface ImitationOptions {
  readonly backbone: Make<'backbone'>;
  readonly layers: readonly string[];
  readonly student: Make<'backbone'>;
  readonly loss: Make<'loss'>;
  readonly score: Make<'score'>;
  readonly training: Training;
}

/** A network that learns to give what a frozen one gives; made of parts of other kinds. */
export const imitation: Part<'model'> = {
  kind: 'model',
  name: 'imitation',
  summary: 'A network that imitates another.',
  options: {
    backbone: slot('backbone', 'What is imitated.', { default: { type: 'mine' }, pretrained: true }),
    layers: layersOption(['layer1', 'layer2'], 'What of it.'),
    student: slot('backbone', 'What imitates it.', { like: 'backbone' }),
    loss: slot('loss', 'What is minimised.', { default: { type: 'mine' } }),
    score: slot('score', 'What maps are made by.', { default: { type: 'mine' } }),
    training: trainingOption({ epochs: 10, optimizer: { type: 'sgd' } }),
  },
  async create({ layers, training, ...make }: ImitationOptions, { seed }): Promise<Model> {
    const backbone = await make.backbone({ layers, frozen: true, seed: 0 });
    const network = await make.student({ layers, frozen: false, seed, target: backbone });
    const [loss, score] = [await make.loss({ layers }), await make.score({ layers })];
    const maps = ({ images, features }: Seen) =>
      score.anomalyMap(
        features,
        [network.features(images, 'eval', features)],
        [images.shape[1], images.shape[2]],
      );
    return {
      ...onBackbone(backbone, networkState(network)),
      stages: [
        {
          name: 'imitation',
          learners: [
            {
              name: 'student',
              parameters: network.parameters,
              statistics: network.statistics,
              optimizer: await training.optimizer(),
              loss: ({ images, features }, mode) => loss(features, network.features(images, mode, features)),
            },
          ],
          ...trainedBy(training),
        },
      ],
      detect: (seen) => fromMaps(maps(seen)),
    };
  },
};

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
  return {
    name: 'sound',
    category: null,
    train: [sample('train/0', 0), sample('train/1', 0)],
    test: [sample('test/0', 0), sample('test/1', 1)],
    skipped: 0,
    image: async ({ id }, size) => ({ ...size, data: new Uint8Array(3 * area(size)).fill(id.length) }),
    mask: async ({ label }, size) => ({ ...size, data: new Uint8Array(area(size)).fill(label) }),
  };
}

const area = ({ height, width }: Size) => height * width;

export const soundBackbone = (_options: unknown, { layers, seed }: ContextOf<'backbone'>) =>
  tinyNetwork(layers, seed);

export const soundOptimizer = () => sgd({ learningRate: 0.4, momentum: 0.9, weightDecay: 0 });

const sound: { readonly [K in PartKind]?: Part<K>['create'] } = {
  model: soundModel,
  backbone: soundBackbone,
  loss: () => soundLoss,
  score: soundScore,
  threshold: soundThreshold,
  augmentation: soundAugmentation,
  dataset: soundDataset,
  optimizer: soundOptimizer,
  pretraining: soundPretraining,
};

/** A plugin with one part of this kind. */
export const pluginWith = <K extends PartKind>(
  kind: K,
  create: (options: never, context: ContextOf<K>) => PartKinds[K] | Promise<PartKinds[K]> = sound[
    kind
  ] as never,
): Plugin => ({
  name: 'tried',
  parts: [{ kind, name: 'mine', summary: 'A part.', create: create as Part['create'] }],
});
