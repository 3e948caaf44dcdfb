import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import type { JsonSchema } from '../contracts/part.js';
import { parseMemory } from '../images/memory-budget.js';
import { compileSchema, schemaFaults } from '../plugins/schema-faults.js';
import { createRegistry } from './create-registry.js';
import { resolveExperiment } from './experiment.js';
import { fakePlugin } from './fake-parts.test.fixture.js';
import { experimentSchema, resolvedExperimentSchema, schemaFor } from './schema.js';

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
    { images: { size: 256 } },
    { images: { size: [256, 512] } },
    { images: { tile: { size: 64 } } },
    { images: { tile: null } },
    { fit: { folds: 5 } },
    { model: { students: 3 } },
    {
      model: {
        type: 'distillation',
        student: { type: 'bottleneck', rate: 0.1 },
        variants: [{}, { width: 3 }],
      },
    },
    { model: { training: { optimizer: { learningRate: 0.1 } } } },
    { model: { type: 'bank', share: 1 } },
    { model: { backbone: { type: 'bottleneck' } } },
    { dataset: { type: 'folder' } },
  ])('accepts what a person may write: %j', (document) => {
    expect(written(document), JSON.stringify(written.errors)).toBe(true);
  });

  it.each([
    { method: 'unknown' },
    { model: { student: { type: 'bottleneck', rates: 0.1 } } },
    { model: { student: { type: 'resnet18', rate: 0.1 } } },
    { model: { students: 0 } },
    { model: { teacher: { students: 1 } } },
    { model: { variants: [{ type: 'distance' }] } },
    { model: { loss: { type: 'distance' } } },
    { model: { training: { epochs: '3' } } },
    { model: { training: { optimizer: { type: 'adam', momentum: 0.9 } } } },
    { model: { type: 'bank', students: 2 } },
    { model: { layers: [] } },
    { teacher: { type: 'resnet18' } },
    { images: { size: 0 } },
    { images: { size: [256] } },
    { images: { tile: 64 } },
    { images: { tile: { overlap: 3 } } },
    { fit: { epochs: 3 } },
    { seed: -1 },
  ])('refuses %j', (document) => {
    expect(written(document)).toBe(false);
  });

  it('accepts a resolved experiment, as does the schema of resolved ones', () => {
    const experiment = resolve({ dataset: { type: 'folder', root: 'x' } });
    expect(written(experiment)).toBe(true);
    expect(resolved(experiment), JSON.stringify(resolved.errors)).toBe(true);
  });

  it('describes every option, with its default, and what is in a slot by its kind', () => {
    const { $defs } = experimentSchema(registry) as { $defs: Record<string, { anyOf: unknown[] }> };
    expect($defs.backbone?.anyOf[1]).toMatchObject({
      title: 'bottleneck',
      description: 'A narrow network.',
      properties: { type: { const: 'bottleneck' }, rate: { default: 0.5, description: expect.any(String) } },
    });
    expect($defs.model?.anyOf[0]).toMatchObject({
      title: 'distillation',
      properties: {
        teacher: { $ref: '#/$defs/backbone', description: 'Who is learnt from.' },
        variants: { items: { $ref: '#/$defs/backbone' } },
        training: { properties: { optimizer: { $ref: '#/$defs/optimizer' } } },
      },
    });
  });

  it('can be made of an empty registry', () => {
    const empty = new Ajv2020({ strict: false }).compile(experimentSchema(createRegistry([])));
    expect(empty({ seed: 1 })).toBe(true);
    expect(empty({ model: { type: 'distillation' } })).toBe(false);
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
    const { model } = experiment as { model: Record<string, Record<string, unknown>> };
    const { optimizer: _optimizer, ...training } = model.training ?? {};
    const { width: _width, ...teacher } = model.teacher ?? {};
    const { type: _type, ...student } = model.student ?? {};
    for (const changed of [{ training }, { teacher }, { student }, { variants: [teacher] }])
      expect(resolved({ ...experiment, model: { ...model, ...changed } }), JSON.stringify(changed)).toBe(
        false,
      );
    const { folds: _folds, ...fit } = experiment.fit;
    expect(resolved({ ...experiment, fit })).toBe(false);
  });

  it('compiles under the strict rules by which experiments are checked', () => {
    expect(() => compileSchema(resolvedExperimentSchema(registry))).not.toThrow();
    expect(() => compileSchema(resolvedExperimentSchema(createRegistry([])))).not.toThrow();
  });
});

describe('fit.cacheMemory', () => {
  const accepts = (cacheMemory: string) => written({ fit: { cacheMemory } });
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

describe('schemaFor', () => {
  const sound = resolve({ model: { student: { type: 'bottleneck' } } });
  const { model } = sound;
  const documents: [what: string, document: object][] = [
    ['nothing wrong', sound],
    [
      'an option that is not known',
      { ...sound, model: { ...model, student: { ...Object(model.student), rates: 1 } } },
    ],
    ['an option out of range', { ...sound, model: { ...model, students: 0 } }],
    ['a part that is not registered', { ...sound, model: { ...model, loss: { type: 'distanse' } } }],
    ['a part of another kind', { ...sound, model: { ...model, loss: { type: 'bottleneck' } } }],
    ['a part without a name', { ...sound, model: { ...model, teacher: {} } }],
    ['a part that is none', { ...sound, threshold: null, deployedThreshold: 3 }],
    ['hardly anything', { model: { type: 'bank' } }],
    ['nothing', {}],
  ];

  it.each(documents)('finds what the whole schema finds: %s', (what, document) => {
    const whole = resolvedExperimentSchema(createRegistry([fakePlugin]));
    const own = schemaFor(whole, document);
    expect(own).not.toBe(whole);
    const faults = schemaFaults(whole, document);
    expect(schemaFaults(own, document)).toEqual(faults);
    expect(faults.length === 0).toBe(what === 'nothing wrong');
  });

  it('is one object for equal parts of equal registries, and after a few different ones the whole schema', () => {
    const [one, other] = [1, 2].map(() => resolvedExperimentSchema(createRegistry([fakePlugin])));
    const schema = schemaFor(one as JsonSchema, sound);
    expect(schemaFor(other as JsonSchema, { ...sound, seed: 5 })).toBe(schema);
    expect(JSON.stringify(schema).length).toBeLessThan(JSON.stringify(one).length);
    const others = ['a', 'b', 'c', 'd'].map((type) => schemaFor(one as JsonSchema, { model: { type } }));
    expect(others[3]).not.toBe(one);
    const parts = ['resnet18', 'distance', 'bank', 'adam', 'folder'];
    expect(parts.map((type) => schemaFor(other as JsonSchema, { type })).at(-1)).toBe(other);
  });
});
