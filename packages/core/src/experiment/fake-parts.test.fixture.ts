/** Parts of every kind that do nothing, for the tests of what puts parts together. */
import type { Backbone } from '../contracts/backbone.js';
import type { Model } from '../contracts/model.js';
import type { ContextOf, Part } from '../contracts/part.js';
import { definePlugin } from '../contracts/plugin.js';
import { layersOption, slot, trainingOption } from '../model/options.js';
import { imagenetNormalization } from '../tensors/normalization.js';

/** What no test of composition calls. */
export function never(): never {
  throw new Error('never called');
}

/** What a fake backbone was created with. */
export interface FakeBackbone extends Backbone {
  readonly options: Record<string, unknown>;
  readonly context: ContextOf<'backbone'>;
  readonly isDisposed: () => boolean;
}

export function fakeBackbone(options: { width: number }, context: ContextOf<'backbone'>): FakeBackbone {
  let disposed = false;
  return {
    options,
    context,
    layers: context.layers,
    channels: Object.fromEntries(context.layers.map((layer, index) => [layer, options.width * (index + 1)])),
    parameters: {},
    statistics: {},
    features: never,
    dispose: () => {
      disposed = true;
    },
    isDisposed: () => disposed,
  };
}

const width = { type: 'integer', minimum: 1, default: 64, description: 'Channels of the first layer.' };

export const resnet18: Part<'backbone'> = {
  kind: 'backbone',
  name: 'resnet18',
  summary: 'A residual network.',
  reference: 'He et al. 2016',
  options: {
    weights: {
      anyOf: [{ enum: ['imagenet', 'random'] }, { type: 'string', format: 'path' }],
      default: 'random',
      description: 'Where the parameters come from.',
    },
    width,
  },
  create: fakeBackbone,
};

export const bottleneck: Part<'backbone'> = {
  kind: 'backbone',
  name: 'bottleneck',
  summary: 'A narrow network.',
  options: {
    width,
    rate: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.5,
      description: 'Its width over the teacher.',
    },
  },
  create: fakeBackbone,
};

export const cosine: Part<'loss'> = {
  kind: 'loss',
  name: 'cosine',
  summary: 'A cosine distance.',
  options: {
    reduction: { enum: ['sum', 'mean'], default: 'sum', description: 'Over the images of a batch.' },
  },
  create: (options) => Object.assign(() => never(), { options }),
};

const score = (name: string, minStudents: number): Part<'score'> => ({
  kind: 'score',
  name,
  summary: 'A score.',
  create: () => ({ minStudents, anomalyMap: never }),
});

const threshold = (
  name: string,
  needs: 'nominal' | 'labels',
  options: Part['options'] = {},
): Part<'threshold'> => ({
  kind: 'threshold',
  name,
  summary: 'A threshold.',
  options,
  create: () => ({ needs, threshold: never }),
});

const optimizer = (name: string, learningRate: number): Part<'optimizer'> => ({
  kind: 'optimizer',
  name,
  summary: 'An optimizer.',
  options: {
    learningRate: { type: 'number', exclusiveMinimum: 0, default: learningRate, description: 'Step size.' },
    [name === 'sgd' ? 'momentum' : 'beta']: {
      type: 'number',
      minimum: 0,
      exclusiveMaximum: 1,
      default: 0.9,
      description: 'Decay of the mean of gradients.',
    },
  },
  create: () => ({ step: never, state: never, restore: never, dispose: never }),
});

export const folder: Part<'dataset'> = {
  kind: 'dataset',
  name: 'folder',
  summary: 'A folder of images.',
  options: {
    root: { type: 'string', format: 'path', description: 'The folder' },
    extra: {
      type: 'array',
      items: { type: 'string', format: 'path' },
      default: [],
      description: 'More folders.',
    },
  },
  required: ['root'],
  create: ({ root }: { root: string }) => ({
    name: root,
    category: null,
    train: [],
    test: [],
    skipped: 0,
    image: never,
    mask: never,
  }),
};

/** What a fake model was created with. */
export interface FakeModel extends Model {
  // biome-ignore lint/suspicious/noExplicitAny: whatever its options are.
  readonly options: any;
  readonly context: ContextOf<'model'>;
  readonly isDisposed: () => boolean;
}

// biome-ignore lint/suspicious/noExplicitAny: whatever its options are.
export function fakeModel(options: any, context: ContextOf<'model'>): FakeModel {
  let disposed = false;
  return {
    options,
    context,
    normalization: imagenetNormalization,
    stages: [],
    detect: never,
    state: () => ({}),
    restore: never,
    dispose: () => {
      disposed = true;
    },
    isDisposed: () => disposed,
  };
}

/** A model with every kind of slot: with a default, like another, in a list, inside an option that is an object. */
export const distillation: Part<'model'> = {
  kind: 'model',
  name: 'distillation',
  summary: 'A teacher and students.',
  options: {
    teacher: slot('backbone', 'Who is learnt from.', {
      default: { type: 'resnet18', weights: 'imagenet' },
      pretrained: true,
    }),
    layers: layersOption(['layer1', 'layer2', 'layer3'], 'What is learnt.'),
    student: slot('backbone', 'Who learns.', { like: 'teacher', except: ['weights'] }),
    students: { type: 'integer', minimum: 1, default: 1, description: 'How many.' },
    variants: {
      type: 'array',
      items: slot('backbone', 'A student.', { like: 'student' }),
      default: [],
      description: 'Students that differ.',
    },
    loss: slot('loss', 'What is minimised.', { default: { type: 'cosine' } }),
    score: slot('score', 'What a map is made by.', { default: { type: 'distance' } }),
    training: trainingOption({ epochs: 10, optimizer: { type: 'sgd' } }),
  },
  create: fakeModel,
};

/** A model of another family, which is not trained. */
export const bank: Part<'model'> = {
  kind: 'model',
  name: 'bank',
  summary: 'A bank of features.',
  options: {
    backbone: slot('backbone', 'What features are from.', {
      default: { type: 'resnet18' },
      pretrained: true,
    }),
    layers: layersOption(['layer2'], 'Which features.'),
    share: { type: 'number', exclusiveMinimum: 0, maximum: 1, default: 0.1, description: 'What is kept.' },
  },
  create: fakeModel,
};

/** Everything that the base experiment names, and an alternative for most of it. */
export const fakePlugin = definePlugin({
  name: 'fake',
  parts: [
    distillation,
    bank,
    resnet18,
    bottleneck,
    cosine,
    { kind: 'loss', name: 'squared', summary: 'A squared distance.', create: () => never },
    score('distance', 1),
    score('variance', 2),
    threshold('image-f1', 'labels'),
    threshold('nominal-quantile', 'nominal', {
      quantile: { type: 'number', minimum: 0, maximum: 1, default: 0.99, description: 'Of nominal scores.' },
    }),
    folder,
    optimizer('sgd', 0.4),
    optimizer('adam', 0.001),
  ],
  methods: [
    {
      name: 'stfpm',
      summary: 'One student.',
      preset: { model: { type: 'distillation', students: 1, score: { type: 'distance' } } },
    },
    {
      name: 'ensemble',
      summary: 'Three students.',
      preset: {
        model: {
          type: 'distillation',
          students: 3,
          score: { type: 'variance' },
          training: { epochs: 50, optimizer: { type: 'sgd', learningRate: 0.1 } },
        },
      },
    },
    { name: 'nearest', summary: 'No students.', preset: { model: { type: 'bank' } } },
  ],
});
