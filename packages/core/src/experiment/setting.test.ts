import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../contracts/errors.js';
import { createRegistry } from './create-registry.js';
import { resolveExperiment } from './experiment.js';
import { fakePlugin } from './fake-parts.test.fixture.js';
import { parseSetting } from './setting.js';

describe('parseSetting', () => {
  it.each([
    ['seed=7', { seed: 7 }],
    [
      'model.training.optimizer.learningRate=1e-3',
      { model: { training: { optimizer: { learningRate: 0.001 } } } },
    ],
    ['$.model.students=2', { model: { students: 2 } }],
    ['model.layers=["layer1","layer2"]', { model: { layers: ['layer1', 'layer2'] } }],
    ['model.teacher.weights=/data/a=b.pth', { model: { teacher: { weights: '/data/a=b.pth' } } }],
    ['images.size=[256,512]', { images: { size: [256, 512] } }],
    ['dataset.category=001', { dataset: { category: '001' } }],
    ['dataset.category="42"', { dataset: { category: '42' } }],
    ['dataset.root=', { dataset: { root: '' } }],
    ['model.loss={"type":"cosine"}', { model: { loss: { type: 'cosine' } } }],
  ])('%s', (setting, document) => {
    expect(parseSetting(setting)).toEqual({ source: `--set ${setting}`, document });
  });

  it.each(['', 'seed', '=3', 'fit..folds=3', 'fit.=3', '.seed=3', '$.=3'])('refuses "%s"', (setting) => {
    expect(() => parseSetting(setting)).toThrow(
      new ConfigurationError(`--set ${setting}: write path=value, as in fit.batchSize=16.`),
    );
  });

  it('is checked like any other layer, and named where it is wrong', () => {
    const set = (setting: string) => () =>
      resolveExperiment({
        registry: createRegistry([fakePlugin]),
        layers: [{ source: 'file', document: { method: 'stfpm' } }, parseSetting(setting)],
      });
    expect(set('model.training.epochs=3')().model.training).toMatchObject({ epochs: 3 });
    expect(set('trainig.epochs=3')).toThrow(
      /^--set trainig\.epochs=3: \$\.trainig is not known here; .* Did you mean \$\.model\.training\?$/,
    );
    expect(set('training.batchSize=3')).toThrow(
      '--set training.batchSize=3: $.training.batchSize is not known here. Did you mean $.fit.batchSize?',
    );
    expect(set('seed=NaN')).toThrow('--set seed=NaN: $.seed must be an integer');
    expect(set('seed=1e999')).toThrow('--set seed=1e999: $.seed must be a finite number; found Infinity.');
    expect(set('model.layers.0=layer1')).toThrow('$.model.layers must be an array');
    expect(set('seed.value=1')).toThrow('found {"value":1}');
  });
});
