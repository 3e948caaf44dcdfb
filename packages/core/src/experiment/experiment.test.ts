import { describe, expect, it } from 'vitest';
import { ConfigurationError, type Fault } from '../contracts/errors.js';
import { baseExperiment } from './base-experiment.js';
import { createRegistry } from './create-registry.js';
import { resolveExperiment } from './experiment.js';
import { fakePlugin } from './fake-parts.test.fixture.js';
import { parseSetting } from './setting.js';

const registry = createRegistry([fakePlugin]);
const resolve = (...documents: unknown[]) =>
  resolveExperiment({
    registry,
    layers: documents.map((document, index) => ({ source: `layer ${index}`, document })),
  });
const faultsOf = (...documents: unknown[]): readonly Fault[] => {
  try {
    resolve(...documents);
  } catch (error) {
    if (error instanceof ConfigurationError) return error.faults;
    throw error;
  }
  return [];
};
/** The faults of a document as `path message`. */
const found = (...documents: unknown[]) =>
  faultsOf(...documents).map(({ path, message }) => `${path} ${message}`);

describe('resolveExperiment', () => {
  it('fills in everything that the document leaves out', () => {
    expect(resolve({ method: 'stfpm' })).toEqual({
      method: 'stfpm',
      teacher: { type: 'resnet18', standardize: false, weights: 'imagenet', width: 64 },
      student: { type: 'resnet18', count: 1, adapter: 'none', variants: [], weights: 'random', width: 64 },
      layers: ['layer1', 'layer2', 'layer3'],
      loss: { type: 'cosine', reduction: 'sum' },
      score: { type: 'distance' },
      threshold: { type: 'image-f1' },
      deployedThreshold: { type: 'nominal-quantile', quantile: 0.99 },
      training: {
        epochs: 10,
        batchSize: 8,
        validationFraction: 0.2,
        folds: null,
        cacheMemory: '2GiB',
        schedule: { warmUp: 0, decay: 'none' },
        clipNorm: null,
        averageDecay: 0,
        preciseBatchNorm: true,
        patience: null,
        optimizer: { type: 'sgd', learningRate: 0.4, momentum: 0.9 },
      },
      plugins: [],
      seed: 42,
    });
  });

  it('lets parts give way to the base experiment, that to the preset, that to the file, that to flags', () => {
    const rate = (...documents: unknown[]) => resolve(...documents).training.optimizer.learningRate;
    expect(rate({ method: 'stfpm' })).toBe(0.4);
    expect(rate({ method: 'ensemble' })).toBe(0.1);
    const file = { method: 'ensemble', training: { optimizer: { learningRate: 0.2 } } };
    expect(rate(file)).toBe(0.2);
    expect(rate(file, { training: { optimizer: { learningRate: 0.3 } } })).toBe(0.3);
    expect(resolve(file).training).toMatchObject({
      epochs: 50,
      batchSize: baseExperiment.training.batchSize,
    });
    expect(resolve({ method: 'ensemble' }).teacher.weights).toBe('imagenet');
  });

  it('takes the method that the highest layer names', () => {
    const resolved = resolve({ method: 'ensemble' }, { method: 'stfpm' }, { seed: 1 });
    expect(resolved).toMatchObject({ method: 'stfpm', student: { count: 1 }, seed: 1 });
  });

  it('replaces arrays', () => {
    expect(resolve({ method: 'stfpm', layers: ['a', 'b'] }, { layers: ['c'] }).layers).toEqual(['c']);
  });

  it('drops the options of a part that a higher layer replaces by another, and keeps the number of students', () => {
    const file = {
      method: 'ensemble',
      student: { type: 'resnet18', width: 8 },
      training: { epochs: 7, optimizer: { momentum: 0.5 } },
    };
    const resolved = resolve(file, {
      student: { type: 'bottleneck' },
      training: { optimizer: { type: 'adam' } },
    });
    expect(resolved.student).toEqual({
      type: 'bottleneck',
      count: 3,
      adapter: 'none',
      variants: [],
      width: 64,
      rate: 0.5,
    });
    expect(resolved.training).toMatchObject({
      epochs: 7,
      optimizer: { type: 'adam', learningRate: 0.001, beta: 0.9 },
    });
    expect(resolve(file, { training: { optimizer: { type: 'sgd' } } }).training.optimizer.momentum).toBe(0.5);
    expect(resolve({ method: 'stfpm', teacher: { type: 'bottleneck' } }).teacher).toEqual({
      type: 'bottleneck',
      standardize: false,
      width: 64,
      rate: 0.5,
    });
  });

  it('gives students the architecture of the teacher, but not its weights, unless a layer gives them a type', () => {
    const teacher = { type: 'bottleneck', width: 8, rate: 0.25 };
    expect(resolve({ method: 'stfpm', teacher }).student).toEqual({
      ...teacher,
      count: 1,
      adapter: 'none',
      variants: [],
    });
    expect(resolve({ method: 'stfpm', teacher, student: { rate: 1, count: 2 } }).student).toEqual({
      ...teacher,
      rate: 1,
      count: 2,
      adapter: 'none',
      variants: [],
    });
    expect(resolve({ method: 'stfpm', teacher, student: { type: 'bottleneck' } }).student).toEqual({
      type: 'bottleneck',
      width: 64,
      rate: 0.5,
      count: 1,
      adapter: 'none',
      variants: [],
    });
    expect(resolve({ method: 'stfpm', teacher: { width: 8, weights: 'w.pth' } }).student).toEqual({
      type: 'resnet18',
      weights: 'random',
      width: 8,
      count: 1,
      adapter: 'none',
      variants: [],
    });
  });

  it.each([
    { method: 'stfpm' },
    { $schema: 'schema.json', method: 'ensemble', teacher: { width: 8 }, plugins: ['./a.js'] },
    { method: 'ensemble', student: { type: 'bottleneck' }, training: { optimizer: { type: 'adam' } } },
    { method: 'ensemble', dataset: { type: 'folder', root: 'x', imageSize: { height: 1, width: 2 } } },
  ])('gives the same document when what it gave is resolved again: %j', (document) => {
    const resolved = resolve(document);
    const again = resolve(JSON.parse(JSON.stringify(resolved)));
    expect(again).toEqual(resolved);
    expect(JSON.stringify(again)).toBe(JSON.stringify(resolved));
  });

  it('shares nothing with the plugins or the layers', () => {
    const document = { method: 'stfpm', layers: ['layer1'] };
    const resolved = resolve(document, { dataset: { type: 'folder', root: 'x' } });
    (resolved.layers as string[]).push('changed');
    Object.assign(resolved.dataset?.extra ?? {}, ['changed']);
    expect(document.layers).toEqual(['layer1']);
    expect(resolve(document, { dataset: { type: 'folder', root: 'x' } }).dataset?.extra).toEqual([]);
  });

  it('takes a key whose value is undefined for one that is left out', () => {
    expect(
      resolve({ method: 'stfpm', seed: 7 }, { seed: undefined, training: { epochs: undefined } }),
    ).toEqual(resolve({ method: 'stfpm', seed: 7 }));
  });
});

