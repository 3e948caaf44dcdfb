import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../contracts/errors.js';
import { createRegistry } from './create-registry.js';
import { resolveExperiment } from './experiment.js';
import { fakePlugin } from './fake-parts.test.fixture.js';
import { parseSetting } from './setting.js';

describe('parseSetting', () => {
  it.each([
    ['seed=7', { seed: 7 }],
    ['training.optimizer.learningRate=1e-3', { training: { optimizer: { learningRate: 0.001 } } }],
    ['$.student.count=2', { student: { count: 2 } }],
    ['layers=["layer1","layer2"]', { layers: ['layer1', 'layer2'] }],
    ['teacher.weights=/data/a=b.pth', { teacher: { weights: '/data/a=b.pth' } }],
    ['dataset.category=001', { dataset: { category: '001' } }],
    ['dataset.category="42"', { dataset: { category: '42' } }],
    ['dataset.root=', { dataset: { root: '' } }],
    ['loss={"type":"cosine"}', { loss: { type: 'cosine' } }],
  ])('%s', (setting, document) => {
    expect(parseSetting(setting)).toEqual({ source: `--set ${setting}`, document });
  });

  it.each(['', 'seed', '=3', 'training..epochs=3', 'training.=3', '.seed=3', '$.=3'])(
    'refuses "%s"',
    (setting) => {
      expect(() => parseSetting(setting)).toThrow(
        new ConfigurationError(
          `--set ${setting}: write path=value, as in training.optimizer.learningRate=0.1.`,
        ),
      );
    },
  );

  it('is checked like any other layer, and named where it is wrong', () => {
    const set = (setting: string) => () =>
      resolveExperiment({
        registry: createRegistry([fakePlugin]),
        layers: [{ source: 'file', document: { method: 'stfpm' } }, parseSetting(setting)],
      });
    expect(set('training.epochs=3')().training.epochs).toBe(3);
    expect(set('trainig.epochs=3')).toThrow(
      /^--set trainig\.epochs=3: \$\.trainig is not known here; .* Did you mean training\?$/,
    );
    expect(set('seed=NaN')).toThrow('--set seed=NaN: $.seed must be an integer');
    expect(set('seed=1e999')).toThrow('--set seed=1e999: $.seed must be a finite number; found Infinity.');
    expect(set('layers.0=layer1')).toThrow('$.layers must be an array');
    expect(set('seed.value=1')).toThrow('found {"value":1}');
  });
});
