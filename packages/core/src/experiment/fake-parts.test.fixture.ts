/** Parts of every kind that do nothing, for the tests of what puts parts together. */
import type { Backbone } from '../contracts/backbone.js';
import type { Part, PartContext } from '../contracts/part.js';
import { definePlugin } from '../contracts/plugin.js';

/** What no test of composition calls. */
export function never(): never {
  throw new Error('never called');
}

/** What a fake backbone was created with. */
export interface FakeBackbone extends Backbone {
  readonly options: Record<string, unknown>;
  readonly context: PartContext;
  readonly isDisposed: () => boolean;
}

export function fakeBackbone(options: { width: number }, context: PartContext): FakeBackbone {
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
  create: () => ({ minStudents, anomalyMaps: never }),
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
    imageSize: {
      anyOf: [
        { type: 'integer', minimum: 1 },
        {
          type: 'object',
          properties: { height: { type: 'integer', minimum: 1 }, width: { type: 'integer', minimum: 1 } },
          required: ['height', 'width'],
          additionalProperties: false,
        },
      ],
      default: 224,
      description: 'What images are resized to.',
    },
  },
  required: ['root'],
  create: ({ root }: { root: string }) => ({
    name: root,
    category: null,
    imageSize: { height: 1, width: 1 },
    train: [],
    test: [],
    skipped: 0,
    image: never,
    mask: never,
  }),
};

/** Everything that the base experiment names, and an alternative for most of it. */
export const fakePlugin = definePlugin({
  name: 'fake',
  parts: [
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
      preset: { student: { count: 1 }, score: { type: 'distance' } },
    },
    {
      name: 'ensemble',
      summary: 'Three students.',
      preset: {
        student: { count: 3 },
        score: { type: 'variance' },
        training: { epochs: 50, optimizer: { type: 'sgd', learningRate: 0.1 } },
      },
    },
  ],
});
