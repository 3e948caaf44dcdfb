import {
  ConfigurationError,
  checkConformance,
  type FitOptions,
  type FittedDetector,
  fitDetector,
  holdOut,
  imagesTensor,
  memoryBudget,
  modelFiles,
  parseSafetensors,
  readBatch,
  restoreModel,
  serializeModel,
  type Tensors,
  type TrainStage,
  tf,
} from '@adfw/core';
import '@adfw/engine-onnxruntime';
import '@tensorflow/tfjs-backend-cpu';
import { afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { plugin } from './index.js';
import {
  composeWith,
  images,
  made,
  registry,
  type TinyNetwork,
  tinyPlugin,
} from './tiny-parts.test.fixture.js';

beforeAll(() => tf.setBackend('cpu'));
beforeEach(() => {
  made.length = 0;
});
afterEach(() => tf.disposeVariables());

/** What composing a model makes: the teacher, then its students. */
async function networksOf(...given: Parameters<typeof composeWith>) {
  made.length = 0;
  const composition = await composeWith(...given);
  const [teacher, ...students] = made as [TinyNetwork, ...TinyNetwork[]];
  return { composition, model: composition.model, teacher, students };
}
const refused = async (...given: Parameters<typeof composeWith>): Promise<string> => {
  const error: unknown = await composeWith(...given).then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(ConfigurationError);
  return (error as Error).message;
};
const fitted = async (
  [model, more = {}]: [object, object?],
  options: Partial<FitOptions> = {},
): Promise<FittedDetector & { state: Record<string, number[]> }> => {
  const composition = await composeWith(model, more);
  const detector = await fitDetector(composition, images(10), { budget: memoryBudget(1e8), ...options });
  return { ...detector, state: valuesOf(composition.model.state()) };
};
const valuesOf = (state: Tensors) =>
  Object.fromEntries(Object.entries(state).map(([name, value]) => [name, Array.from(value.dataSync())]));

describe('what it is made of', () => {
  it('is a frozen teacher, and as many students as are asked for, each with a seed of its own', async () => {
    const seeds = async (seed: number) => {
      const { teacher, students } = await networksOf({ students: 3 }, { seed });
      return [teacher, ...students].map(({ context }) => context.seed);
    };
    // A random teacher is the same one whatever the experiment's seed.
    expect(await seeds(42)).toEqual([0, 42, 43, 44]);
    expect(await seeds(7)).toEqual([0, 7, 8, 9]);
  });

  it('tells networks what is asked of them, and students what they learn from', async () => {
    const [report, { signal }] = [vi.fn(), new AbortController()];
    const { teacher, students } = await networksOf({ layers: ['a'] }, {}, { report, signal });
    const context = { layers: ['a'], report, signal };
    expect(teacher.context).toEqual({ ...context, seed: 0, frozen: true });
    expect(students[0]?.context).toEqual({
      ...context,
      seed: 42,
      frozen: false,
      target: { layers: ['a'], channels: { a: 4 } },
    });
  });

  it("gives students the teacher's options, or those of the variants, one after the other, over and over", async () => {
    const widths = async (model: object) =>
      (await networksOf(model)).students.map(({ options }) => options.width);
    expect(await widths({ teacher: { width: 3 }, students: 2 })).toEqual([3, 3]);
    const variants = [{ width: 2 }, {}];
    expect(await widths({ students: 3, variants, adapter: 'convolution' })).toEqual([2, 4, 2]);
  });

  it('has stages only for what is to be done', async () => {
    const stagesOf = async (model: object) => (await composeWith(model)).model.stages;
    const [students] = await stagesOf({});
    expect(students).toMatchObject({ name: 'students', epochs: 4, clipNorm: null, preciseBatchNorm: true });
    const all = await stagesOf({ standardize: true, students: 2, score: { type: 'scaled' } });
    expect(all.map(({ name }) => name)).toEqual(['standardization', 'students', 'score']);
    expect(all[0]).toMatchObject({ changesBackbone: true });
    expect(all[1]).toMatchObject({ learners: [{ name: 'student 1' }, { name: 'student 2' }] });
    expect(all[2]).toMatchObject({ on: 'heldOut' });
    const [first, second] = (all[1] as TrainStage).learners;
    expect(first?.optimizer).not.toBe(second?.optimizer);
  });

  it('says what its students cost, adapters included', async () => {
    const costOf = async (model: object) => (await composeWith(model)).model.cost?.();
    const weights = 3 * 3 * 3 * 4 + 3 * 3 * 4 * 8;
    expect(await costOf({ students: 2 })).toEqual({ parameters: 2 * weights, multiplyAdds: 2 * 16 * 16 });
    const adapters = 4 * 4 + 4 + 8 * 8 + 8;
    expect(await costOf({ adapter: 'convolution' })).toEqual({
      parameters: weights + adapters,
      multiplyAdds: 16 * 16 + 8 * 8 * 4 * 4 + 4 * 4 * 8 * 8,
    });
  });

  it('disposes its networks, and all that it holds', async () => {
    const before = tf.memory().numTensors;
    const { composition, teacher, students } = await networksOf({
      students: 2,
      standardize: true,
      adapter: 'convolution',
      score: { type: 'scaled' },
    });
    const networks = [teacher, ...students];
    expect(networks.map((network) => network.isDisposed())).toEqual([false, false, false]);
    composition.dispose();
    expect(networks.map((network) => network.isDisposed())).toEqual([true, true, true]);
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('it refuses', () => {
  it('fewer students than the score needs', async () => {
    expect(await refused({ score: { type: 'disagreement' } })).toBe(
      '$.model ("distillation"): students must be at least 2 for the score "disagreement"; found 1.',
    );
  });

  it('a student with other channels than the teacher', async () => {
    expect(await refused({ teacher: { width: 8 }, student: { width: 16 } })).toBe(
      '$.model.student must give as many channels as the teacher; in "layer1" the student "tiny" has 16, the teacher "tiny" has 8. ' +
        'With "adapter": "convolution" they may differ.',
    );
    expect(await refused({ students: 2, variants: [{}, { width: 16 }] })).toMatch(
      /^\$\.model\.variants\[1\] must give as many channels as the teacher; in "layer1"/,
    );
  });

  it('a student whose maps have another size, unless it is restored', async () => {
    const model = { student: { stride: 4 } };
    expect(await refused(model)).toBe(
      "$.model.student must give maps of the teacher's size; in \"layer1\" the student's are 4x4, the teacher's 8x8. " +
        'Give both the same stride, or take another student.',
    );
    await composeWith(model, {}, { restoring: true });
  });

  it('patience where nothing tells a better epoch', async () => {
    const fitting = fitted([{ training: { patience: 3 } }, { fit: { validationFraction: 0 } }]);
    await expect(fitting).rejects.toThrow(ConfigurationError);
    await expect(fitting).rejects.toThrow('The stage "students" has a patience of 3');
  });

  it.each([
    [
      'a student that cannot be made',
      { students: 2, variants: [{}, { isFailing: true }] },
      /^\$\.model\.variants\[1\] \("tiny"\): no memory$/,
    ],
    ['too few students', { score: { type: 'disagreement' } }, /at least 2/],
    ['other channels', { student: { width: 16 }, standardize: true }, /as many channels/],
    ['other sizes', { student: { stride: 4 }, adapter: 'convolution' }, /maps of the teacher's size/],
  ])('and leaves nothing behind: %s', async (_, model, message) => {
    const before = tf.memory().numTensors;
    await expect(composeWith(model)).rejects.toThrow(message);
    expect(made.map((network) => network.isDisposed())).toEqual(made.map(() => true));
    expect(tf.memory().numTensors).toBe(before);
  });
});

describe('fitting', () => {
  it('brings every student nearer to the teacher, from the same seed in the same way', async () => {
    const model = { students: 2, training: { epochs: 20, optimizer: { type: 'adam', learningRate: 0.01 } } };
    const { history, state, training } = await fitted([model]);
    for (const student of ['student 1', 'student 2'])
      expect(history.at(-1)?.loss[student]).toBeLessThan((history[0]?.loss[student] as number) / 2);
    expect(training.map(({ stage, kept }) => [stage, Object.keys(kept)])).toEqual([
      ['students', ['student 1', 'student 2']],
    ]);
    expect((await fitted([model])).state).toEqual(state);
    expect((await fitted([model, { seed: 7 }])).state).not.toEqual(state);
    expect(state['student0/layer1.weight']).not.toEqual(state['student1/layer1.weight']);
  });

  it.each([
    ['cpu', 0],
    ['cpu', 0.2],
    ['onnxruntime', 0],
    ['onnxruntime', 0.2],
  ])(
    'measures statistics on all training images, also where an engine computes late: %s, %d held out',
    async (engine, validationFraction) => {
      await tf.setBackend(engine);
      try {
        // Batches of one size, and the last one of the size of the held-out one.
        const { composition, students } = await networksOf(
          { students: 2 },
          { fit: { batchSize: 3, validationFraction } },
        );
        const all = images(10);
        const { training } = await fitDetector(composition, all, { budget: memoryBudget(1e8) });
        expect(training).toHaveLength(1);
        const { train } = holdOut(10, validationFraction, 42);
        const seen = imagesTensor(await readBatch(all, train));
        for (const { features, statistics } of students) {
          const { layer2 } = features(seen, 'eval');
          const expected = tf.mean(layer2 as tf.Tensor4D).dataSync()[0] as number;
          expect(statistics.mean?.dataSync()[0]).toBeCloseTo(expected, 5);
        }
      } finally {
        await tf.setBackend('cpu');
      }
    },
  );

  it('leaves the teacher as it is', async () => {
    const { composition, teacher } = await networksOf({ standardize: true });
    const before = valuesOf({ ...teacher.parameters, ...teacher.statistics });
    await fitDetector(composition, images(10), { budget: memoryBudget(0) });
    expect(valuesOf({ ...teacher.parameters, ...teacher.statistics })).toEqual(before);
  });

  it('trains students on standardised features, and fits the score to held-out images last', async () => {
    const model = { standardize: true, students: 2, score: { type: 'scaled' } };
    const said: string[] = [];
    const { state, heldOutScores } = await fitted([model], {
      onProgress: (event) => {
        if (event.type === 'looking') said.push(`${event.stage} ${event.done}/${event.total}`);
        if (event.type === 'epoch') said.push(`epoch ${event.record.epoch}`);
      },
    });
    expect(said).toEqual([
      'standardization 4/8',
      'standardization 8/8',
      'epoch 1',
      'epoch 2',
      'epoch 3',
      'epoch 4',
      'score 2/2',
    ]);
    expect(heldOutScores).toHaveLength(2);
    expect(state['score/mean']).not.toEqual([1]);
    expect(state['standardization/layer1.deviation']).not.toEqual(Array(4).fill(1));
    const { train } = holdOut(10, 0.2, 42);
    expect(train).toHaveLength(8);
    const plain = await fitted([{ ...model, standardize: false }]);
    expect(plain.state['student0/layer1.weight']).not.toEqual(state['student0/layer1.weight']);
  });
});

/** All that distillation can do at once. */
const everything = {
  standardize: true,
  students: 2,
  student: { width: 6 },
  variants: [{ width: 3 }, {}],
  adapter: 'convolution',
  mutual: 0.5,
  selfDistillation: 0.5,
  loss: { type: 'cosine' },
  score: { type: 'scaled' },
  training: {
    schedule: { warmUp: 0.2, decay: 'cosine' },
    clipNorm: 1,
    averageDecay: 0.9,
    patience: 5,
    optimizer: { type: 'adam', learningRate: 0.01 },
  },
};

describe('an experiment with standardised features, variants, adapters and a score that is fitted', () => {
  it('runs, with folds as well', async () => {
    const before = tf.memory().numTensors;
    const { history, heldOutScores, threshold, state, detector } = await fitted([
      everything,
      { fit: { folds: 3 } },
    ]);
    expect(history).toHaveLength(4);
    expect(history.at(-1)?.loss['student 1']).toBeLessThan(history[0]?.loss['student 1'] as number);
    expect(heldOutScores).toHaveLength(10);
    expect(threshold).toBeGreaterThan(0);
    expect(state['student0/layer1.weight']).toHaveLength(3 * 3 * 3 * 3);
    expect(state['student1/layer1.weight']).toHaveLength(3 * 3 * 3 * 6);
    expect(state['student1/adapter.layer2.weight']).toHaveLength(12 * 8);
    const detected = await detector.detect([await images(1).image(0)]);
    expect(detected[0]?.map).toHaveLength(16 * 16);
    expect(detected[0]?.score).toBe(Math.max(...(detected[0]?.map ?? [])));
    tf.disposeVariables();
    expect(tf.memory().numTensors).toBe(before);
  });

  it.each([
    [
      'in the midst of training',
      (event: { type: string; epoch?: number }) => event.type === 'step' && event.epoch === 3,
    ],
    ['before training', (event: { type: string; epoch?: number }) => event.type === 'features'],
    ['while features are measured', (event: { type: string; stage?: string }) => event.type === 'looking'],
  ])('goes on where it was stopped as if it had not been, bit for bit: %s', async (_, isEnough) => {
    const straight = await fitted([everything]);
    const checkpoints = storeByValue();
    const controller = new AbortController();
    const stopped = fitted([everything], {
      checkpoints,
      signal: controller.signal,
      onProgress: (event) => isEnough(event as never) && controller.abort(new Error('stop')),
    });
    await expect(stopped).rejects.toThrow('stop');
    const resumed = await fitted([everything], { checkpoints });
    expect(resumed.state).toEqual(straight.state);
    expect(resumed.heldOutScores).toEqual(straight.heldOutScores);
    expect(resumed.threshold).toBe(straight.threshold);
  });

  it('is saved under the names of what it is made of, and scores the same when it is loaded, bit for bit', async () => {
    const composition = await composeWith(everything);
    const { detector, threshold } = await fitDetector(composition, images(10), { budget: memoryBudget(1e8) });
    const manifest = {
      experiment: composition.experiment,
      imageSize: { height: 16, width: 16 },
      thresholds: { deployed: threshold, benchmark: null },
      scoreRange: null,
      mapRange: null,
      heldOutScores: [],
    };
    const files = await serializeModel(composition.model, manifest);
    const weights = files[modelFiles.weights] as Uint8Array;
    const names = Object.keys(parseSafetensors(weights).tensors).sort();
    const student = [
      'adapter.layer1.bias',
      'adapter.layer1.weight',
      'adapter.layer2.bias',
      'adapter.layer2.weight',
      'layer1.weight',
      'layer2.weight',
      'mean',
      'passes',
    ];
    expect(names).toEqual(
      [
        ...['layer1.weight', 'layer2.weight', 'mean', 'passes'].map((name) => `backbone/${name}`),
        'model/score/mean',
        ...[0, 1].flatMap((index) =>
          ['bias', 'weight'].map((name) => `model/self${index}/self.layer1.${name}`),
        ),
        ...['layer1', 'layer2'].flatMap((layer) =>
          ['deviation', 'mean'].map((name) => `model/standardization/${layer}.${name}`),
        ),
        ...[0, 1].flatMap((index) => student.map((name) => `model/student${index}/${name}`)),
      ].sort(),
    );
    const loaded = await restoreModel(
      registry,
      JSON.parse(files[modelFiles.manifest] as string),
      weights,
      'weights',
    );
    const tested = await Promise.all([0, 5, 20].map((index) => images(30).image(index)));
    expect(await loaded.detector.detect(tested)).toEqual(await detector.detect(tested));
  });
});

describe('the parts of the package', () => {
  it('keep to what the conformance kit asks for', async () => {
    const tiny = { layers: ['layer1', 'layer2'], imageSize: [16, 24] } as const;
    const model = { layers: ['layer1', 'layer2'], loss: { type: 'l2', reduction: 'mean' } };
    const slow = { training: { optimizer: { type: 'sgd', learningRate: 0.01 } } };
    await tf.setBackend('onnxruntime');
    await checkConformance(plugin, {
      plugins: [tinyPlugin],
      parts: {
        'model/distillation': [
          { ...tiny, options: { ...model, ...slow } },
          {
            ...tiny,
            options: {
              ...everything,
              teacher: { type: 'tiny' },
              layers: ['layer1', 'layer2'],
              // Nothing is held out there.
              training: { ...everything.training, patience: null },
            },
          },
        ],
        'loss/response': { ...tiny, layers: ['logits'] },
      },
    });
  });
});

/** Keeps a checkpoint as a file would: by value. */
function storeByValue(): NonNullable<FitOptions['checkpoints']> {
  let saved: { text: string; tensors: [string, number[], Float32Array][] } | null = null;
  return {
    async save({ tensors, ...rest }) {
      saved = {
        text: JSON.stringify(rest),
        tensors: Object.entries(tensors).map(([name, value]) => [
          name,
          value.shape,
          Float32Array.from(value.dataSync()),
        ]),
      };
    },
    load: async () =>
      saved && {
        ...JSON.parse(saved.text),
        tensors: Object.fromEntries(
          saved.tensors.map(([name, shape, values]) => [name, tf.tensor(values, shape)]),
        ),
      },
  };
}