describe('a document with faults', () => {
  const types = '"resnet18", "bottleneck"';
  it.each([
    [
      'no method',
      {},
      [
        '$.method is missing; it must be one of "stfpm", "ensemble" (The method whose preset the experiment starts from)',
      ],
    ],
    [
      'an unknown method',
      { method: 'stpfm' },
      ['$.method must be one of "stfpm", "ensemble"; found "stpfm"'],
    ],
    ['a method of the wrong type', { method: 3 }, ['$.method must be one of "stfpm", "ensemble"; found 3']],
    [
      'an unknown key',
      { method: 'stfpm', sed: 1 },
      [expect.stringMatching(/^\$\.sed is not known here; allowed are \$schema, method, teacher, /)],
    ],
    [
      'a key in a nested object',
      { method: 'stfpm', training: { batchsize: 1 } },
      [
        '$.training.batchsize is not known here; allowed are epochs, batchSize, validationFraction, folds, cacheMemory, schedule, clipNorm, averageDecay, preciseBatchNorm, patience, optimizer',
      ],
    ],
    [
      'an unknown option',
      { method: 'stfpm', loss: { reductio: 'sum' } },
      ['$.loss.reductio is not known here; allowed are type, reduction'],
    ],
    [
      'an option of another type',
      { method: 'stfpm', loss: { type: 'squared', reduction: 'sum' } },
      ['$.loss.reduction is not known here; allowed are type'],
    ],
    [
      'an unknown part',
      { method: 'stfpm', teacher: { type: 'resnet' }, student: { type: 'bottleneck' } },
      [`$.teacher.type must be one of ${types}; found "resnet"`],
    ],
    [
      'a type of the wrong type',
      { method: 'stfpm', loss: { type: null } },
      ['$.loss.type must be one of "cosine", "squared"; found null'],
    ],
    [
      'a part that is a string',
      { method: 'stfpm', loss: 'squared' },
      ['$.loss must be an object such as {"type":"cosine"}; found "squared"'],
    ],
    [
      'a part that is null',
      { method: 'stfpm', score: null },
      ['$.score must be an object such as {"type":"distance"}; found null'],
    ],
    [
      'a wrong type',
      { method: 'stfpm', student: { count: 'three' } },
      ['$.student.count must be an integer >= 1; found "three"'],
    ],
    [
      'a number out of range',
      { method: 'stfpm', training: { validationFraction: 1 } },
      ['$.training.validationFraction must be a number >= 0 and < 1; found 1'],
    ],
    [
      'a number that is no integer',
      { method: 'stfpm', seed: 1.5 },
      ['$.seed must be an integer >= 0 and <= 2147483647; found 1.5'],
    ],
    [
      'a value that is not allowed',
      { method: 'stfpm', loss: { reduction: 'summ' } },
      ['$.loss.reduction must be one of "sum", "mean"; found "summ"'],
    ],
    [
      'a value that no alternative accepts',
      { method: 'stfpm', teacher: { weights: 3 } },
      ['$.teacher.weights must be one of "imagenet", "random" or a path; found 3'],
    ],
    [
      'an alternative that is not complete',
      { method: 'stfpm', dataset: { type: 'folder', root: 'x', imageSize: { height: 1 } } },
      ['$.dataset.imageSize must be an integer >= 1 or an object with height, width; found {"height":1}'],
    ],
    [
      'an empty path',
      { method: 'stfpm', dataset: { type: 'folder', root: '' } },
      ['$.dataset.root must be a path; found ""'],
    ],
    [
      'a missing option',
      { method: 'stfpm', dataset: { type: 'folder' } },
      ['$.dataset.root is missing; it must be a path (The folder)'],
    ],
    [
      'a part without a type',
      { method: 'stfpm', dataset: { root: 'x' } },
      ['$.dataset.type is missing; it must be "folder"'],
    ],
    [
      'no layers',
      { method: 'stfpm', layers: [] },
      ['$.layers must be an array of at least 1, each a non-empty string; found []'],
    ],
    [
      'a layer that is no string',
      { method: 'stfpm', layers: ['a', 2] },
      ['$.layers[1] must be a non-empty string; found 2'],
    ],
    [
      'the same layer twice',
      { method: 'stfpm', layers: ['a', 'b', 'a'] },
      ['$.layers must not repeat an item; items 0 and 2 are both "a"'],
    ],
    [
      'an amount of memory',
      { method: 'stfpm', training: { cacheMemory: 'much' } },
      ['$.training.cacheMemory must be a string such as "2GiB"; found "much"'],
    ],
    [
      'an array for an object',
      { method: 'stfpm', training: [] },
      [expect.stringMatching(/^\$\.training must be an object with epochs, batchSize, .*; found \[\]$/)],
    ],
    [
      'NaN',
      { method: 'stfpm', training: { epochs: Number.NaN } },
      ['$.training.epochs must be a finite number; found NaN'],
    ],
    [
      'Infinity',
      { method: 'stfpm', training: { optimizer: { learningRate: Number.POSITIVE_INFINITY } } },
      ['$.training.optimizer.learningRate must be a finite number; found Infinity'],
    ],
    ['a function', { method: 'stfpm', seed: () => 1 }, ['$.seed must be a JSON value; found a function']],
    [
      'a date',
      { method: 'stfpm', seed: new Date() },
      ['$.seed must be a JSON value; found an instance of a class'],
    ],
    [
      'a document that is null',
      null,
      ['$ must be an object with the keys of an experiment', expect.stringMatching(/^\$\.method is missing/)],
    ],
    [
      'a document that is an array',
      [],
      ['$ must be an object with the keys of an experiment', expect.stringMatching(/^\$\.method is missing/)],
    ],
  ])('%s', (_what, document, faults) => {
    expect(found(document)).toEqual(faults);
  });

  it('is refused with every fault in it', () => {
    expect(
      found({
        method: 'stfpm',
        techer: {},
        student: { count: 0, width: 'wide' },
        layers: 'layer1',
        loss: { type: 'cosin' },
        training: { epochs: 0, optimizer: { type: 'adam', momentum: 0.9, learningRate: 0 } },
        dataset: { type: 'folder', imageSize: 0 },
      }),
    ).toEqual([
      expect.stringMatching(/^\$\.techer is not known here/),
      '$.student.count must be an integer >= 1; found 0',
      '$.student.width must be an integer >= 1; found "wide"',
      '$.layers must be an array of at least 1, each a non-empty string; found "layer1"',
      '$.loss.type must be one of "cosine", "squared"; found "cosin"',
      '$.dataset.root is missing; it must be a path (The folder)',
      '$.dataset.imageSize must be an integer >= 1 or an object with height, width; found 0',
      '$.training.epochs must be an integer >= 1; found 0',
      '$.training.optimizer.momentum is not known here; allowed are type, learningRate, beta',
      '$.training.optimizer.learningRate must be a number > 0; found 0',
    ]);
  });

  it('suggests the nearest name, the place where a key belongs, and how a part is written', () => {
    const suggestion = (document: object) => faultsOf({ method: 'stfpm', ...document })[0]?.suggestion;
    expect(suggestion({ sed: 1 })).toBe('seed');
    expect(suggestion({ training: { batchsize: 1 } })).toBe('batchSize');
    expect(suggestion({ loss: { type: 'cosin' } })).toBe('cosine');
    expect(suggestion({ loss: { reduction: 'Sum' } })).toBe('sum');
    expect(suggestion({ teacher: { weights: 3 } })).toBeUndefined();
    expect(suggestion({ loss: 'squared' })).toBe('{"type":"squared"}');
    expect(suggestion({ epochs: 3 })).toBe('$.training.epochs');
    expect(suggestion({ training: { learningRate: 3 } })).toBe('$.training.optimizer.learningRate');
    expect(suggestion({ training: { optimizer: { type: 'adam' }, momentum: 3 } })).toBeUndefined();
    expect(suggestion({ teacher: { count: 3 } })).toBe('$.student.count');
    expect(suggestion({ entirely: 3 })).toBeUndefined();
  });

  it('says what of the teacher a student inherits once, not twice', () => {
    expect(found({ method: 'stfpm', teacher: { type: 'vit' } })).toEqual([
      `$.teacher.type must be one of ${types}; found "vit"`,
    ]);
    expect(found({ method: 'stfpm', teacher: { width: 0, deep: true } })).toEqual([
      '$.teacher.deep is not known here; allowed are type, standardize, weights, width',
      '$.teacher.width must be an integer >= 1; found 0',
    ]);
    expect(found({ method: 'stfpm', teacher: 'bottleneck' })).toEqual([
      '$.teacher must be an object such as {"type":"resnet18"}; found "bottleneck"',
    ]);
    expect(found({ method: 'stfpm', teacher: { width: 0 }, student: { width: -1 } })).toEqual([
      '$.teacher.width must be an integer >= 1; found 0',
      '$.student.width must be an integer >= 1; found -1',
    ]);
  });

  it('says which layer a fault comes from', () => {
    const faults = faultsOf(
      { method: 'stfpm', seed: -1, training: { epochs: 0 }, dataset: { type: 'folder' } },
      { training: { epochs: -1 } },
    );
    expect(faults.map(({ path, source }) => [path, source])).toEqual([
      ['$.dataset.root', undefined],
      ['$.training.epochs', 'layer 1'],
      ['$.seed', 'layer 0'],
    ]);
  });

  it('names a part of the defaults that is not registered', () => {
    const few = createRegistry([{ name: 'few', methods: [{ name: 'stfpm', summary: 'A.', preset: {} }] }]);
    const resolveFew = () =>
      resolveExperiment({ registry: few, layers: [{ source: 'file', document: { method: 'stfpm' } }] });
    expect(resolveFew).toThrow(
      'defaults: $.loss.type is not allowed here: no loss is registered, load a plugin that brings one.',
    );
  });

  it('tells one fault in a sentence and more in a list', () => {
    expect(() => resolve({ method: 'stfpm', seed: -1, sed: 1 }, { seed: 3 })).toThrow(
      /^layer 0: \$\.sed is not known here; allowed are .*\. Did you mean seed\?$/,
    );
    expect(() => resolve({ method: 'stfpm', seed: -1, loss: { type: 'cosin' } })).toThrow(
      new RegExp(
        [
          '^The experiment has 2 faults:',
          '- layer 0: \\$\\.loss\\.type must be one of "cosine", "squared"; found "cosin"\\. Did you mean cosine\\?',
          '- layer 0: \\$\\.seed must be an integer >= 0 and <= 2147483647; found -1\\.$',
        ].join('\n'),
      ),
    );
  });

  it('cannot reach the prototype of anything', () => {
    const polluted = JSON.parse(
      '{"method": "stfpm", "__proto__": {"seed": 1}, "loss": {"__proto__": {"type": "squared"}}}',
    );
    expect(found(polluted)).toEqual([
      '$.__proto__ is not a key that a document may use',
      '$.loss.__proto__ is not a key that a document may use',
    ]);
    expect(found({ method: 'stfpm' }, parseSetting('__proto__.seed=1').document)).toEqual([
      '$.__proto__ is not a key that a document may use',
    ]);
    expect(found({ method: 'stfpm', constructor: { prototype: { seed: 1 } } })).toEqual([
      expect.stringMatching(/^\$\.constructor is not known here/),
    ]);
    expect(found({ method: 'toString' })).toEqual([expect.stringMatching(/^\$\.method must be one of/)]);
    expect(found({ method: 'stfpm', loss: { type: 'constructor' } })).toHaveLength(1);
    expect(({} as { seed?: number }).seed).toBeUndefined();
  });

  it('survives a document that contains itself', () => {
    const document: Record<string, unknown> = { method: 'stfpm' };
    document.training = document;
    expect(found(document)).toContainEqual(expect.stringMatching(/ is nested more than 64 levels deep$/));
  });
});
