import { describe, expect, it } from 'vitest';
import { ConfigurationError, type Fault } from '../contracts/errors.js';
import { baseExperiment } from './base-experiment.js';
import { createRegistry } from './create-registry.js';
import { resolveExperiment } from './experiment.js';
import { bank, fakePlugin } from './fake-parts.test.fixture.js';
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
// biome-ignore lint/suspicious/noExplicitAny: whatever its options are.
const modelOf = (...documents: unknown[]): any => resolve(...documents).model;
const model = <T extends object>(own: T) => ({ model: own });
const training = (own: object) => ({ model: { training: own } });
/** The faults of a document as `path message`. */
const found = (...documents: unknown[]) =>
  faultsOf(...documents).map(({ path, message }) => `${path} ${message}`);

describe('resolveExperiment', () => {
  it('fills in everything that the document leaves out', () => {
    expect(resolve({ method: 'stfpm' })).toEqual({
      method: 'stfpm',
      images: { size: 224, fit: 'stretch', region: null, tile: null },
      model: {
        type: 'distillation',
        teacher: { type: 'resnet18', weights: 'imagenet', width: 64 },
        layers: ['layer1', 'layer2', 'layer3'],
        student: { type: 'resnet18', weights: 'random', width: 64 },
        students: 1,
        variants: [],
        loss: { type: 'cosine', reduction: 'sum' },
        score: { type: 'distance' },
        training: {
          epochs: 10,
          schedule: { warmUp: 0, decay: 'none' },
          clipNorm: null,
          averageDecay: 0,
          preciseBatchNorm: true,
          patience: null,
          optimizer: { type: 'sgd', learningRate: 0.4, momentum: 0.9 },
          augmentation: [],
        },
      },
      fit: { batchSize: 8, validationFraction: 0.2, folds: null, cacheMemory: '2GiB' },
      threshold: { type: 'image-f1' },
      deployedThreshold: { type: 'nominal-quantile', quantile: 0.99 },
      plugins: [],
      seed: 42,
    });
  });

  it('is of the same words for a model of another family', () => {
    expect(resolve({ method: 'nearest', model: { share: 1 } })).toMatchObject({
      images: { size: 224, fit: 'stretch', region: null, tile: null },
      model: {
        type: 'bank',
        backbone: { type: 'resnet18', weights: 'random', width: 64 },
        layers: ['layer2'],
        share: 1,
      },
      fit: baseExperiment.fit,
    });
  });

  it('lets parts give way to the base experiment, that to the preset, that to the file, that to flags', () => {
    const trainingOf = (...documents: unknown[]) => modelOf(...documents).training;
    const rate = (...documents: unknown[]) => trainingOf(...documents).optimizer.learningRate;
    expect(rate({ method: 'stfpm' })).toBe(0.4);
    expect(rate({ method: 'ensemble' })).toBe(0.1);
    const file = { method: 'ensemble', ...training({ optimizer: { learningRate: 0.2 } }) };
    expect(rate(file)).toBe(0.2);
    expect(rate(file, training({ optimizer: { learningRate: 0.3 } }))).toBe(0.3);
    expect(trainingOf(file).epochs).toBe(50);
    expect(resolve(file, { fit: { batchSize: 3 } }).fit).toEqual({ ...baseExperiment.fit, batchSize: 3 });
    expect(modelOf({ method: 'ensemble' }).teacher.weights).toBe('imagenet');
  });

  it('takes the method that the highest layer names', () => {
    const resolved = resolve({ method: 'ensemble' }, { method: 'stfpm' }, { seed: 1 });
    expect(resolved).toMatchObject({ method: 'stfpm', model: { students: 1 }, seed: 1 });
  });

  it('replaces arrays', () => {
    expect(
      modelOf({ method: 'stfpm', ...model({ layers: ['a', 'b'] }) }, model({ layers: ['c'] })).layers,
    ).toEqual(['c']);
    expect(
      resolve({ method: 'stfpm', images: { size: 64 } }, { images: { size: [8, 16] } }).images.size,
    ).toEqual([8, 16]);
  });

  it('lets tiles overlap by a quarter where nothing is said', () => {
    const tile = (...images: object[]) =>
      resolve({ method: 'stfpm' }, ...images.map((images) => ({ images }))).images.tile;
    expect(tile({ tile: { size: 64 } })).toEqual({ size: 64, overlap: 16 });
    expect(tile({ size: [128, 256], tile: { size: [50, 96] } })).toEqual({ size: [50, 96], overlap: 12 });
    expect(tile({ tile: { size: 64, overlap: 0 } })).toEqual({ size: 64, overlap: 0 });
    expect(tile({ tile: { size: 64, overlap: 8 } }, { tile: { size: 32 } })).toEqual({
      size: 32,
      overlap: 8,
    });
    expect(tile({ tile: { size: 64 } }, { tile: null })).toBeNull();
  });

  it('drops the options of a part that a higher layer replaces by another, and keeps what is beside it', () => {
    const file = {
      method: 'ensemble',
      ...model({
        student: { type: 'resnet18', width: 8 },
        training: { epochs: 7, optimizer: { momentum: 0.5 } },
      }),
    };
    const resolved = modelOf(
      file,
      model({ student: { type: 'bottleneck' }, training: { optimizer: { type: 'adam' } } }),
    );
    expect(resolved.student).toEqual({ type: 'bottleneck', width: 64, rate: 0.5 });
    expect(resolved.students).toBe(3);
    expect(resolved.training).toMatchObject({
      epochs: 7,
      optimizer: { type: 'adam', learningRate: 0.001, beta: 0.9 },
    });
    expect(modelOf(file, training({ optimizer: { type: 'sgd' } })).training.optimizer.momentum).toBe(0.5);
    expect(modelOf({ method: 'stfpm', ...model({ teacher: { type: 'bottleneck' } }) }).teacher).toEqual({
      type: 'bottleneck',
      width: 64,
      rate: 0.5,
    });
  });

  it('drops the options of a part that has its type from the slot alone', () => {
    const file = {
      method: 'stfpm',
      ...model({ teacher: { weights: 'w.pth' }, training: { optimizer: { learningRate: 0.3 } } }),
    };
    const higher = model({ teacher: { type: 'bottleneck' }, training: { optimizer: { type: 'adam' } } });
    const resolved = modelOf(file, higher);
    expect(resolved.teacher).toEqual({ type: 'bottleneck', width: 64, rate: 0.5 });
    expect(resolved.training.optimizer.learningRate).toBe(0.001);
    expect(modelOf(file, training({ optimizer: { type: 'sgd' } })).training.optimizer.learningRate).toBe(0.3);
    expect(modelOf(file, higher, model({ teacher: { type: 'resnet18' } })).teacher.weights).toBe('imagenet');
  });

  it('drops all of a model that a higher layer replaces by one of another family', () => {
    const { type, backbone } = modelOf({ method: 'ensemble' }, { model: { type: 'bank' } });
    expect([type, backbone.weights]).toEqual(['bank', 'random']);
    expect(modelOf({ method: 'nearest' }, { model: { type: 'distillation' } }).students).toBe(1);
  });

  it('gives students the architecture of the teacher, but not its weights, unless a layer gives them a type', () => {
    const studentOf = (own: object) => modelOf({ method: 'stfpm', ...model(own) }).student;
    const teacher = { type: 'bottleneck', width: 8, rate: 0.25 };
    expect(studentOf({ teacher })).toEqual(teacher);
    expect(studentOf({ teacher, student: { rate: 1 } })).toEqual({ ...teacher, rate: 1 });
    expect(studentOf({ teacher, student: { type: 'bottleneck' } })).toEqual({
      type: 'bottleneck',
      width: 64,
      rate: 0.5,
    });
    expect(studentOf({ teacher: { width: 8, weights: 'w.pth' } })).toEqual({
      type: 'resnet18',
      weights: 'random',
      width: 8,
    });
  });

  it('gives what is in a list the options of the slot beside the list, which may be like another itself', () => {
    const variantsOf = (own: object) => modelOf({ method: 'stfpm', ...model(own) }).variants;
    const student = { type: 'bottleneck', width: 8 };
    expect(variantsOf({ student, variants: [{}, { rate: 1 }, { type: 'resnet18' }] })).toEqual([
      { ...student, rate: 0.5 },
      { ...student, rate: 1 },
      { type: 'resnet18', weights: 'random', width: 64 },
    ]);
    expect(variantsOf({ teacher: { width: 4, weights: 'w.pth' }, variants: [{ width: 2 }, {}] })).toEqual([
      { type: 'resnet18', weights: 'random', width: 2 },
      { type: 'resnet18', weights: 'random', width: 4 },
    ]);
  });

  it.each([
    { method: 'stfpm' },
    { $schema: 'schema.json', method: 'ensemble', ...model({ teacher: { width: 8 } }), plugins: ['./a.js'] },
    {
      method: 'ensemble',
      ...model({ student: { type: 'bottleneck' }, training: { optimizer: { type: 'adam' } } }),
    },
    { method: 'stfpm', ...model({ variants: [{ width: 3 }, { type: 'bottleneck' }, {}] }) },
    { method: 'nearest', dataset: { type: 'folder', root: 'x' }, images: { size: [16, 32] } },
  ])('gives the same document when what it gave is resolved again: %j', (document) => {
    const resolved = resolve(document);
    const again = resolve(JSON.parse(JSON.stringify(resolved)));
    expect(again).toEqual(resolved);
    expect(JSON.stringify(again)).toBe(JSON.stringify(resolved));
  });

  it('shares nothing with the plugins or the layers', () => {
    const document = { method: 'stfpm', ...model({ layers: ['layer1'] }) };
    const resolved = resolve(document, { dataset: { type: 'folder', root: 'x' } });
    (resolved.model.layers as string[]).push('changed');
    Object.assign(resolved.dataset?.extra ?? {}, ['changed']);
    (resolved.model.teacher as { width: number }).width = 1;
    expect(document.model.layers).toEqual(['layer1']);
    const again = resolve(document, { dataset: { type: 'folder', root: 'x' } });
    expect(again.dataset?.extra).toEqual([]);
    expect(again.model).toMatchObject({ layers: ['layer1'], teacher: { width: 64 }, student: { width: 64 } });
  });

  it('takes a key whose value is undefined for one that is left out', () => {
    expect(
      resolve({ method: 'stfpm', seed: 7 }, { seed: undefined, ...training({ epochs: undefined }) }),
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
        '$.method is missing; it must be one of "stfpm", "ensemble", "nearest" (The method whose preset the experiment starts from)',
      ],
    ],
    [
      'an unknown method',
      { method: 'stpfm' },
      ['$.method must be one of "stfpm", "ensemble", "nearest"; found "stpfm"'],
    ],
    [
      'a method of the wrong type',
      { method: 3 },
      ['$.method must be one of "stfpm", "ensemble", "nearest"; found 3'],
    ],
    [
      'an unknown key',
      { method: 'stfpm', sed: 1 },
      [
        '$.sed is not known here; allowed are $schema, method, dataset, images, model, fit, threshold, deployedThreshold, plugins, seed',
      ],
    ],
    [
      'a key in a nested object',
      { method: 'stfpm', ...training({ epoch: 1 }) },
      [
        '$.model.training.epoch is not known here; allowed are epochs, schedule, clipNorm, averageDecay, preciseBatchNorm, patience, optimizer, augmentation',
      ],
    ],
    [
      'a key of a section',
      { method: 'stfpm', fit: { batchsize: 1 } },
      ['$.fit.batchsize is not known here; allowed are batchSize, validationFraction, folds, cacheMemory'],
    ],
    [
      'an unknown option',
      { method: 'stfpm', ...model({ loss: { reductio: 'sum' } }) },
      ['$.model.loss.reductio is not known here; allowed are type, reduction'],
    ],
    [
      'an option of another type',
      { method: 'stfpm', ...model({ loss: { type: 'squared', reduction: 'sum' } }) },
      ['$.model.loss.reduction is not known here; allowed are type'],
    ],
    [
      'what another family has',
      { method: 'nearest', ...training({ epochs: 5 }) },
      ['$.model.training is not known here; allowed are type, backbone, layers, share'],
    ],
    [
      'an unknown part',
      { method: 'stfpm', ...model({ teacher: { type: 'resnet' }, student: { type: 'bottleneck' } }) },
      [`$.model.teacher.type must be one of ${types}; found "resnet"`],
    ],
    [
      'an unknown part in a list',
      { method: 'stfpm', ...model({ variants: [{}, { type: 'resnet' }] }) },
      [`$.model.variants[1].type must be one of ${types}; found "resnet"`],
    ],
    [
      'an unknown option in a list',
      { method: 'stfpm', ...model({ variants: [{ width: 4 }, { depth: 9 }] }) },
      ['$.model.variants[1].depth is not known here; allowed are type, weights, width'],
    ],
    [
      'a type of the wrong type',
      { method: 'stfpm', ...model({ loss: { type: null } }) },
      ['$.model.loss.type must be one of "cosine", "squared"; found null'],
    ],
    [
      'a model that is none',
      { method: 'stfpm', model: { type: 'distilation' } },
      ['$.model.type must be one of "distillation", "bank"; found "distilation"'],
    ],
    [
      'a model of a method that is a string',
      { method: 'stfpm', model: 'bank' },
      ['$.model must be an object such as {"type":"distillation"}; found "bank"'],
    ],
    [
      'a part that is a string',
      { method: 'stfpm', ...model({ loss: 'squared' }) },
      ['$.model.loss must be an object such as {"type":"cosine"}; found "squared"'],
    ],
    [
      'a part that is null',
      { method: 'stfpm', ...model({ score: null }) },
      ['$.model.score must be an object such as {"type":"distance"}; found null'],
    ],
    [
      'a wrong type',
      { method: 'stfpm', ...model({ students: 'three' }) },
      ['$.model.students must be an integer >= 1; found "three"'],
    ],
    [
      'a number out of range',
      { method: 'stfpm', fit: { validationFraction: 1 } },
      ['$.fit.validationFraction must be a number >= 0 and < 1; found 1'],
    ],
    [
      'a number that is no integer',
      { method: 'stfpm', seed: 1.5 },
      ['$.seed must be an integer >= 0 and <= 2147483647; found 1.5'],
    ],
    [
      'a value that is not allowed',
      { method: 'stfpm', ...model({ loss: { reduction: 'summ' } }) },
      ['$.model.loss.reduction must be one of "sum", "mean"; found "summ"'],
    ],
    [
      'a value that no alternative accepts',
      { method: 'stfpm', ...model({ teacher: { weights: 3 } }) },
      ['$.model.teacher.weights must be one of "imagenet", "random" or a path; found 3'],
    ],
    [
      'a size of images that is none',
      { method: 'stfpm', images: { size: [256] } },
      [
        '$.images.size must be an integer >= 8 and <= 16384 or an array of 2, each an integer >= 8 and <= 16384 such as [256,512]; found [256]',
      ],
    ],
    [
      'tiles that do not get further',
      { method: 'stfpm', images: { tile: { size: [64, 32], overlap: 32 } } },
      [
        '$.images.tile.overlap is 32, and has to be smaller than the side of a tile, 32: the next tile would not lie further on',
      ],
    ],
    [
      'tiles larger than the images',
      { method: 'stfpm', images: { size: [128, 256], tile: { size: 200 } } },
      ['$.images.tile.size is 200x200, larger than the images (128x256): set it to null for no tiles'],
    ],
    [
      'tiles of padded images',
      { method: 'stfpm', images: { fit: 'pad', tile: { size: 64 } } },
      [
        '$.images.fit is "pad", and images that are cut into tiles have nothing to be filled: set "crop" or "stretch", or $.images.tile to null',
      ],
    ],
    [
      'tiles without a size',
      { method: 'stfpm', images: { tile: { overlap: 3 } } },
      [
        '$.images.tile.size is missing; it must be an integer >= 8 and <= 16384 or an array of 2, each an integer >= 8 and <= 16384 such as [256,512] (Of a tile, in pixels: the side of a square, or height and width)',
      ],
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
      { method: 'stfpm', ...model({ layers: [] }) },
      ['$.model.layers must be an array of at least 1, each a non-empty string; found []'],
    ],
    [
      'a layer that is no string',
      { method: 'stfpm', ...model({ layers: ['a', 2] }) },
      ['$.model.layers[1] must be a non-empty string; found 2'],
    ],
    [
      'the same layer twice',
      { method: 'stfpm', ...model({ layers: ['a', 'b', 'a'] }) },
      ['$.model.layers must not repeat an item; items 0 and 2 are both "a"'],
    ],
    [
      'an amount of memory',
      { method: 'stfpm', fit: { cacheMemory: 'much' } },
      ['$.fit.cacheMemory must be a string such as "2GiB"; found "much"'],
    ],
    [
      'an array for an object',
      { method: 'stfpm', model: { training: [] }, fit: [] },
      [
        expect.stringMatching(
          /^\$\.model\.training must be an object with epochs, schedule, .*; found \[\]$/,
        ),
        expect.stringMatching(/^\$\.fit must be an object with batchSize, .*; found \[\]$/),
      ],
    ],
    [
      'NaN',
      { method: 'stfpm', ...training({ epochs: Number.NaN }) },
      ['$.model.training.epochs must be a finite number; found NaN'],
    ],
    [
      'Infinity',
      { method: 'stfpm', ...training({ optimizer: { learningRate: Number.POSITIVE_INFINITY } }) },
      ['$.model.training.optimizer.learningRate must be a finite number; found Infinity'],
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
        modell: {},
        ...model({
          students: 0,
          student: { width: 'wide' },
          layers: 'layer1',
          loss: { type: 'cosin' },
          training: { epochs: 0, optimizer: { type: 'adam', momentum: 0.9, learningRate: 0 } },
        }),
        images: { size: 4 },
        dataset: { type: 'folder', imageSize: 0 },
      }),
    ).toEqual([
      expect.stringMatching(/^\$\.modell is not known here/),
      '$.dataset.root is missing; it must be a path (The folder)',
      '$.dataset.imageSize is not known here; allowed are type, root, extra',
      expect.stringMatching(/^\$\.images\.size must be/),
      '$.model.layers must be an array of at least 1, each a non-empty string; found "layer1"',
      '$.model.student.width must be an integer >= 1; found "wide"',
      '$.model.students must be an integer >= 1; found 0',
      '$.model.loss.type must be one of "cosine", "squared"; found "cosin"',
      '$.model.training.epochs must be an integer >= 1; found 0',
      '$.model.training.optimizer.momentum is not known here; allowed are type, learningRate, beta',
      '$.model.training.optimizer.learningRate must be a number > 0; found 0',
    ]);
  });

  it('suggests the nearest name, the place where a key belongs, and how a part is written', () => {
    const suggestion = (document: object) => faultsOf({ method: 'stfpm' }, document)[0]?.suggestion;
    expect(suggestion({ sed: 1 })).toBe('seed');
    expect(suggestion({ fit: { batchsize: 1 } })).toBe('batchSize');
    expect(suggestion(model({ loss: { type: 'cosin' } }))).toBe('cosine');
    expect(suggestion(model({ loss: { reduction: 'Sum' } }))).toBe('sum');
    expect(suggestion(model({ teacher: { weights: 3 } }))).toBeUndefined();
    expect(suggestion(model({ loss: 'squared' }))).toBe('{"type":"squared"}');
    expect(suggestion({ epochs: 3 })).toBe('$.model.training.epochs');
    expect(suggestion({ epoch: 3 })).toBe('$.model.training.epochs');
    expect(suggestion(model({ epochs: 3 }))).toBe('$.model.training.epochs');
    expect(suggestion({ batchSize: 3 })).toBe('$.fit.batchSize');
    expect(suggestion(training({ learningRate: 3 }))).toBe('$.model.training.optimizer.learningRate');
    expect(suggestion(training({ optimizer: { type: 'adam' }, momentum: 3 }))).toBeUndefined();
    expect(suggestion(model({ teacher: { reduction: 'mean' } }))).toBe('$.model.loss.reduction');
    expect(suggestion({ entirely: 3 })).toBeUndefined();
    expect(suggestion({ entirely: { epochs: 3 } })).toBeUndefined();
  });

  it('suggests for each key of a document of before where it is now', () => {
    const suggested = (document: object) =>
      faultsOf({ method: 'stfpm' }, document).map(({ path, suggestion }) => [path, suggestion]);
    const before = {
      teacher: { type: 'resnet18', weights: 'imagenet' },
      layers: ['layer1'],
      student: { type: 'bottleneck', count: 3 },
      training: { epochs: 3, batchSize: 16, cacheMemory: '1GiB' },
      dataset: { type: 'folder', root: 'x', imageSize: 64 },
    };
    expect(suggested(before)).toEqual([
      ['$.teacher', '$.model.teacher'],
      ['$.layers', '$.model.layers'],
      ['$.student', '$.model.student'],
      ['$.student.count', '$.model.students'],
      ['$.training', '$.model.training'],
      ['$.training.batchSize', '$.fit.batchSize'],
      ['$.training.cacheMemory', '$.fit.cacheMemory'],
      ['$.dataset.imageSize', '$.images.size'],
    ]);
    expect(suggested({ training: { batchSize: 16 } })).toEqual([['$.training.batchSize', '$.fit.batchSize']]);
    expect(suggested(training({ batchSize: 16 }))).toEqual([
      ['$.model.training.batchSize', '$.fit.batchSize'],
    ]);
  });

  it('says what of the teacher a student inherits once, not twice', () => {
    const foundIn = (own: object) => found({ method: 'stfpm', ...model(own) });
    expect(foundIn({ teacher: { type: 'vit' } })).toEqual([
      `$.model.teacher.type must be one of ${types}; found "vit"`,
    ]);
    expect(foundIn({ teacher: { width: 0, deep: true }, variants: [{}] })).toEqual([
      '$.model.teacher.deep is not known here; allowed are type, weights, width',
      '$.model.teacher.width must be an integer >= 1; found 0',
    ]);
    expect(foundIn({ teacher: 'bottleneck' })).toEqual([
      '$.model.teacher must be an object such as {"type":"resnet18"}; found "bottleneck"',
    ]);
    expect(foundIn({ teacher: { width: 0 }, student: { width: -1 } })).toEqual([
      '$.model.teacher.width must be an integer >= 1; found 0',
      '$.model.student.width must be an integer >= 1; found -1',
    ]);
    expect(foundIn({ student: { type: 'bottleneck', rate: 2 }, variants: [{}, { width: 0 }] })).toEqual([
      '$.model.student.rate must be a number > 0 and <= 1; found 2',
      '$.model.variants[1].width must be an integer >= 1; found 0',
    ]);
  });

  it('says which layer a fault comes from', () => {
    const faults = faultsOf(
      { method: 'stfpm', seed: -1, ...training({ epochs: 0 }), dataset: { type: 'folder' } },
      { ...model({ training: { epochs: -1 }, variants: [{ width: 0 }] }), teacher: {} },
    );
    expect(faults.map(({ path, source }) => [path, source])).toEqual([
      ['$.teacher', 'layer 1'],
      ['$.dataset.root', undefined],
      ['$.model.variants[0].width', 'layer 1'],
      ['$.model.training.epochs', 'layer 1'],
      ['$.seed', 'layer 0'],
    ]);
  });

  it('names a part of the defaults that is not registered', () => {
    const preset = { model: { type: 'mine' } };
    const mine = { ...bank, name: 'mine', options: {} };
    const few = createRegistry([
      { name: 'few', parts: [mine], methods: [{ name: 'few', summary: 'A.', preset }] },
    ]);
    const resolveFew = () =>
      resolveExperiment({ registry: few, layers: [{ source: 'file', document: { method: 'few' } }] });
    expect(resolveFew).toThrow(
      'defaults: $.threshold.type is not allowed here: no threshold is registered, load a plugin that brings one.',
    );
  });

  it('tells one fault in a sentence and more in a list', () => {
    expect(() => resolve({ method: 'stfpm', seed: -1, sed: 1 }, { seed: 3 })).toThrow(
      /^layer 0: \$\.sed is not known here; allowed are .*\. Did you mean seed\?$/,
    );
    expect(() => resolve({ method: 'stfpm', seed: -1, ...model({ loss: { type: 'cosin' } }) })).toThrow(
      new RegExp(
        [
          '^The experiment has 2 faults:',
          '- layer 0: \\$\\.model\\.loss\\.type must be one of "cosine", "squared"; found "cosin"\\. Did you mean cosine\\?',
          '- layer 0: \\$\\.seed must be an integer >= 0 and <= 2147483647; found -1\\.$',
        ].join('\n'),
      ),
    );
  });

  it('cannot reach the prototype of anything', () => {
    const polluted = JSON.parse(
      '{"method": "stfpm", "__proto__": {"seed": 1}, "model": {"loss": {"__proto__": {"type": "squared"}}}}',
    );
    expect(found(polluted)).toEqual([
      '$.__proto__ is not a key that a document may use',
      '$.model.loss.__proto__ is not a key that a document may use',
    ]);
    expect(found({ method: 'stfpm' }, parseSetting('__proto__.seed=1').document)).toEqual([
      '$.__proto__ is not a key that a document may use',
    ]);
    expect(found({ method: 'stfpm', constructor: { prototype: { seed: 1 } } })).toEqual([
      expect.stringMatching(/^\$\.constructor is not known here/),
    ]);
    expect(found({ method: 'toString' })).toEqual([expect.stringMatching(/^\$\.method must be one of/)]);
    expect(found({ method: 'stfpm', ...model({ loss: { type: 'constructor' } }) })).toHaveLength(1);
    expect(({} as { seed?: number }).seed).toBeUndefined();
  });

  it('survives a document that contains itself', () => {
    const document: Record<string, unknown> = { method: 'stfpm' };
    document.model = document;
    expect(found(document)).toContainEqual(expect.stringMatching(/ is nested more than 64 levels deep$/));
  });
});
