import { describe, expect, it, vi } from 'vitest';
import { ConfigurationError, DataError } from '../contracts/errors.js';
import type { Make, Part } from '../contracts/part.js';
import { slot } from '../model/options.js';
import {
  compose,
  datasetIdentifier,
  deployedThresholderIdentifier,
  experimentIdentifier,
  modelIdentifier,
  openDataset,
  thresholderIdentifier,
} from './compose.js';
import { createRegistry } from './create-registry.js';
import { resolveExperiment } from './experiment.js';
import {
  type FakeBackbone,
  type FakeModel,
  fakeBackbone,
  fakeModel,
  fakePlugin,
  never,
} from './fake-parts.test.fixture.js';

/** An experiment over the fake parts and those of `parts`. */
function experimentWith(document: object, parts: Part[] = []) {
  const registry = createRegistry([fakePlugin, { name: 'mine', parts: [...parts, spare] }]);
  const layers = [{ source: 'file', document: { method: 'stfpm', ...document } }];
  return { registry, experiment: resolveExperiment({ registry, layers }) };
}
function composeWith(document: object, parts: Part[] = [], context: Parameters<typeof compose>[2] = {}) {
  const { registry, experiment } = experimentWith(document, parts);
  return compose(registry, experiment, context);
}
const modelWith = async (model: object, ...rest: [Part[]?, Parameters<typeof compose>[2]?]) =>
  (await composeWith({ model }, ...rest)).model as FakeModel;
const spare: Part<'loss'> = { kind: 'loss', name: 'spare', summary: 'A loss.', create: () => never };
const backbone = (name: string, create: Part<'backbone'>['create']): Part<'backbone'> => ({
  kind: 'backbone',
  name,
  summary: 'A backbone.',
  create,
});
/** A model that creates the backbone in its only slot. */
const eager: Part<'model'> = {
  kind: 'model',
  name: 'eager',
  summary: 'A model.',
  options: { network: slot('backbone', 'A network.', { default: { type: 'resnet18' } }) },
  create: async ({ network }: { network: Make<'backbone'> }, context) =>
    fakeModel({ network: await network({ layers: ['a'], frozen: true }) }, context),
};

