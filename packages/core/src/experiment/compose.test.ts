import { describe, expect, it, vi } from 'vitest';
import { ConfigurationError, DataError } from '../contracts/errors.js';
import type { Part, PartContext } from '../contracts/part.js';
import {
  compose,
  datasetIdentifier,
  deployedThresholderIdentifier,
  distillationLossIdentifier,
  experimentIdentifier,
  optimizerFactoryIdentifier,
  scoreFunctionIdentifier,
  studentsIdentifier,
  teacherIdentifier,
  thresholderIdentifier,
} from './compose.js';
import { createRegistry } from './create-registry.js';
import { resolveExperiment } from './experiment.js';
import { type FakeBackbone, fakeBackbone, fakePlugin, never } from './fake-parts.test.fixture.js';

/** Composes an experiment over the fake parts and those of `parts`. */
function composeWith(
  document: object,
  parts: Part[] = [],
  context: Pick<PartContext, 'report' | 'signal'> = {},
) {
  const registry = createRegistry([fakePlugin, { name: 'mine', parts: [...parts, spare] }]);
  const layers = [{ source: 'file', document: { method: 'stfpm', ...document } }];
  return compose(registry, resolveExperiment({ registry, layers }), context);
}
const spare: Part<'loss'> = { kind: 'loss', name: 'spare', summary: 'A loss.', create: () => never };
const backbone = (name: string, create: Part<'backbone'>['create']): Part<'backbone'> => ({
  kind: 'backbone',
  name,
  summary: 'A backbone.',
  create,
});

