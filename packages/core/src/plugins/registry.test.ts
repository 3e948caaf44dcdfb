import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../contracts/errors.js';
import type { Part } from '../contracts/part.js';
import { createRegistry } from '../experiment/create-registry.js';
import { fakePlugin, never } from '../experiment/fake-parts.test.fixture.js';
import { Container } from './inversify.js';
import {
  findMethod,
  findPart,
  listMethods,
  listParts,
  methodIdentifier,
  partIdentifier,
  pluginModule,
} from './registry.js';

const mine: Part<'loss'> = {
  kind: 'loss',
  name: 'mine',
  summary: 'A loss.',
  create: () => never,
};
const plugin = (name: string, ...parts: Part[]) => ({ name, parts });

describe('a registry', () => {
  const registry = createRegistry([fakePlugin, plugin('other', mine)]);

  it('lists parts and methods in the order they came, with the plugin that brought them', () => {
    expect(listParts(registry, 'loss').map(({ part, from }) => [part.name, from])).toEqual([
      ['cosine', 'fake'],
      ['squared', 'fake'],
      ['mine', 'other'],
    ]);
    expect(listParts(registry)).toHaveLength((fakePlugin.parts?.length ?? 0) + 1);
    expect(listMethods(registry).map(({ method, from }) => [method.name, from])).toEqual([
      ['stfpm', 'fake'],
      ['ensemble', 'fake'],
      ['nearest', 'fake'],
    ]);
  });

  it('finds a part by kind and name', () => {
    expect(findPart(registry, 'loss', 'mine')).toEqual({ part: mine, from: 'other' });
    expect(findMethod(registry, 'ensemble').method.summary).toBe('Three students.');
  });

  it('is an inversify container, from which a child gets parts by their name', () => {
    const child = new Container({ parent: registry });
    expect(child.get(partIdentifier('loss'), { name: 'mine' }).part).toBe(mine);
    expect(child.get(methodIdentifier, { name: 'stfpm' }).from).toBe('fake');
    expect(child.getAll(partIdentifier('dataset'))).toHaveLength(1);
    expect(() => child.get(partIdentifier('score'), { name: 'mine' })).toThrow();
  });

  it('says what there is where a name is unknown, and what was meant where that is near', () => {
    expect(() => findPart(registry, 'loss', 'cosin')).toThrow(
      new ConfigurationError(
        'There is no loss "cosin"; registered are cosine, squared, mine. Did you mean "cosine"?',
      ),
    );
    expect(() => findPart(registry, 'score', 'attention')).toThrow(
      new ConfigurationError('There is no score "attention"; registered are distance, variance.'),
    );
    expect(() => findMethod(registry, 'stpfm')).toThrow(
      'There is no method "stpfm"; registered are stfpm, ensemble, nearest. Did you mean "stfpm"?',
    );
    expect(() => findPart(registry, 'loss', 'toString')).toThrow('There is no loss "toString"');
    expect(() => findMethod(createRegistry([]), 'stfpm')).toThrow(
      'There is no method "stfpm"; none is registered: load a plugin that brings one.',
    );
  });

  it('takes further modules', () => {
    const container = createRegistry([]);
    container.load(pluginModule(plugin('later', mine)));
    expect(listParts(container).map(({ part }) => part)).toEqual([mine]);
  });
});

