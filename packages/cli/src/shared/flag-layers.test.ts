import {
  createRegistry,
  type ExperimentLayer,
  type JsonRecord,
  type Part,
  type Plugin,
  type ResolvedExperiment,
} from '@adfw/core';
import { builtInPlugins, type DependentDocument, prepareExperiment } from '@adfw/runner';
import { describe, expect, it } from 'vitest';
import { experimentFlagNames } from './experiment-flags.js';
import { conveniences, experimentLayers } from './flag-layers.js';

/** A model that looks at pixels alone: nothing is pretrained, nothing is trained. */
const pixels: Part<'model'> = {
  kind: 'model',
  name: 'pixels',
  summary: 'Pixels.',
  create: () => {
    throw new Error('never called');
  },
};
const banked: Part<'model'> = {
  ...pixels,
  name: 'bank',
  options: {
    backbone: {
      part: 'backbone',
      description: 'What is looked with.',
      default: { type: 'resnet18' },
      pretrained: true,
    },
  },
};
const plugin: Plugin = {
  name: 'pixels',
  parts: [pixels, banked],
  methods: [
    { name: 'pixels', summary: 'Pixels.', preset: { model: { type: 'pixels' } } },
    { name: 'bank', summary: 'A bank.', preset: { model: { type: 'bank' } } },
  ],
};
const registry = createRegistry([...builtInPlugins, plugin]);

describe('experimentLayers', () => {
  it('gives a layer for each flag, named after it', () => {
    const flags = { method: 'fvv', data: 'mvtec', 'image-size': '64', epochs: '5', 'batch-size': '2' };
    expect(experimentLayers({ ...flags, 'skip-bad-images': true, out: 'x' })).toEqual([
      { source: '--method', document: { method: 'fvv' } },
      { source: '--data', document: { dataset: { type: 'mvtec', root: 'mvtec' } } },
      { source: '--image-size', document: { images: { size: 64 } } },
      { source: '--skip-bad-images', document: { dataset: { skipBadImages: true } } },
      { source: '--epochs', document: { model: { training: { epochs: 5 } } } },
      { source: '--batch-size', document: { fit: { batchSize: 2 } } },
    ]);
  });

  it('puts images where the dataset that is named has them', () => {
    const dataOf = (dataset: string) => {
      const [layer] = experimentLayers({ data: 'DIR', dataset }) as [ExperimentLayer];
      return (layer.document as DependentDocument)({}, registry);
    };
    expect(dataOf('visa')).toEqual({ dataset: { type: 'visa', root: 'DIR' } });
    expect(dataOf('table')).toEqual({ dataset: { type: 'table', file: 'DIR' } });
    expect(dataOf('folder')).toEqual({ dataset: { type: 'folder', train: 'DIR' } });
    expect(() => dataOf('vista')).toThrow('There is no dataset "vista"');
  });

  it('leaves what is no number for the schema to refuse, and names alone', () => {
    const documents = experimentLayers({ seed: '4x', 'batch-size': '', category: '001' });
    expect(documents.map(({ document }) => document)).toEqual([
      { dataset: { category: '001' } },
      { fit: { batchSize: '' } },
      { seed: '4x' },
    ]);
  });

  it('gives nothing without flags', () => {
    expect(
      experimentLayers(Object.fromEntries(experimentFlagNames.map((name) => [name, undefined]))),
    ).toEqual([]);
  });

  it('gives weights to the network that is pretrained in the model that the experiment has', async () => {
    const [weights] = experimentLayers({ weights: 'imagenet' });
    const documentFor = weights?.document as (draft: JsonRecord, given: typeof registry) => JsonRecord;
    const inModel = (type: string) => documentFor({ model: { type } }, registry);
    expect(inModel('distillation')).toEqual({ model: { teacher: { weights: 'imagenet' } } });
    expect(inModel('bank')).toEqual({ model: { backbone: { weights: 'imagenet' } } });
    expect(() => inModel('pixels')).toThrow(
      '--weights: the model "pixels" has no pretrained network; leave it out.',
    );
    // That there is no such model is for the schema to say.
    expect(inModel('pixel')).toEqual({});
    const overrides = experimentLayers({ method: 'stfpm', weights: 'random' });
    const { experiment } = await prepareExperiment({ overrides });
    // The sample's own network is another.
    expect(experiment.model.teacher).toMatchObject({
      type: 'resnet18',
      weights: 'random',
      innerChannels: {},
    });
    expect(experiment.model.student).toMatchObject({ weights: 'random', innerChannels: {} });
  });

  it('goes below a setting, and above a file', async () => {
    const overrides = [
      ...experimentLayers({ method: 'stfpm', weights: 'random', epochs: '3' }),
      { source: '--set', document: { model: { teacher: { weights: 'built-in' } } } },
    ];
    const { experiment } = await prepareExperiment({ overrides });
    expect(experiment.model).toMatchObject({ teacher: { weights: 'built-in' }, training: { epochs: 3 } });
  });
});

describe('conveniences', () => {
  it('have a place in some experiments, and none in others', () => {
    const given = conveniences({ weights: 'imagenet', epochs: '3', 'skip-bad-images': true });
    const placesIn = (experiment: object) =>
      Object.fromEntries(
        given.map(({ source, document }) => [source, document(experiment as ResolvedExperiment, registry)]),
      );
    const training = { epochs: 10 };
    const dataset = { type: 'mvtec', skipBadImages: false };
    expect(placesIn({ dataset, model: { type: 'distillation', training } })).toEqual({
      '--weights': { model: { teacher: { weights: 'imagenet' } } },
      '--skip-bad-images': { dataset: { skipBadImages: true } },
      '--epochs': { model: { training: { epochs: 3 } } },
    });
    expect(placesIn({ dataset: { type: 'sample' }, model: { type: 'pixels' } })).toEqual({
      '--weights': null,
      '--skip-bad-images': null,
      '--epochs': null,
    });
  });
});
