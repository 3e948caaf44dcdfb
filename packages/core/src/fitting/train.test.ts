import {
  add,
  conv2d,
  disposeVariables,
  memory,
  mul,
  relu,
  type Tensor,
  type Tensor4D,
  tensor,
  tidy,
  type Variable,
  variable,
} from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Backbone } from '../contracts/backbone.js';
import type { Checkpoint, CheckpointStore } from '../contracts/checkpoint.js';
import { ConfigurationError } from '../contracts/errors.js';
import { type ImageSource, imagesTensor, readBatch } from '../images/image-source.js';
import { memoryBudget } from '../images/memory-budget.js';
import { randomOrder } from '../images/random-order.js';
import { sgd } from '../optimizers/sgd.js';
import { tf } from '../tensors/tf.js';
import { type Distillation, type DistillationEvent, distill } from './train.js';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => disposeVariables());

/** One 3x3 convolution, and "running" statistics which count the training passes and measure the mean feature. */
function tinyBackbone(seed: number): Backbone {
  const kernel = variable(tf.randomNormal([3, 3, 3, 4], 0, 0.3, 'float32', seed)) as Variable<tf.Rank.R4>;
  const passes = variable(tf.scalar(0), false);
  const mean = variable(tf.scalar(0), false);
  return {
    layers: ['layer1'],
    channels: { layer1: 4 },
    parameters: { kernel },
    statistics: { passes, mean },
    features(images: Tensor4D, mode) {
      if (mode === 'train') tidy(() => passes.assign(add(passes, 1)));
      const features = relu(conv2d(images, kernel, 2, 1));
      if (mode === 'measure') tidy(() => mean.assign(tf.mean(features)));
      return { layer1: features };
    },
    dispose() {},
  };
}

const images = (length: number, seed = 0): ImageSource => ({
  length,
  size: [8, 8],
  image: async (index) => ({
    width: 8,
    height: 8,
    data: Uint8Array.from(randomOrder(192, seed, index), (value) => value),
  }),
});

function distillation(overrides: Partial<Distillation> = {}): Distillation {
  return {
    teacher: tinyBackbone(1),
    students: [tinyBackbone(2), tinyBackbone(3)],
    optimizers: [0, 1].map(() => sgd({ learningRate: 0.05, momentum: 0.9, weightDecay: 0.0001 })),
    loss: (teacher, student) =>
      tf.mean(tf.squaredDifference(teacher.layer1 as Tensor4D, student.layer1 as Tensor4D)),
    train: images(10),
    validation: images(3, 7),
    epochs: 5,
    batchSize: 4,
    seed: 42,
    budget: memoryBudget(1e6),
    ...overrides,
  };
}

/** Keeps checkpoints as a file would: by value. */
function memoryStore(): CheckpointStore & { saves: number } {
  let saved: { history: string; tensors: Record<string, { shape: number[]; values: Float32Array }> } | null =
    null;
  return {
    saves: 0,
    async save({ history, tensors }: Checkpoint) {
      this.saves += 1;
      saved = {
        history: JSON.stringify(history),
        tensors: Object.fromEntries(
          Object.entries(tensors).map(([name, value]) => [
            name,
            { shape: value.shape, values: Float32Array.from(value.dataSync()) },
          ]),
        ),
      };
    },
    async load() {
      return (
        saved && {
          history: JSON.parse(saved.history),
          tensors: Object.fromEntries(
            Object.entries(saved.tensors).map(([name, { shape, values }]) => [name, tensor(values, shape)]),
          ),
        }
      );
    },
  };
}

const kernelOf = (backbone: Backbone | undefined) => backbone?.parameters.kernel?.dataSync();