describe('compose', () => {
  it('creates the parts that the document names, each with its options', async () => {
    const composition = await composeWith({
      model: { type: 'bank', share: 0.5 },
      deployedThreshold: { quantile: 0.5 },
    });
    expect((composition.model as FakeModel).options).toMatchObject({ layers: ['layer2'], share: 0.5 });
    expect(composition.threshold.needs).toBe('labels');
    expect(composition.deployedThreshold.needs).toBe('nominal');
  });

  it('tells the model the seed, the size of the images, how to report and to stop, and whether it is restored', async () => {
    const [report, { signal }] = [vi.fn(), new AbortController()];
    const composition = await composeWith({ images: { size: [16, 32] }, seed: 7 }, [], {
      report,
      signal,
      restoring: true,
    });
    expect((composition.model as FakeModel).context).toEqual({
      seed: 7,
      imageSize: { height: 16, width: 32 },
      report,
      signal,
      restoring: true,
    });
    expect((await modelWith({})).context.imageSize).toEqual({ height: 224, width: 224 });
  });

  it('binds the parts in a child of the registry', async () => {
    const { registry, experiment } = experimentWith({ dataset: { type: 'folder', root: 'x' } });
    const composition = await compose(registry, experiment);
    const { container } = composition;
    expect(container.get(experimentIdentifier)).toBe(experiment);
    expect(container.get(modelIdentifier)).toBe(composition.model);
    expect(container.get(thresholderIdentifier)).toBe(composition.threshold);
    expect(container.get(deployedThresholderIdentifier)).toBe(composition.deployedThreshold);
    expect(await container.getAsync(datasetIdentifier)).toBe(await composition.dataset());
    expect(registry.isBound(modelIdentifier)).toBe(false);

    // What is to be injected is resolved by inversify from these bindings.
    const fitter = Symbol('fitter');
    container
      .bind(fitter)
      .toResolvedValue((...parts: unknown[]) => parts, [modelIdentifier, thresholderIdentifier]);
    expect(container.get(fitter)).toEqual([composition.model, composition.threshold]);
  });

  it('reads the dataset once, when it is first asked for', async () => {
    const create = vi.fn(readFolder);
    const dataset: Part<'dataset'> = { kind: 'dataset', name: 'slow', summary: 'Images.', create };
    const composition = await composeWith({ dataset: { type: 'slow' } }, [dataset]);
    expect(create).not.toHaveBeenCalled();
    const [first, second] = await Promise.all([composition.dataset(), composition.dataset()]);
    expect(first).toBe(second);
    expect(create).toHaveBeenCalledTimes(1);
    await expect((await composeWith({})).dataset()).rejects.toThrow(
      new ConfigurationError('$.dataset is missing; name the dataset that is to be read.'),
    );
  });

  it('reads the dataset before it makes the model, where it is told to', async () => {
    const missing: Part<'dataset'> = {
      kind: 'dataset',
      name: 'missing',
      summary: 'Images.',
      create: () => {
        throw new ConfigurationError('There is no folder x.');
      },
    };
    const create = vi.fn(fakeModel);
    const composing = composeWith(
      { dataset: { type: 'missing' }, model: { type: 'late' } },
      [missing, { ...eager, name: 'late', options: {}, create }],
      { datasetFirst: true },
    );
    await expect(composing).rejects.toThrow('$.dataset ("missing"): There is no folder x.');
    expect(create).not.toHaveBeenCalled();
  });

  it('makes the same parts anew, for another fit', async () => {
    const composition = await composeWith({ model: { students: 2 } });
    const anew = await composition.anew();
    expect(anew.model).not.toBe(composition.model);
    expect((anew.model as FakeModel).options.students).toBe(2);
    expect((anew.model as FakeModel).context).toEqual((composition.model as FakeModel).context);
  });

  it('disposes the model', async () => {
    const composition = await composeWith({});
    const { isDisposed } = composition.model as FakeModel;
    expect(isDisposed()).toBe(false);
    composition.dispose();
    expect(isDisposed()).toBe(true);
  });
});

describe('openDataset', () => {
  it('reads a dataset without making a model', async () => {
    const create = vi.fn(fakeModel);
    const { registry, experiment } = experimentWith(
      { dataset: { type: 'folder', root: 'x' }, model: { type: 'unused' } },
      [{ ...eager, name: 'unused', options: {}, create }],
    );
    expect((await openDataset(registry, experiment)).name).toBe('x');
    expect(create).not.toHaveBeenCalled();
  });

  it('checks what it is given, and says where it is from', async () => {
    const broken: Part<'dataset'> = {
      kind: 'dataset',
      name: 'broken',
      summary: 'Images.',
      create: () => ({ name: 'x' }) as never,
    };
    const { registry, experiment } = experimentWith({ dataset: { type: 'broken' } }, [broken]);
    await expect(openDataset(registry, experiment)).rejects.toThrow(
      '$.dataset: the dataset "broken" of plugin "mine" must create an object with name, train, test, image(), mask(); it gave an object with name.',
    );
    await expect(openDataset(registry, { seed: 1 })).rejects.toThrow('$.dataset is missing');
  });
});