describe('compose', () => {
  it('creates each part of the experiment with its options', async () => {
    const composition = await composeWith({
      teacher: { width: 8 },
      student: { count: 2 },
      layers: ['layer1', 'layer2'],
      loss: { reduction: 'mean' },
      score: { type: 'variance' },
    });
    const teacher = composition.teacher as FakeBackbone;
    const students = composition.students as FakeBackbone[];
    expect(teacher.options).toEqual({ weights: 'imagenet', width: 8 });
    expect(students.map(({ options }) => options)).toEqual([
      { weights: 'random', width: 8 },
      { weights: 'random', width: 8 },
    ]);
    expect(teacher.channels).toEqual({ layer1: 8, layer2: 16 });
    expect(composition.score.minStudents).toBe(2);
    expect(Object.entries(composition.loss)).toEqual([['options', { reduction: 'mean' }]]);
    expect(composition.threshold.needs).toBe('labels');
    expect(composition.deployedThreshold.needs).toBe('nominal');
  });

  it('gives students the options of the variants, one after the other, over and over', async () => {
    const variants = [{ weights: 'a' }, {}];
    const { students } = await composeWith({
      student: { count: 3, variants },
    });
    expect((students as FakeBackbone[]).map(({ options }) => options.weights)).toEqual(['a', 'random', 'a']);
  });

  it('refuses a variant that the student does not have', async () => {
    const wrong = async () => composeWith({ student: { variants: [{ width: 4 }, { depth: 9 }] } });
    await expect(wrong).rejects.toThrow('$.student.variants[1].depth is not known here; allowed are');
  });

  it('gives each student a seed of its own, and the teacher one that no experiment changes', async () => {
    const seeds = async (seed: number) => {
      const { teacher, students } = await composeWith({ seed, student: { count: 3 } });
      return [teacher, ...students].map((network) => (network as FakeBackbone).context.seed);
    };
    expect(await seeds(42)).toEqual([0, 42, 43, 44]);
    expect(await seeds(7)).toEqual([0, 7, 8, 9]);
  });

  it('tells parts the layers, their role, and how to report and to stop', async () => {
    const [report, { signal }] = [vi.fn(), new AbortController()];
    const { teacher, students } = await composeWith({ layers: ['a'] }, [], { report, signal });
    const context = { layers: ['a'], report, signal };
    expect((teacher as FakeBackbone).context).toEqual({ ...context, seed: 0, role: 'teacher' });
    expect((students[0] as FakeBackbone).context).toEqual({
      ...context,
      seed: 42,
      role: 'student',
      teacher: { layers: ['a'], channels: { a: 64 } },
    });
  });

  it('binds the parts in a child of the registry', async () => {
    const registry = createRegistry([fakePlugin]);
    const document = { method: 'stfpm', dataset: { type: 'folder', root: 'x' } };
    const experiment = resolveExperiment({ registry, layers: [{ source: 'file', document }] });
    const composition = await compose(registry, experiment);
    const { container } = composition;
    expect(container.get(experimentIdentifier)).toBe(experiment);
    expect(container.get(teacherIdentifier)).toBe(composition.teacher);
    expect(container.get(studentsIdentifier)).toBe(composition.students);
    expect(container.get(distillationLossIdentifier)).toBe(composition.loss);
    expect(container.get(scoreFunctionIdentifier)).toBe(composition.score);
    expect(container.get(thresholderIdentifier)).toBe(composition.threshold);
    expect(container.get(deployedThresholderIdentifier)).toBe(composition.deployedThreshold);
    expect(container.get(optimizerFactoryIdentifier)).toBe(composition.createOptimizer);
    expect(await container.getAsync(datasetIdentifier)).toBe(await composition.dataset());
    expect(registry.isBound(teacherIdentifier)).toBe(false);

    // What is to be injected is resolved by inversify from these bindings.
    const trainer = Symbol('trainer');
    container
      .bind(trainer)
      .toResolvedValue((...parts: unknown[]) => parts, [teacherIdentifier, scoreFunctionIdentifier]);
    expect(container.get(trainer)).toEqual([composition.teacher, composition.score]);
  });

  it('reads the dataset once, when it is first asked for', async () => {
    const create = vi.fn(async () => ({ ...(await readFolder()) }));
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

  it('makes an optimizer for each student', async () => {
    const seeds: number[] = [];
    const optimizer: Part<'optimizer'> = {
      kind: 'optimizer',
      name: 'mine',
      summary: 'An optimizer.',
      options: { rate: { type: 'number', default: 3, description: 'A rate.' } },
      create: ({ rate }, { seed }) => {
        seeds.push(rate, seed);
        return { step: never, state: never, restore: never, dispose: never };
      },
    };
    const { createOptimizer } = await composeWith({ training: { optimizer: { type: 'mine' } } }, [optimizer]);
    const [first, second] = [await createOptimizer(0), await createOptimizer(1)];
    expect(first).not.toBe(second);
    expect(seeds).toEqual([3, 42, 3, 43]);
  });

  it('disposes its networks', async () => {
    const composition = await composeWith({ student: { count: 2 } });
    const networks = [composition.teacher, ...composition.students] as FakeBackbone[];
    expect(networks.map((network) => network.isDisposed())).toEqual([false, false, false]);
    composition.dispose();
    expect(networks.map((network) => network.isDisposed())).toEqual([true, true, true]);
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

  it('fewer students than the score needs', async () => {
    expect(await refused({ score: { type: 'variance' } })).toBe(
      '$.student.count must be at least 2 for the score "variance"; found 1.',
    );
  });

  it('a deployed threshold that needs defective images', async () => {
    expect(await refused({ deployedThreshold: { type: 'image-f1' } })).toBe(
      '$.deployedThreshold must be a threshold that nominal images suffice for, such as "nominal-quantile"; ' +
        '"image-f1" needs labels, which a user of the model does not have.',
    );
  });

  it('patience where nothing tells a better epoch', async () => {
    expect(await refused({ training: { patience: 3, validationFraction: 0 } })).toBe(
      '$.training.patience is 3, but without held-out images no epoch is better than another: set $.training.validationFraction above 0, or patience to null.',
    );
  });

  it('a student with other channels than the teacher', async () => {
    expect(await refused({ teacher: { width: 8 }, student: { width: 16 }, layers: ['a', 'b'] })).toBe(
      '$.student must give as many channels as $.teacher; in "a" the student "resnet18" has 16, the teacher "resnet18" has 8. ' +
        'With "adapter": "convolution" they may differ.',
    );
  });

  it('a backbone with other layers than the experiment', async () => {
    const partial = backbone('partial', (_, context) =>
      fakeBackbone({ width: 64 }, { ...context, layers: ['b'] }),
    );
    expect(await refused({ teacher: { type: 'partial' }, layers: ['a', 'b'] }, [partial])).toBe(
      '$.teacher: the backbone "partial" must give the layers of the experiment, a, b; it gives b, so that "a" is on one side only.',
    );
    const more = backbone('more', (_, context) =>
      fakeBackbone({ width: 64 }, { ...context, layers: ['a', 'c'] }),
    );
    expect(await refused({ student: { type: 'more' }, layers: ['a'] }, [more])).toBe(
      '$.student: the backbone "more" must give the layers of the experiment, a; it gives a, c, so that "c" is on one side only.',
    );
  });

  it.each([
    [
      'backbone',
      'teacher',
      {},
      'an object with layers, channels, parameters, statistics, features(), dispose(); it gave an object with nothing in it',
    ],
    ['loss', 'loss', {}, 'a function; it gave an object with nothing in it'],
    ['score', 'score', () => 1, 'an object with minStudents, anomalyMaps(); it gave a function'],
    [
      'score',
      'score',
      { minStudents: '2', anomalyMaps: never },
      'an object with minStudents, anomalyMaps(); it gave an object with minStudents, anomalyMaps',
    ],
    ['threshold', 'threshold', undefined, 'an object with needs, threshold(); it gave undefined'],
  ] as const)('a %s that is none', async (kind, slot, created, expected) => {
    const broken = {
      kind,
      name: 'broken',
      summary: 'It is broken.',
      create: () => created,
    } as unknown as Part;
    expect(await refused({ [slot]: { type: 'broken' } }, [broken])).toBe(
      `$.${slot}: the ${kind} "broken" of plugin "mine" must create ${expected}.`,
    );
  });
});

describe('an error of a part', () => {
  const failing = (error: unknown) =>
    backbone('failing', () => {
      throw error;
    });
  const errorOf = (error: unknown, context = {}) =>
    composeWith({ student: { type: 'failing' } }, [failing(error)], context).catch((reason) => reason);

  it('keeps its class and its message, after the slot it comes from', async () => {
    const configuration = await errorOf(new ConfigurationError('No layer9.', [{ path: '$', message: 'm' }]));
    expect(configuration).toBeInstanceOf(ConfigurationError);
    expect(configuration.message).toBe('$.student ("failing"): No layer9.');
    expect(configuration.faults).toEqual([{ path: '$', message: 'm' }]);
    const data = await errorOf(new DataError('The file is cut short.'));
    expect(data).toBeInstanceOf(DataError);
    expect(data.message).toBe('$.student ("failing"): The file is cut short.');
    const cause = new TypeError('x is not a function');
    const other = await errorOf(cause);
    expect([other.message, other.cause]).toEqual(['$.student ("failing"): x is not a function', cause]);
  });

  it('is left alone where it names the slot itself', async () => {
    const error = new ConfigurationError('$.student.width is too small.');
    expect(await errorOf(error)).toBe(error);
  });

  it('disposes the networks that were there already', async () => {
    const made: FakeBackbone[] = [];
    const tracked = backbone('tracked', (_, context) => {
      if (made.length === 2) throw new Error('no memory');
      made.push(fakeBackbone({ width: 1 }, context));
      return made.at(-1) as FakeBackbone;
    });
    await expect(
      composeWith({ teacher: { type: 'tracked' }, student: { count: 2 } }, [tracked]),
    ).rejects.toThrow('no memory');
    expect(made.map((network) => network.isDisposed())).toEqual([true, true]);
  });

  it('that comes of stopping is the reason for stopping', async () => {
    const controller = new AbortController();
    const stopping = backbone('failing', async () => {
      controller.abort(new Error('stopped'));
      throw new Error('download failed');
    });
    const composing = composeWith({ student: { type: 'failing' } }, [stopping], {
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
  imageSize: { height: 1, width: 1 },
  train: [],
  test: [],
  skipped: 0,
  image: never,
  mask: never,
});
