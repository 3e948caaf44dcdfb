import { disposeVariables, memory, type Tensor4D } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ConfigurationError, DataError } from '../contracts/errors.js';
import type { Model } from '../contracts/model.js';
import type { Part } from '../contracts/part.js';
import { compose } from '../experiment/compose.js';
import { createRegistry } from '../experiment/create-registry.js';
import { resolveExperiment } from '../experiment/experiment.js';
import { fakePlugin } from '../experiment/fake-parts.test.fixture.js';
import { tinyBackbone } from '../fitting/learnable.test.fixture.js';
import { memoryBudget } from '../images/memory-budget.js';
import { parseSafetensors } from '../tensors/safetensors.js';
import { tf } from '../tensors/tf.js';
import { combinedMap } from './combined-map.js';
import { fitDetector } from './fit-model.js';
import { fromMaps } from './from-maps.js';
import { held } from './held.js';
import { onBackbone } from './on-backbone.js';
import {
  type ModelManifest,
  manifestText,
  modelFiles,
  parseManifest,
  restoreModel,
  serializeModel,
} from './saved-model.js';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => disposeVariables());

const manifest = { format: 'adfw-model', version: 2, heldOutScores: [0.25] } as unknown as ModelManifest;

describe('a manifest', () => {
  it('is read as it was written', () => {
    expect(parseManifest(manifestText(manifest), 'manifest.json')).toEqual(manifest);
  });

  it('has no empty range of scores, as that of one test image: it has that of the held-out images, or none', () => {
    const read = (heldOutScores: number[]) =>
      parseManifest(
        manifestText({ ...manifest, scoreRange: { min: 3, max: 3 }, heldOutScores }),
        'manifest.json',
      ).scoreRange;
    expect(read([2, 1])).toEqual({ min: 1, max: 2 });
    expect(read([1])).toBeNull();
  });

  it.each([
    ['no JSON', '<!doctype html>', /^The model's manifest here\.json is damaged: /],
    ['null', 'null', /^here\.json is not a model of this version: its format is undefined undefined/],
    ['a list', '[]', /^here\.json is not a model of this version/],
    [
      'a later version',
      '{"format": "adfw-model", "version": 3}',
      /its format is adfw-model 3, and adfw-model 2 was expected\.$/,
    ],
    [
      'an earlier version',
      '{"format": "adfw-model", "version": 1}',
      /its format is adfw-model 1, and adfw-model 2 was expected\. scripts\/upgrade-experiment\.mjs rewrites models/,
    ],
  ])('is refused where it is %s', (_, text, message) => {
    const parse = () => parseManifest(text, 'here.json');
    expect(parse).toThrow(DataError);
    expect(parse).toThrow(message);
  });
});

/** Remembers the mean feature of nominal images; a model with maps, or without. */
const meanModel = (name: string, hasMaps: boolean): Part<'model'> => ({
  kind: 'model',
  name,
  summary: 'A mean.',
  create: (_options, { seed, restoring = false }): Model => {
    created.push(restoring);
    const mean = held('mean');
    const backbone = tinyBackbone(restoring ? seed + 100 : seed);
    const distance = (features: Tensor4D) =>
      tf.sum<tf.Tensor3D>(tf.squaredDifference(features, mean.get('mean')), -1);
    return {
      ...onBackbone(backbone, mean),
      stages: [
        {
          name: 'mean',
          async gather(batches) {
            for await (const { features } of batches)
              mean.set({ mean: tf.mean(features.layer1 as Tensor4D, [0, 1, 2]) });
          },
        },
      ],
      detect: ({ features }) => {
        const { scores, maps } = fromMaps(combinedMap([distance(features.layer1 as Tensor4D)], [8, 8]));
        return { scores, maps: hasMaps ? maps : null };
      },
    };
  },
});
const created: boolean[] = [];
const registry = createRegistry([
  fakePlugin,
  { name: 'mine', parts: [meanModel('mean', true), meanModel('mapless', false)] },
]);
const image = { width: 8, height: 8, data: Uint8Array.from({ length: 192 }, (_, n) => n) };

async function fitted(type: string) {
  const experiment = resolveExperiment({
    registry,
    layers: [
      {
        source: 'test',
        document: { method: 'stfpm', model: { type }, images: { size: 8 }, fit: { validationFraction: 0 } },
      },
    ],
  });
  const composition = await compose(registry, experiment);
  const nominal = { length: 3, size: [8, 8] as const, image: async () => image };
  const { detector } = await fitDetector(composition, nominal, { budget: memoryBudget(0) });
  const said = {
    experiment,
    imageSize: { height: 8, width: 8 },
    thresholds: { deployed: null, benchmark: null },
    scoreRange: null,
    mapRange: null,
    heldOutScores: [],
  };
  const files = await serializeModel(composition.model, said);
  return {
    composition,
    detector,
    manifest: parseManifest(files[modelFiles.manifest] as string, 'manifest.json'),
    weights: files[modelFiles.weights] as Uint8Array,
  };
}

describe('a saved model', () => {
  it.each(['mean', 'mapless'])('detects what it did, bit for bit: %s', async (type) => {
    const { detector, manifest, weights } = await fitted(type);
    created.length = 0;
    const loaded = await restoreModel(registry, manifest, weights, 'weights');
    expect(created).toEqual([true]);
    const defect = { ...image, data: image.data.map((value, n) => (n < 20 ? 255 : value)) };
    const expected = await detector.detect([image, defect]);
    expect(await loaded.detector.detect([image, defect])).toEqual(expected);
    expect(expected[0]?.map === null).toBe(type === 'mapless');
    expect(expected[1]?.score).not.toBe(expected[0]?.score);
    expect(loaded.manifest).toBe(manifest);
  });

  it('has the backbone and what was learnt, each under its name', async () => {
    const { weights } = await fitted('mean');
    const { tensors } = parseSafetensors(weights);
    expect(Object.keys(tensors).sort()).toEqual([
      'backbone/kernel',
      'backbone/mean',
      'backbone/passes',
      'model/mean',
    ]);
  });

  it('is refused where its weights are damaged, or not complete, and then leaves nothing behind', async () => {
    const { composition, manifest, weights } = await fitted('mean');
    const { weights: others } = await fitted('mapless');
    composition.dispose();
    const before = memory().numTensors;
    const restore = (bytes: Uint8Array) => restoreModel(registry, manifest, bytes, 'weights.safetensors');
    await expect(restore(weights.slice(0, 100))).rejects.toThrow(/weights\.safetensors/);
    const incomplete = Buffer.from(weights).toString('latin1').replace('backbone/kernel', 'backbone/kernle');
    await expect(restore(Buffer.from(incomplete, 'latin1'))).rejects.toThrow(
      '"kernel" should be [3,3,3,4], and is missing',
    );
    const unknown = { ...manifest, experiment: { ...manifest.experiment, model: { type: 'gone' } } };
    await expect(restoreModel(registry, unknown, others, 'weights')).rejects.toThrow(ConfigurationError);
    expect(memory().numTensors).toBe(before);
  });
});