describe('what is in a slot', () => {
  it('comes to a part as something that makes it, wherever the slot is', async () => {
    const { options } = await modelWith({ variants: [{ width: 3 }, { type: 'bottleneck' }] });
    const made: Make[] = [options.teacher, ...options.variants, options.training.optimizer, options.loss];
    expect(made.map(({ type, path }) => [type, path])).toEqual([
      ['resnet18', '$.model.teacher'],
      ['resnet18', '$.model.variants[0]'],
      ['bottleneck', '$.model.variants[1]'],
      ['sgd', '$.model.training.optimizer'],
      ['cosine', '$.model.loss'],
    ]);
    expect(options.training.epochs).toBe(10);
    expect(options.layers).toEqual(['layer1', 'layer2', 'layer3']);
  });

  it('is made with its options, as often as it is asked for', async () => {
    const { options } = await modelWith({ teacher: { width: 8 }, loss: { reduction: 'mean' } });
    const context = { layers: ['a', 'b'], frozen: true };
    const [one, other] = [await options.teacher(context), await options.teacher(context)] as FakeBackbone[];
    expect(one?.options).toEqual({ weights: 'imagenet', width: 8 });
    expect(one?.channels).toEqual({ a: 8, b: 16 });
    expect(other).not.toBe(one);
    expect((await options.student(context)).options).toEqual({ weights: 'random', width: 8 });
    expect(Object.entries(await options.loss())).toEqual([['options', { reduction: 'mean' }]]);
  });

  it('knows of its context what every part may know, and what the part that has the slot says', async () => {
    const [report, { signal }] = [vi.fn(), new AbortController()];
    const { options } = await modelWith({}, [], { report, signal, restoring: true });
    const shared = { report, signal, restoring: true };
    const context = { layers: ['a'], frozen: false, target: { layers: ['a'], channels: { a: 4 } } };
    expect((await options.student(context)).context).toEqual({ ...shared, seed: 42, ...context });
    expect((await options.student({ ...context, seed: 43, restoring: false })).context).toEqual({
      ...shared,
      ...context,
      seed: 43,
      restoring: false,
    });
    const plain = await modelWith({});
    expect((await plain.options.student(context)).context).toEqual({ seed: 42, ...context });
  });

  it('may be a part with slots of its own', async () => {
    const outer: Part<'model'> = {
      kind: 'model',
      name: 'outer',
      summary: 'A model.',
      options: { inner: slot('model', 'Another.', { default: { type: 'eager', network: { width: 5 } } }) },
      create: async ({ inner }: { inner: Make<'model'> }, context) =>
        fakeModel({ inner: await inner({ imageSize: context.imageSize, seed: 9 }) }, context),
    };
    const { options } = await modelWith({ type: 'outer' }, [eager, outer]);
    const { network } = options.inner.options;
    expect([network.options.width, network.context.seed]).toEqual([5, 9]);
    await expect(
      modelWith({ type: 'outer', inner: { network: { type: 'failing' } } }, [
        eager,
        outer,
        failing(new Error('no')),
      ]),
    ).rejects.toThrow(/^\$\.model\.inner\.network \("failing"\): no$/);
  });
});