describe('distill', () => {
  it('brings every student nearer to the teacher', async () => {
    const { history } = await distill(distillation({ epochs: 20 }));
    for (const student of [0, 1])
      expect(history.at(-1)?.loss[student]).toBeLessThan((history[0]?.loss[student] as number) / 2);
  });

  it('refuses a student whose maps have another size, before anything is computed', async () => {
    const student: Backbone = {
      ...tinyBackbone(2),
      features: (images) => ({ layer1: tf.slice4d(images, [0, 0, 0, 0], [-1, 4, 8, -1]) }),
    };
    const onProgress = () => {
      throw new Error('It began.');
    };
    const run = distill(distillation({ students: [student], optimizers: [], onProgress }));
    await expect(run).rejects.toThrow(ConfigurationError);
    await expect(run).rejects.toThrow(
      "$.student must give maps of the teacher's size; in \"layer1\" the student's are 4x8, the teacher's 4x4.",
    );
  });

  it('ends with the same numbers from the same seed, and with others from another', async () => {
    const [first, second, other] = [distillation(), distillation(), distillation({ seed: 43 })];
    for (const run of [first, second, other]) await distill(run);
    expect(kernelOf(second.students[0])).toEqual(kernelOf(first.students[0]));
    expect(kernelOf(other.students[0])).not.toEqual(kernelOf(first.students[0]));
  });

  const refined: Partial<Distillation> = {
    schedule: { warmUp: 0.2, decay: 'cosine' },
    clipNorm: 0.01,
    averageDecay: 0.9,
    preciseBatchNorm: true,
    patience: 5,
  };
  it.each<[number, string, Partial<Distillation>]>([
    [1, 'plainly', {}],
    [2, 'plainly', {}],
    [4, 'plainly', {}],
    [1, 'with a schedule, clipped gradients and averaged weights', refined],
    [3, 'with a schedule, clipped gradients and averaged weights', refined],
  ])(
    'resumed after epoch %i ends bit for bit as a run never interrupted, trained %s',
    async (interrupted, _, options) => {
      const straight = distillation(options);
      const expected = await distill(straight);

      const checkpoints = memoryStore();
      const controller = new AbortController();
      const stopAfter = (event: DistillationEvent) => {
        if (event.type === 'step' && event.epoch === interrupted + 1) controller.abort();
      };
      await expect(
        distill(distillation({ ...options, checkpoints, onProgress: stopAfter, signal: controller.signal })),
      ).rejects.toThrow('abort');
      expect(checkpoints.saves).toBe(interrupted);

      const resumed = distillation({ ...options, checkpoints });
      const result = await distill(resumed);
      expect(result.bestEpochs).toEqual(expected.bestEpochs);
      expect(result.history.map(({ loss }) => loss)).toEqual(expected.history.map(({ loss }) => loss));
      resumed.students.forEach((student, index) => {
        expect(kernelOf(student)).toEqual(kernelOf(straight.students[index]));
        expect(student.statistics.passes?.dataSync()).toEqual(
          straight.students[index]?.statistics.passes?.dataSync(),
        );
      });
    },
  );

  it('multiplies the learning rate with what the schedule says', async () => {
    const factors: number[] = [];
    const optimizer = () => {
      const plain = sgd({ learningRate: 0.05, momentum: 0, weightDecay: 0 });
      return {
        ...plain,
        step(...[parameters, gradients, rate]: Parameters<typeof plain.step>) {
          factors.push(rate as number);
          plain.step(parameters, gradients, rate);
        },
      };
    };
    const run = distillation({
      students: [tinyBackbone(2)],
      optimizers: [optimizer()],
      epochs: 2,
      schedule: { warmUp: 0.5, decay: 'cosine' },
    });
    await distill(run);
    // Six steps: three of the warm-up, at their middles, and three of the cosine.
    const cosine = (t: number) => (1 + Math.cos(Math.PI * t)) / 2;
    const expected = [1 / 6, 3 / 6, 5 / 6, cosine(1 / 6), cosine(3 / 6), cosine(5 / 6)];
    expect(factors).toHaveLength(6);
    for (const [step, factor] of factors.entries()) expect(factor).toBeCloseTo(expected[step] as number, 12);
  });

  it('moves no further than the clipped gradient', async () => {
    const norm = 1e-3;
    const student = tinyBackbone(2);
    const before = Float32Array.from(kernelOf(student) as Float32Array);
    const optimizers = [sgd({ learningRate: 1, momentum: 0, weightDecay: 0 })];
    await distill(
      distillation({ students: [student], optimizers, epochs: 1, batchSize: 10, clipNorm: norm }),
    );
    const moved = Math.hypot(...(kernelOf(student) as Float32Array).map((x, i) => x - (before[i] as number)));
    expect(moved / norm).toBeCloseTo(1, 2);
  });

  it('keeps the average of the weights, statistics included, and trains on with the weights themselves', async () => {
    const only = { students: [tinyBackbone(2)], optimizers: [], validation: images(0), epochs: 2 };
    const weights: Float32Array[] = [];
    const plain = sgd({ learningRate: 0.05, momentum: 0, weightDecay: 0 });
    const optimizer = {
      ...plain,
      step(...[parameters, gradients, rate]: Parameters<typeof plain.step>) {
        plain.step(parameters, gradients, rate);
        weights.push(Float32Array.from((parameters.kernel as Variable).dataSync()));
      },
    };
    const start = Float64Array.from(kernelOf(only.students[0]) as Float32Array);
    await distill(distillation({ ...only, optimizers: [optimizer], averageDecay: 0.25 }));
    let average = start;
    for (const [index, weight] of weights.entries()) {
      const decay = Math.min(0.25, (2 + index) / (11 + index));
      average = average.map((value, i) => decay * value + (1 - decay) * (weight[i] as number));
    }
    for (const [i, value] of (kernelOf(only.students[0]) as Float32Array).entries())
      expect(value).toBeCloseTo(average[i] as number, 5);

    const same = tinyBackbone(2);
    const seen: Float32Array[] = [];
    const recording = {
      ...plain,
      step(...[parameters, gradients, rate]: Parameters<typeof plain.step>) {
        plain.step(parameters, gradients, rate);
        seen.push(Float32Array.from((parameters.kernel as Variable).dataSync()));
      },
    };
    await distill(distillation({ ...only, students: [same], optimizers: [recording] }));
    expect(seen).toEqual(weights);
  });

  it.each([
    ['the weights that it ends with', 0, 0],
    ['averaged weights', 0.9, 0],
    ['the weights of the best epoch', 0, 3],
  ])('keeps statistics that fit %s', async (_, averageDecay, heldOut) => {
    const train = images(10);
    const run = distillation({ train, validation: images(heldOut), averageDecay, preciseBatchNorm: true });
    await distill(run);
    for (const student of run.students) {
      const measured = (student.statistics.mean as Variable).dataSync()[0];
      const all = imagesTensor(await readBatch(train, [...Array(train.length).keys()]));
      const expected = tf.mean(student.features(all, 'eval').layer1 as Tensor4D).dataSync()[0] as number;
      expect(measured).toBeCloseTo(expected, 5);
    }
  });

  it('ends after `patience` epochs without a new best, also when it is resumed then', async () => {
    // So large a step that the error goes up and down.
    const unsteady = () => [0, 1].map(() => sgd({ learningRate: 0.9, momentum: 0.9, weightDecay: 0 }));
    const { history: all } = await distill(distillation({ optimizers: unsteady(), epochs: 30 }));
    const checkpoints = memoryStore();
    const patient = () => distillation({ optimizers: unsteady(), epochs: 30, patience: 3, checkpoints });
    const { history } = await distill(patient());
    expect(history.length).toBeLessThan(30);
    expect(history.slice(-3).some(({ best }) => best.includes(true))).toBe(false);
    expect(history.at(-4)?.best.includes(true)).toBe(true);
    expect(history.map(({ validationLoss }) => validationLoss)).toEqual(
      all.slice(0, history.length).map(({ validationLoss }) => validationLoss),
    );
    const { saves } = checkpoints;
    expect((await distill(patient())).history).toEqual(history);
    expect(checkpoints.saves).toBe(saves);
  });

  it('keeps each student from the epoch with the lowest validation error', async () => {
    // So large a step that the error goes up and down.
    const unsteady = () =>
      distillation({
        optimizers: [0, 1].map(() => sgd({ learningRate: 0.9, momentum: 0.9, weightDecay: 0 })),
      });
    const run = unsteady();
    const { history, bestEpochs } = await distill(run);
    for (const student of [0, 1]) {
      const errors = history.map(({ validationLoss }) => validationLoss?.[student] as number);
      expect(bestEpochs[student]).toBe(1 + errors.indexOf(Math.min(...errors)));
    }
    expect(Math.min(...bestEpochs)).toBeLessThan(5);

    const stopped = { ...unsteady(), epochs: bestEpochs[0] as number };
    await distill(stopped);
    expect(kernelOf(run.students[0])).toEqual(kernelOf(stopped.students[0]));
  });

  it('keeps the last epoch where no images are held out', async () => {
    const { bestEpochs, history } = await distill(distillation({ validation: images(0) }));
    expect(bestEpochs).toEqual([5, 5]);
    expect(history[0]?.validationLoss).toBeNull();
  });

  it('gives the same result whatever the memory budget, but for rounding', async () => {
    const [all, some, none] = [1e6, 5 * 4 * 4 * 4 * 4, 0].map((bytes) =>
      distillation({ budget: memoryBudget(bytes) }),
    );
    for (const run of [all, some, none]) await distill(run as Distillation);
    for (const run of [some, none])
      for (const [i, value] of (kernelOf(run?.students[1]) as Float32Array).entries())
        expect(value).toBeCloseTo((kernelOf(all?.students[1]) as Float32Array)[i] as number, 5);
  });

  it('leaves no tensors behind but what the optimizers hold, also where it is stopped or fails', async () => {
    const momenta = 2;
    const stop = new AbortController();
    const ends: [Partial<Distillation>, RegExp | null][] = [
      [{}, null],
      [
        {
          onProgress: (event) => event.type === 'step' && event.epoch === 3 && stop.abort(),
          signal: stop.signal,
        },
        /abort/,
      ],
      [{ loss: (_, student) => tf.mul(tf.mean(student.layer1 as Tensor4D), Number.NaN) }, /diverged/],
    ];
    for (const [overrides, fault] of ends) {
      const run = distillation(overrides);
      const before = memory().numTensors;
      const ended = distill(run);
      if (fault) await expect(ended).rejects.toThrow(fault);
      else await ended;
      expect(memory().numTensors - before).toBeLessThanOrEqual(momenta);
      for (const optimizer of run.optimizers) optimizer.dispose();
      expect(memory().numTensors).toBe(before);
    }
  });

  it('says that training diverged instead of going on with NaN', async () => {
    const diverging = { ...distillation(), optimizers: [0, 1].map(() => explodingOptimizer()) };
    await expect(distill(diverging)).rejects.toThrow(/diverged.*student 1.*epoch 1.*learningRate/);
  });

  it('says so too where it shows on held-out images first', async () => {
    const optimizers = [0, 1].map(() => explodingOptimizer());
    await expect(distill(distillation({ optimizers, batchSize: 100 }))).rejects.toThrow(
      /loss on held-out images of student 1 became (NaN|Infinity) in epoch 1/,
    );
  });

  it('refuses to train on nothing', async () => {
    await expect(distill(distillation({ train: images(0) }))).rejects.toThrow('no nominal images');
  });
});

const explodingOptimizer = () => ({
  ...sgd({ learningRate: 1, momentum: 0, weightDecay: 0 }),
  step(parameters: Readonly<Record<string, Variable>>) {
    tidy(() => {
      for (const parameter of Object.values(parameters))
        parameter.assign(mul(parameter, Infinity) as Tensor as never);
    });
  },
});