describe('createRegistry', () => {
  const faultsOf = (create: () => unknown) => {
    try {
      create();
    } catch (error) {
      if (error instanceof ConfigurationError) return error.faults;
      throw error;
    }
    return [];
  };

  it('counts a plugin once that is given twice', () => {
    expect(listParts(createRegistry([fakePlugin, fakePlugin]), 'dataset')).toHaveLength(1);
  });

  it('refuses two plugins with the same part, and names both', () => {
    const cosine = { ...mine, name: 'cosine' };
    expect(() => createRegistry([fakePlugin, plugin('other', mine, cosine)])).toThrow(
      'plugin "other", loss "cosine": $.parts[1].name is taken: plugin "fake" brings the loss "cosine" already; ' +
        'rename one of them, or load one plugin only.',
    );
  });

  it('takes parts of the same name and different kinds', () => {
    const score = fakePlugin.parts?.find(({ kind }) => kind === 'score') as Part;
    const registry = createRegistry([plugin('one', mine), plugin('two', { ...score, name: 'mine' })]);
    expect(listParts(registry).map(({ part, from }) => [part.kind, from])).toEqual([
      ['loss', 'one'],
      ['score', 'two'],
    ]);
  });

  it('refuses two methods and two plugins of the same name', () => {
    const method = { name: 'stfpm', summary: 'Another.', preset: {} };
    const faults = faultsOf(() =>
      createRegistry([fakePlugin, { name: 'other', methods: [method] }, plugin('other', mine)]),
    );
    expect(faults.map(({ source, path }) => [source, path])).toEqual([
      ['plugin "other", method "stfpm"', '$.methods[0].name'],
      ['plugin "other"', '$.name'],
    ]);
  });

  it('refuses malformed plugins, with the faults of all of them', () => {
    const faults = faultsOf(() =>
      createRegistry([plugin('one', { ...mine, summary: '' }), plugin('two', { ...mine, name: 'No' })]),
    );
    expect(faults.map(({ source, path }) => `${source} ${path}`)).toEqual([
      'plugin "one", loss "mine" $.parts[0].summary',
      'plugin "two", loss "No" $.parts[0].name',
    ]);
  });

  it('does not check again what was checked, but beside it what is new', () => {
    const faulty = plugin('checked', { ...mine, summary: '' });
    expect(listParts(createRegistry([], [faulty]), 'loss')).toHaveLength(1);
    expect(() => createRegistry([plugin('new', { ...mine, summary: '' })], [faulty])).toThrow(
      ConfigurationError,
    );
    expect(() => createRegistry([plugin('new', mine)], [faulty])).toThrow('is taken: plugin "checked"');
  });

  it('refuses presets that are no partial experiments', () => {
    const preset = {
      model: { type: 'distillation', students: 0, score: { type: 'distanc' }, training: { epoch: 3 } },
      student: { type: 'bottleneck' },
      dataset: { type: 'folder' },
    };
    const faults = faultsOf(() =>
      createRegistry([fakePlugin, { name: 'other', methods: [{ name: 'new', summary: 'A.', preset }] }]),
    );
    const source = 'plugin "other", method "new"';
    expect(faults).toEqual([
      {
        source,
        path: '$.methods[0].preset.student',
        message: expect.stringContaining('is not known here; allowed are $schema, method, '),
        suggestion: '$.model.student',
      },
      { source, path: '$.methods[0].preset.model.students', message: 'must be an integer >= 1; found 0' },
      {
        source,
        path: '$.methods[0].preset.model.score.type',
        message: 'must be one of "distance", "variance"; found "distanc"',
        suggestion: 'distance',
      },
      {
        source,
        path: '$.methods[0].preset.model.training.epoch',
        message: expect.stringContaining('is not known here; allowed are epochs, '),
        suggestion: 'epochs',
      },
    ]);
  });

  it('refuses settings for the sample that are none above their preset', () => {
    const preset = { model: { type: 'bank' } };
    const create = (sample: Record<string, unknown>) => () =>
      createRegistry([
        fakePlugin,
        { name: 'other', methods: [{ name: 'new', summary: 'A.', preset, sample }] },
      ]);
    expect(create({ model: { share: 0.5 }, images: { size: 64 } })).not.toThrow();
    expect(faultsOf(create({ model: { share: 2 }, fit: { batch: 1 } })).map(({ path }) => path)).toEqual([
      '$.methods[0].sample.model.share',
      '$.methods[0].sample.fit.batch',
    ]);
    expect(faultsOf(create({ model: { training: { epochs: 2 } } })).map(({ path }) => path)).toEqual([
      '$.methods[0].sample.model.training',
    ]);
  });

  it('does not blame a preset for what is missing from the base experiment', () => {
    const registry = createRegistry([
      { name: 'alone', methods: [{ name: 'new', summary: 'A.', preset: { seed: 2 } }] },
    ]);
    expect(findMethod(registry, 'new').from).toBe('alone');
  });
});