describe('compose refuses', () => {
  const refused = async (...arguments_: Parameters<typeof composeWith>) => {
    const error: unknown = await composeWith(...arguments_).then(
      () => undefined,
      (reason) => reason,
    );
    expect(error).toBeInstanceOf(ConfigurationError);
    return (error as Error).message;
  };

  it('a deployed threshold that needs defective images', async () => {
    expect(await refused({ deployedThreshold: { type: 'image-f1' } })).toBe(
      '$.deployedThreshold must be a threshold that nominal images suffice for, such as "nominal-quantile"; ' +
        '"image-f1" needs labels, which a user of the model does not have.',
    );
  });

  it('a backbone with other layers than those it was asked for, and disposes it', async () => {
    const made: FakeBackbone[] = [];
    const giving = (name: string, layers: string[]) =>
      backbone(name, (_, context) => {
        made.push(fakeBackbone({ width: 64 }, { ...context, layers }));
        return made.at(-1) as FakeBackbone;
      });
    const model = (type: string) => ({ model: { type: 'eager', network: { type } } });
    expect(await refused(model('other'), [eager, giving('other', ['b'])])).toBe(
      '$.model.network: the backbone "other" of plugin "mine" must give the layers that are asked for, a; it gives b, so that "a" is on one side only.',
    );
    expect(await refused(model('more'), [eager, giving('more', ['a', 'c'])])).toBe(
      '$.model.network: the backbone "more" of plugin "mine" must give the layers that are asked for, a; it gives a, c, so that "c" is on one side only.',
    );
    expect(made.map((network) => network.isDisposed())).toEqual([true, true]);
  });

  it.each([
    [
      'model',
      { model: { type: 'broken' } },
      { stages: [], dispose: never },
      '$.model',
      'an object with normalization, stages, detect(), state(), restore(), dispose(); it gave an object with stages, dispose',
    ],
    [
      'backbone',
      { model: { type: 'eager', network: { type: 'broken' } } },
      {},
      '$.model.network',
      'an object with layers, channels, parameters, statistics, features(), dispose(); it gave an object with nothing in it',
    ],
    [
      'threshold',
      { threshold: { type: 'broken' } },
      undefined,
      '$.threshold',
      'an object with needs, threshold(); it gave undefined',
    ],
  ] as const)('a %s that is none', async (kind, document, created, path, expected) => {
    const broken = {
      kind,
      name: 'broken',
      summary: 'It is broken.',
      create: () => created && { ...created, ...('dispose' in created && { dispose: () => undefined }) },
    } as unknown as Part;
    expect(await refused(document, [eager, broken])).toBe(
      `${path}: the ${kind} "broken" of plugin "mine" must create ${expected}.`,
    );
  });

  it.each([
    ['loss', {}, 'a function; it gave an object with nothing in it'],
    ['score', () => 1, 'an object with minStudents, anomalyMap(); it gave a function'],
    [
      'score',
      { minStudents: '2', anomalyMap: never },
      'an object with minStudents, anomalyMap(); it gave an object with minStudents, anomalyMap',
    ],
    ['optimizer', null, 'an object with step(), state(), restore(), dispose(); it gave null'],
  ] as const)('in a slot, a %s that is none', async (kind, created, expected) => {
    const broken = { kind, name: 'broken', summary: 'It is.', create: () => created } as unknown as Part;
    const choosy: Part<'model'> = {
      ...eager,
      name: 'choosy',
      options: { own: slot(kind, 'A part.', { default: { type: 'broken' } }) },
      create: async ({ own }: { own: Make }, context) => fakeModel({ own: await own() }, context),
    };
    expect(await refused({ model: { type: 'choosy' } }, [choosy, broken])).toBe(
      `$.model.own: the ${kind} "broken" of plugin "mine" must create ${expected}.`,
    );
  });
});

const failing = (error: unknown) =>
  backbone('failing', () => {
    throw error;
  });

describe('an error of a part', () => {
  const errorOf = (error: unknown) =>
    modelWith({ type: 'eager', network: { type: 'failing' } }, [eager, failing(error)]).catch(
      (reason) => reason,
    );

  it('keeps its class and its message, after the slot it comes from', async () => {
    const configuration = await errorOf(new ConfigurationError('No layer9.', [{ path: '$', message: 'm' }]));
    expect(configuration).toBeInstanceOf(ConfigurationError);
    expect(configuration.message).toBe('$.model.network ("failing"): No layer9.');
    expect(configuration.faults).toEqual([{ path: '$', message: 'm' }]);
    const data = await errorOf(new DataError('The file is cut short.'));
    expect(data).toBeInstanceOf(DataError);
    expect(data.message).toBe('$.model.network ("failing"): The file is cut short.');
    const cause = new TypeError('x is not a function');
    const other = await errorOf(cause);
    expect([other.message, other.cause]).toEqual(['$.model.network ("failing"): x is not a function', cause]);
  });

  it('is left alone where it names the slot itself', async () => {
    const error = new ConfigurationError('$.model.network.width is too small.');
    expect(await errorOf(error)).toBe(error);
  });

  it('that comes of stopping is the reason for stopping', async () => {
    const controller = new AbortController();
    const stopping = backbone('failing', async () => {
      controller.abort(new Error('stopped'));
      throw new Error('download failed');
    });
    const composing = modelWith({ type: 'eager', network: { type: 'failing' } }, [eager, stopping], {
      signal: controller.signal,
    });
    await expect(composing).rejects.toThrow(/^stopped$/);
    await expect(composeWith({}, [], { signal: AbortSignal.abort(new Error('at once')) })).rejects.toThrow(
      'at once',
    );
  });
});

const readFolder = async () => ({
  name: 'slow',
  category: null,
  train: [],
  test: [],
  skipped: 0,
  image: never,
  mask: never,
});
