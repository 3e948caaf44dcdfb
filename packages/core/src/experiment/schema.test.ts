import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { parseMemory } from '../images/memory-budget.js';
import { createRegistry } from './create-registry.js';
import { resolveExperiment } from './experiment.js';
import { fakePlugin } from './fake-parts.test.fixture.js';
import { experimentSchema, resolvedExperimentSchema } from './schema.js';

const registry = createRegistry([fakePlugin]);
// As an editor would: without the extensions of this package.
const ajv = new Ajv2020({ strict: false, validateFormats: false });
const written = ajv.compile(experimentSchema(registry));
const resolved = ajv.compile(resolvedExperimentSchema(registry));

const resolve = (document: object) =>
  resolveExperiment({ registry, layers: [{ source: 'file', document: { method: 'stfpm', ...document } }] });

describe('experimentSchema', () => {
  it('is JSON', () => {
    const schema = experimentSchema(registry);
    expect(JSON.parse(JSON.stringify(schema))).toEqual(schema);
  });

  it.each([
    {},
    { method: 'ensemble', $schema: './schema.json' },
    { student: { count: 3 } },
    { student: { type: 'bottleneck', count: 3, rate: 0.1 } },
    { training: { optimizer: { learningRate: 0.1 } } },
    { dataset: { type: 'folder' } },
  ])('accepts what a person may write: %j', (document) => {
    expect(written(document), JSON.stringify(written.errors)).toBe(true);
  });

  it.each([
    { method: 'unknown' },
    { student: { type: 'bottleneck', rates: 0.1 } },
    { student: { type: 'resnet18', rate: 0.1 } },
    { student: { count: 0 } },
    { teacher: { count: 1 } },
    { loss: { type: 'distance' } },
    { training: { epochs: '3' } },
    { layers: [] },
    { seed: -1 },
  ])('refuses %j', (document) => {
    expect(written(document)).toBe(false);
  });

  it('accepts a resolved experiment, as does the schema of resolved ones', () => {
    const experiment = resolve({ dataset: { type: 'folder', root: 'x' } });
    expect(written(experiment)).toBe(true);
    expect(resolved(experiment), JSON.stringify(resolved.errors)).toBe(true);
  });

  it('describes every option, with its default', () => {
    const { student } = experimentSchema(registry).properties as Record<string, { anyOf: unknown[] }>;
    expect(student?.anyOf[1]).toMatchObject({
      title: 'bottleneck',
      description: 'A narrow network.',
      properties: { type: { const: 'bottleneck' }, rate: { default: 0.5, description: expect.any(String) } },
    });
  });

  it('can be made of an empty registry', () => {
    const empty = new Ajv2020({ strict: false }).compile(experimentSchema(createRegistry([])));
    expect(empty({ seed: 1 })).toBe(true);
    expect(empty({ loss: { type: 'cosine' } })).toBe(false);
  });
});

describe('resolvedExperimentSchema', () => {
  it('refuses a document in which anything is missing but the dataset', () => {
    const experiment = resolve({});
    expect(resolved(experiment)).toBe(true);
    for (const key of Object.keys(experiment)) {
      const { [key as 'seed']: _left, ...rest } = experiment;
      expect(resolved(rest), key).toBe(false);
    }
    const { width: _width, ...teacher } = experiment.teacher;
    expect(resolved({ ...experiment, teacher })).toBe(false);
  });
});

describe('training.cacheMemory', () => {
  const accepts = (cacheMemory: string) => written({ training: { cacheMemory } });
  it.each(['2GiB', '500 MB', '0', '1.5KiB', '12B', ' 3GB '])(
    'accepts "%s", and so does parseMemory',
    (amount) => {
      expect(accepts(amount)).toBe(true);
      expect(parseMemory(amount)).toBeGreaterThanOrEqual(0);
    },
  );
  it.each(['', 'GiB', '-1GiB', '2 gib', '2TiB', '1e3', '2GiB!'])(
    'refuses "%s", and so does parseMemory',
    (amount) => {
      expect(accepts(amount)).toBe(false);
      expect(() => parseMemory(amount)).toThrow();
    },
  );
});
