import { describe, expect, it } from 'vitest';
import type { RgbImage } from '../contracts/dataset.js';
import type { Part } from '../contracts/part.js';
import { createRegistry } from '../experiment/create-registry.js';
import { fakeModel, fakePlugin } from '../experiment/fake-parts.test.fixture.js';
import { checkPlugin } from '../experiment/plugin-check.js';
import { layersOption, slot, type Training, trainedBy, trainingOption } from './options.js';

const part: Part<'model'> = {
  kind: 'model',
  name: 'mine',
  summary: 'A model.',
  options: {
    backbone: slot('backbone', 'A network.', { default: { type: 'resnet18' }, pretrained: true }),
    layers: layersOption(['a', 'b'], 'What is looked at.'),
    training: trainingOption({ epochs: 7, optimizer: { type: 'adam', learningRate: 0.1 } }),
  },
  create: fakeModel,
};

describe('options of a model', () => {
  it('are right as options of a part', () => {
    const plugin = { name: 'mine', parts: [part] };
    expect(checkPlugin(plugin)).toEqual([]);
    expect(() => createRegistry([fakePlugin, plugin])).not.toThrow();
  });

  it('say what they were told', () => {
    expect(part.options?.backbone).toEqual({
      part: 'backbone',
      description: 'A network.',
      default: { type: 'resnet18' },
      pretrained: true,
    });
    expect(layersOption(['a'], 'What.')).toMatchObject({ default: ['a'], description: 'What.', minItems: 1 });
    const { properties } = trainingOption({ epochs: 7, optimizer: { type: 'adam' } });
    expect(properties.epochs.default).toBe(7);
    expect(properties.optimizer).toMatchObject({ part: 'optimizer', default: { type: 'adam' } });
  });
});

describe('trainedBy', () => {
  it('is what a stage takes of the options as it is', async () => {
    const flip = (image: RgbImage) => image;
    const training = {
      epochs: 3,
      schedule: { warmUp: 0.5, decay: 'cosine' },
      clipNorm: 1,
      averageDecay: 0.9,
      preciseBatchNorm: true,
      patience: null,
      augmentation: [Object.assign(async () => flip, { type: 'flip', path: '' })],
    } as Partial<Training> as Training;
    const { schedule, augmentations, ...rest } = trainedBy(training);
    expect(rest).toEqual({
      epochs: 3,
      clipNorm: 1,
      averageDecay: 0.9,
      preciseBatchNorm: true,
      patience: null,
    });
    expect(await augmentations?.[0]?.()).toBe(flip);
    expect([0.25, 0.5, 1].map((progress) => schedule?.(progress))).toEqual([0.5, 1, expect.closeTo(0, 12)]);
  });
});
