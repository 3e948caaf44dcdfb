/** Small parts that distillation can be made of, and small images. */
import {
  type Backbone,
  type Composition,
  type ContextOf,
  compose,
  corePlugin,
  createRegistry,
  definePlugin,
  type FeaturePyramid,
  type ImageSource,
  type Part,
  type ResolvedExperiment,
  resolveExperiment,
  type ScoreFunction,
  tf,
} from '@adfw/core';
import { plugin as distillation } from './index.js';

/** What a tiny network was created with. */
export interface TinyNetwork extends Backbone {
  readonly options: TinyOptions;
  readonly context: ContextOf<'backbone'>;
  readonly isDisposed: () => boolean;
}

interface TinyOptions {
  readonly width: number;
  readonly stride: number;
  readonly isFailing: boolean;
}

/** One 3x3 convolution a layer, each at half the size of the one before; "running" statistics count passes and measure a mean. */
export function tinyNetwork(options: TinyOptions, context: ContextOf<'backbone'>): TinyNetwork {
  const { width, stride } = options;
  const { layers, seed, frozen } = context;
  let isDisposed = false;
  const channels = Object.fromEntries(layers.map((layer, index) => [layer, width * (index + 1)]));
  const parameters: Record<string, tf.Variable> = {};
  for (const [index, layer] of layers.entries()) {
    const from = index === 0 ? 3 : (channels[layers[index - 1] as string] as number);
    parameters[`${layer}.weight`] = tf.tidy(() =>
      tf.variable(
        tf.randomNormal([3, 3, from, channels[layer] as number], 0, 0.3, 'float32', seed * 100 + index + 1),
        !frozen,
      ),
    );
  }
  const statistics = tf.tidy(() => ({
    passes: tf.variable(tf.scalar(0), false),
    mean: tf.variable(tf.scalar(0), false),
  }));
  return {
    options,
    context,
    layers,
    channels,
    parameters,
    statistics,
    features: (images, mode) =>
      tf.tidy(() => {
        const { passes, mean } = statistics;
        if (mode === 'train') passes.assign(tf.add(passes, 1));
        const pyramid: FeaturePyramid = {};
        let maps = images;
        for (const [index, layer] of layers.entries()) {
          const weight = parameters[`${layer}.weight`] as unknown as tf.Tensor4D;
          maps = tf.relu(tf.conv2d(maps, weight, index === 0 ? stride : 2, 'same'));
          pyramid[layer] = maps;
        }
        if (mode === 'measure') mean.assign(tf.mean(maps));
        return pyramid;
      }),
    cost: ({ height, width }) => ({ parameters: 7, multiplyAdds: height * width }),
    dispose() {
      isDisposed = true;
      tf.dispose([parameters, statistics]);
    },
    isDisposed: () => isDisposed,
  };
}

const positive = { type: 'integer', minimum: 1 } as const;
export const tiny: Part<'backbone'> = {
  kind: 'backbone',
  name: 'tiny',
  summary: 'A few convolutions.',
  options: {
    width: { ...positive, default: 4, description: 'Channels of its first layer.' },
    stride: { ...positive, default: 2, description: 'Of its first layer.' },
    isFailing: { type: 'boolean', default: false, description: 'Whether it cannot be made.' },
  },
  create(options: TinyOptions, context) {
    if (options.isFailing) throw new Error('no memory');
    made.push(tinyNetwork(options, context));
    return made.at(-1) as TinyNetwork;
  },
};

/** Each layer is twice the size of the one before. */
const upwards: Part<'backbone'> = {
  ...tiny,
  name: 'tiny-upwards',
  summary: 'A few convolutions, the last of which comes first.',
  create: (options: TinyOptions, context) => ({
    ...tinyNetwork(options, { ...context, layers: [...context.layers].reverse() }),
    layers: context.layers,
  }),
};

/** All tiny networks, in the order in which they were made. */
export const made: TinyNetwork[] = [];

/** The distance of the deepest layer beside its mean on nominal images, which it learns. */
export const scaledScore = (): ScoreFunction => {
  const mean = tf.tidy(() => tf.variable(tf.scalar(1), false));
  const far = (teacher: FeaturePyramid, students: readonly FeaturePyramid[]) => {
    const [layer, features] = Object.entries(teacher).at(-1) as [string, tf.Tensor4D];
    const distances = students.map((student) =>
      tf.squaredDifference(features, student[layer] as tf.Tensor4D),
    );
    return tf.mean<tf.Tensor3D>(tf.addN(distances), -1);
  };
  return {
    minStudents: 1,
    statistics: { mean },
    anomalyMap: (teacher, students, [height, width]) =>
      tf.tidy(() => {
        const map = tf.expandDims(tf.div(far(teacher, students), mean), -1) as tf.Tensor4D;
        return tf.squeeze(tf.image.resizeBilinear(map, [height, width], false, true), [-1]) as tf.Tensor3D;
      }),
    async fit(batches) {
      const means: number[] = [];
      for await (const { teacher, students } of batches)
        means.push(tf.tidy(() => tf.mean(far(teacher, students)).dataSync()[0] as number));
      tf.tidy(() => mean.assign(tf.scalar(means.reduce((sum, value) => sum + value, 0) / means.length)));
    },
  };
};

export const tinyPlugin = definePlugin({
  name: 'tiny',
  parts: [
    tiny,
    upwards,
    {
      kind: 'score',
      name: 'scaled',
      summary: 'A distance beside that of nominal images.',
      create: scaledScore,
    },
    {
      kind: 'score',
      name: 'disagreement',
      summary: 'A score of two students.',
      create: () => ({ ...scaledScore(), minStudents: 2 }),
    },
  ],
  methods: [
    {
      name: 'tiny',
      summary: 'A tiny distillation.',
      preset: {
        model: {
          type: 'distillation',
          teacher: { type: 'tiny' },
          layers: ['layer1', 'layer2'],
          loss: { type: 'l2', reduction: 'mean' },
          training: {
            epochs: 4,
            optimizer: { type: 'sgd', learningRate: 0.05, momentum: 0.9, weightDecay: 0 },
          },
        },
        images: { size: 16 },
        fit: { batchSize: 4 },
      },
    },
  ],
});

export const registry = createRegistry([corePlugin, distillation, tinyPlugin]);

export const experimentWith = (model: object, more: object = {}): ResolvedExperiment =>
  resolveExperiment({ registry, layers: [{ source: 'test', document: { method: 'tiny', model, ...more } }] });

export const composeWith = (
  model: object,
  more: object = {},
  context: Parameters<typeof compose>[2] = {},
): Promise<Composition> => compose(registry, experimentWith(model, more), context);

/** Waves, each image's shifted. */
export const images = (length: number, side = 16): ImageSource => ({
  length,
  size: [side, side],
  image: async (index) => ({
    width: side,
    height: side,
    data: Uint8Array.from({ length: side * side * 3 }, (_, at) => 128 + 100 * Math.sin(at / 7 + index)),
  }),
});
