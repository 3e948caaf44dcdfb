import {
  disposeVariables,
  memory,
  mul,
  type Tensor,
  type Tensor4D,
  tidy,
  type Variable,
} from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Augmentation } from '../contracts/augmentation.js';
import type { TrainStage } from '../contracts/stage.js';
import { imagesTensor, readBatch } from '../images/image-source.js';
import { memoryBudget } from '../images/memory-budget.js';
import { sgd } from '../optimizers/sgd.js';
import { tf } from '../tensors/tf.js';
import type { FitEvent } from './fit.js';
import {
  distance,
  fitted,
  type ImitationOptions,
  images,
  imitation,
  kernelOf,
  memoryStore,
  tinyBackbone,
} from './learnable.test.fixture.js';
import { learningRateFactor } from './learning-rate-schedule.js';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => disposeVariables());

/** So large a step that the error goes up and down. */
const unsteady: ImitationOptions = {
  optimizer: () => sgd({ learningRate: 0.9, momentum: 0.9, weightDecay: 0 }),
};
const plainSgd = (learningRate = 0.05) => sgd({ learningRate, momentum: 0, weightDecay: 0 });
const names = ['student 1', 'student 2'] as const;

describe('training', () => {
  it('brings the loss of every learner down', async () => {
    const history = await fitted(imitation({ epochs: 20 }));
    for (const name of names)
      expect(history.at(-1)?.loss[name]).toBeLessThan((history[0]?.loss[name] as number) / 2);
  });

  it('ends with the same numbers from the same seed, and with others from another', async () => {
    const [first, second, other] = [imitation(), imitation(), imitation()];
    await fitted(first);
    await fitted(second);
    await fitted(other, { seed: 43 });
    expect(kernelOf(second.networks[0])).toEqual(kernelOf(first.networks[0]));
    expect(kernelOf(other.networks[0])).not.toEqual(kernelOf(first.networks[0]));
  });

  it('says of each epoch what happened, and of each step how far it is', async () => {
    const events: FitEvent[] = [];
    const history = await fitted(imitation({ epochs: 2 }), { onProgress: (event) => events.push(event) });
    expect(history.map(({ stage, epoch }) => [stage, epoch])).toEqual([
      ['students', 1],
      ['students', 2],
    ]);
    const [record] = history;
    expect(Object.keys(record?.loss ?? {})).toEqual(names);
    expect(Object.keys(record?.heldOutLoss ?? {})).toEqual(names);
    expect(record).not.toHaveProperty('terms');
    expect(record?.best).toEqual({ 'student 1': true, 'student 2': true });
    expect(record?.imagesPerSecond).toBeGreaterThan(0);
    const steps = events.filter((event) => event.type === 'step');
    expect(steps.map(({ stage, epoch, epochs, step, steps }) => [stage, epoch, epochs, step, steps])).toEqual(
      [1, 2].flatMap((epoch) => [1, 2, 3].map((step) => ['students', epoch, 2, step, 3])),
    );
    expect(steps.at(-1)?.secondsLeft).toBe(0);
    expect(events.filter((event) => event.type === 'epoch').map(({ record }) => record)).toEqual(history);
  });

  it('multiplies the learning rate with what the schedule says', async () => {
    const factors: number[] = [];
    const optimizer = () => {
      const plain = plainSgd();
      return {
        ...plain,
        step(...[parameters, gradients, rate]: Parameters<typeof plain.step>) {
          factors.push(rate as number);
          plain.step(parameters, gradients, rate);
        },
      };
    };
    const schedule = (progress: number) => learningRateFactor({ warmUp: 0.5, decay: 'cosine' }, progress);
    await fitted(imitation({ epochs: 2, schedule }, { networks: [tinyBackbone(2)], optimizer }));
    // Six steps: three of the warm-up, at their middles, and three of the cosine.
    const cosine = (t: number) => (1 + Math.cos(Math.PI * t)) / 2;
    const expected = [1 / 6, 3 / 6, 5 / 6, cosine(1 / 6), cosine(3 / 6), cosine(5 / 6)];
    expect(factors).toHaveLength(6);
    for (const [step, factor] of factors.entries()) expect(factor).toBeCloseTo(expected[step] as number, 12);
  });

  it('moves no further than the clipped gradient', async () => {
    const norm = 1e-3;
    const network = tinyBackbone(2);
    const before = Float32Array.from(kernelOf(network) as Float32Array);
    const options = { networks: [network], optimizer: () => plainSgd(1) };
    await fitted(imitation({ epochs: 1, clipNorm: norm }, options), { batchSize: 10 });
    const moved = Math.hypot(...(kernelOf(network) as Float32Array).map((x, i) => x - (before[i] as number)));
    expect(moved / norm).toBeCloseTo(1, 2);
  });

  it('keeps the average of the weights, statistics included, and trains on with the weights themselves', async () => {
    const recording = () => {
      const seen: Float32Array[] = [];
      const optimizer = () => {
        const plain = plainSgd();
        return {
          ...plain,
          step(...[parameters, gradients, rate]: Parameters<typeof plain.step>) {
            plain.step(parameters, gradients, rate);
            seen.push(Float32Array.from((parameters.kernel as Variable).dataSync()));
          },
        };
      };
      return { seen, optimizer, networks: [tinyBackbone(2)] };
    };
    const averaged = recording();
    const start = Float64Array.from(kernelOf(averaged.networks[0]) as Float32Array);
    await fitted(imitation({ epochs: 2, averageDecay: 0.25 }, averaged), { heldOut: images(0) });
    let average = start;
    for (const [index, weight] of averaged.seen.entries()) {
      const decay = Math.min(0.25, (2 + index) / (11 + index));
      average = average.map((value, i) => decay * value + (1 - decay) * (weight[i] as number));
    }
    for (const [i, value] of (kernelOf(averaged.networks[0]) as Float32Array).entries())
      expect(value).toBeCloseTo(average[i] as number, 5);

    const same = recording();
    await fitted(imitation({ epochs: 2 }, same), { heldOut: images(0) });
    expect(same.seen).toEqual(averaged.seen);
  });

  it.each([
    ['the weights that it ends with', 0, 0],
    ['averaged weights', 0.9, 0],
    ['the weights of the best epoch', 0, 3],
  ])('keeps statistics that fit %s', async (_, averageDecay, heldOut) => {
    const train = images(10);
    const learnable = imitation({ averageDecay, preciseBatchNorm: true });
    await fitted(learnable, { train, heldOut: images(heldOut) });
    for (const network of learnable.networks) {
      const measured = (network.statistics.mean as Variable).dataSync()[0];
      const all = imagesTensor(await readBatch(train, [...Array(train.length).keys()]));
      const expected = tf.mean(network.features(all, 'eval').layer1 as Tensor4D).dataSync()[0] as number;
      expect(measured).toBeCloseTo(expected, 5);
    }
  });

  it('ends after `patience` epochs without a new best, also when it is resumed then', async () => {
    const all = await fitted(imitation({ epochs: 30 }, unsteady));
    const checkpoints = memoryStore();
    const patient = () => fitted(imitation({ epochs: 30, patience: 3 }, unsteady), { checkpoints });
    const history = await patient();
    const isBest = (epoch: (typeof history)[number] | undefined) =>
      Object.values(epoch?.best ?? {}).includes(true);
    expect(history.length).toBeLessThan(30);
    expect(history.slice(-3).some(isBest)).toBe(false);
    expect(isBest(history.at(-4))).toBe(true);
    expect(history.map(({ heldOutLoss }) => heldOutLoss)).toEqual(
      all.slice(0, history.length).map(({ heldOutLoss }) => heldOutLoss),
    );
    const { saves } = checkpoints;
    expect(await patient()).toEqual(history);
    expect(checkpoints.saves).toBe(saves);
  });

  it('keeps each learner from the epoch with the lowest loss on held-out images', async () => {
    const learnable = imitation({}, unsteady);
    const history = await fitted(learnable);
    const best = names.map((name) => {
      const errors = history.map(({ heldOutLoss }) => heldOutLoss?.[name] as number);
      const epoch = 1 + errors.indexOf(Math.min(...errors));
      expect(history.findLast(({ best }) => best[name])?.epoch).toBe(epoch);
      return epoch;
    });
    expect(Math.min(...best)).toBeLessThan(5);

    const stopped = imitation({ epochs: best[0] as number }, unsteady);
    await fitted(stopped);
    expect(kernelOf(learnable.networks[0])).toEqual(kernelOf(stopped.networks[0]));
  });

  it('keeps the last epoch where it is told to, and where no images are held out', async () => {
    const last = imitation({ keep: 'last' }, unsteady);
    const history = await fitted(last);
    expect(history.every(({ best }) => names.every((name) => best[name]))).toBe(true);
    expect(history.at(-1)?.heldOutLoss).not.toBeNull();

    const without = imitation({}, unsteady);
    const plain = await fitted(without, { heldOut: images(0) });
    expect(plain.map(({ heldOutLoss, best }) => [heldOutLoss, best['student 1']])).toEqual(
      Array(5).fill([null, true]),
    );
    expect(kernelOf(last.networks[0])).toEqual(kernelOf(without.networks[0]));
    expect(kernelOf(last.networks[0])).not.toEqual(await kernelAfter(imitation({}, unsteady)));
  });

  it.each([
    [1, 4],
    [3, 10],
    [5, 18],
    [8, 28],
  ])('takes %i steps an epoch where it is told to: %i images', async (stepsPerEpoch, count) => {
    let seen: number[] = [];
    const train = images(10);
    const counting = {
      ...train,
      image: (index: number) => {
        seen.push(index);
        return train.image(index);
      },
    };
    const steps: number[] = [];
    await fitted(imitation({ stepsPerEpoch, epochs: 3 }), {
      train: counting,
      heldOut: images(0),
      onProgress: (event) => {
        if (event.type === 'features' && event.done === 10) seen = [];
        if (event.type === 'step') steps.push(event.steps);
      },
    });
    const epochs = [0, 1, 2].map((epoch) => seen.slice(epoch * count, (epoch + 1) * count));
    expect(seen).toHaveLength(3 * count);
    expect(new Set(steps)).toEqual(new Set([stepsPerEpoch]));
    expect(steps).toHaveLength(3 * stepsPerEpoch);
    // Every image once before any comes again; in another order each time.
    for (const epoch of epochs)
      for (let start = 0; start < count; start += 10)
        expect(new Set(epoch.slice(start, start + 10)).size).toBe(Math.min(10, count - start));
    expect(epochs[1]).not.toEqual(epochs[0]);
    if (count > 20) expect(epochs[0]?.slice(10, 20)).not.toEqual(epochs[0]?.slice(0, 10));
  });

  it('gives the same result whatever the memory budget, but for rounding', async () => {
    const [all, some, none] = await Promise.all(
      [1e6, 5 * 4 * 4 * 4 * 4, 0].map(async (bytes) => {
        const learnable = imitation();
        await fitted(learnable, { budget: memoryBudget(bytes) });
        return kernelOf(learnable.networks[1]) as Float32Array;
      }),
    );
    for (const kernel of [some, none])
      for (const [i, value] of (kernel as Float32Array).entries())
        expect(value).toBeCloseTo(all?.[i] as number, 5);
  });

  it('says that training diverged instead of going on with NaN', async () => {
    await expect(fitted(imitation({}, { optimizer: explodingOptimizer }))).rejects.toThrow(
      /diverged.*student 1.*epoch 1.*learningRate/,
    );
  });

  it('says so too where it shows on held-out images first', async () => {
    await expect(
      fitted(imitation({}, { optimizer: explodingOptimizer }), { batchSize: 100 }),
    ).rejects.toThrow(/loss on held-out images of student 1 became (NaN|Infinity) in epoch 1/);
  });
});

describe('a loss of several terms', () => {
  /** The distance, half of it, and a penalty, of which the sum is twice the distance and a half. */
  const terms: ImitationOptions['loss'] =
    (network) =>
    ({ images, features }, mode) => {
      const far = distance(features, network.features(images, mode));
      return { far, half: tf.mul(far, 0.5), penalty: tf.mul(far, 0.5) };
    };
  const twice: ImitationOptions['loss'] =
    (network) =>
    ({ images, features }, mode) =>
      tf.mul(distance(features, network.features(images, mode)), 2);

  it('is minimised as their sum, and told by its terms', async () => {
    const [several, one] = [imitation({}, { loss: terms }), imitation({}, { loss: twice })];
    const [history, expected] = [await fitted(several), await fitted(one)];
    for (const [epoch, { loss, heldOutLoss, terms }] of history.entries())
      for (const name of names) {
        expect(loss[name]).toBeCloseTo(expected[epoch]?.loss[name] as number, 6);
        expect(heldOutLoss?.[name]).toBeCloseTo(expected[epoch]?.heldOutLoss?.[name] as number, 6);
        expect(Object.keys(terms?.[name] ?? {})).toEqual(['far', 'half', 'penalty']);
        expect(terms?.[name]?.far).toBeCloseTo((loss[name] as number) / 2, 6);
        expect(terms?.[name]?.penalty).toBeCloseTo((loss[name] as number) / 4, 6);
      }
  });

  it('may be of one term, and leaves no tensor behind', async () => {
    const only: ImitationOptions['loss'] =
      (network) =>
      ({ images, features }, mode) => ({ far: distance(features, network.features(images, mode)) });
    const [single, plain] = [imitation({}, { loss: only }), imitation()];
    const before = memory().numTensors;
    const history = await fitted(single);
    expect(memory().numTensors).toBe(before);
    expect(history.map(({ loss }) => loss)).toEqual((await fitted(plain)).map(({ loss }) => loss));
    expect(history.map(({ terms }) => terms?.['student 1']?.far)).toEqual(
      history.map(({ loss }) => loss['student 1']),
    );
    expect(kernelOf(single.networks[0])).toEqual(kernelOf(plain.networks[0]));
  });

  it('beside one without terms leaves that one without', async () => {
    const [first, second] = [tinyBackbone(2), tinyBackbone(3)];
    const loss: ImitationOptions['loss'] = (network) => (network === first ? terms : twice)(network);
    const history = await fitted(imitation({}, { networks: [first, second], loss }));
    expect(Object.keys(history[0]?.terms?.['student 1'] ?? {})).toHaveLength(3);
    expect(history[0]?.terms?.['student 2']).toEqual({});
  });
});

describe('a loss that draws numbers', () => {
  it('draws those of its own step, each learner others, and on held-out images the same after each epoch', async () => {
    const drawn: Record<string, number[]> = { train: [], eval: [] };
    const loss: ImitationOptions['loss'] =
      (network) =>
      ({ images, features }, mode, random) => {
        drawn[mode]?.push(random());
        return distance(features, network.features(images, mode));
      };
    await fitted(imitation({ epochs: 3 }, { loss }));
    // Three steps an epoch, of two learners.
    expect(drawn.train).toHaveLength(18);
    expect(new Set(drawn.train).size).toBe(18);
    expect(drawn.eval).toHaveLength(6);
    expect(new Set(drawn.eval).size).toBe(1);
    const first = drawn.train;
    drawn.train = [];
    await fitted(imitation({ epochs: 3 }, { loss }));
    expect(drawn.train).toEqual(first);
  });
});

it('tells a loss how far the stage is: the middle of a step, and the end of the epoch on held-out images', async () => {
  const told: Record<string, number[]> = { train: [], eval: [] };
  const loss: ImitationOptions['loss'] =
    (network) =>
    ({ images, features }, mode, _random, progress) => {
      told[mode]?.push(progress);
      return distance(features, network.features(images, mode));
    };
  await fitted(imitation({ epochs: 2 }, { networks: [tinyBackbone(2)], loss }));
  expect(told.train).toEqual([1, 3, 5, 7, 9, 11].map((halves) => halves / 12));
  expect(told.eval).toEqual([1 / 2, 1]);
});

describe('augmented images', () => {
  /** Adds a random number to every pixel, and remembers it. */
  function shifting() {
    const drawn: number[] = [];
    const augment: TrainStage['augment'] = async (batch, random) => {
      const shift = random();
      drawn.push(shift);
      return batch.map((image) => ({ ...image, data: image.data.map((value) => value + 50 * shift) }));
    };
    return { drawn, augment };
  }

  it('are what learners see, with features that are computed of them', async () => {
    const seen: number[] = [];
    const brighten: TrainStage['augment'] = async (batch) =>
      batch.map((image) => ({ ...image, data: image.data.map(() => 255) }));
    const loss: ImitationOptions['loss'] =
      (network) =>
      ({ images, features }, mode) => {
        seen.push(tf.mean(images).dataSync()[0] as number);
        const same = backbone.features(images, 'eval').layer1 as Tensor4D;
        expect(features.layer1?.dataSync()).toEqual(same.dataSync());
        return distance(features, network.features(images, mode));
      };
    const learnable = imitation({ augment: brighten }, { loss });
    const { backbone } = learnable;
    await fitted(learnable);
    const white = imagesTensor([{ width: 1, height: 1, data: Uint8Array.from([255, 255, 255]) }]);
    const expected = tf.mean(white).dataSync()[0] as number;
    for (const value of seen) expect(value).toBeCloseTo(expected, 5);
  });

  it('are drawn anew in each step, and held-out ones the same after each epoch', async () => {
    const { drawn, augment } = shifting();
    await fitted(imitation({ augment, epochs: 3 }));
    // Three steps and one batch of held-out images an epoch.
    expect(drawn).toHaveLength(12);
    const [steps, heldOut] = [true, false].map((inStep) => drawn.filter((_, n) => n % 4 < 3 === inStep));
    expect(new Set(steps).size).toBe(9);
    expect(new Set(heldOut).size).toBe(1);
  });

  it('are drawn the same again from the same seed, and otherwise from another or in another stage', async () => {
    const drawnWith = async (seed: number, name: string) => {
      const { drawn, augment } = shifting();
      await fitted(imitation({ augment, epochs: 1, name }), { seed });
      return drawn;
    };
    const first = await drawnWith(1, 'a');
    expect(await drawnWith(1, 'a')).toEqual(first);
    expect(await drawnWith(2, 'a')).not.toEqual(first);
    expect(await drawnWith(1, 'b')).not.toEqual(first);
  });

  it('are those that statistics are measured on', async () => {
    const { drawn, augment } = shifting();
    await fitted(imitation({ augment, epochs: 1, preciseBatchNorm: true }), { heldOut: images(0) });
    expect(drawn).toHaveLength(6);
  });
});

describe('augmentations', () => {
  /** Adds a random number to every pixel of an image, and remembers it. */
  function shifting() {
    const drawn: number[] = [];
    const shift: Augmentation = (image, random) => {
      const by = random();
      drawn.push(by);
      return { ...image, data: image.data.map((value) => value / 2 + 50 * by) };
    };
    return { drawn, augmentations: [async () => shift] };
  }

  it('change each training image in each step, by numbers of its own, and no held-out image', async () => {
    const { drawn, augmentations } = shifting();
    await fitted(imitation({ augmentations, epochs: 3, preciseBatchNorm: true }));
    expect(drawn).toHaveLength(30);
    expect(new Set(drawn).size).toBe(30);
  });

  it('come before what a stage does with images itself, and features are of what both gave', async () => {
    const white: Augmentation = (image) => ({ ...image, data: image.data.map(() => 200) });
    const augment: TrainStage['augment'] = async (batch) =>
      batch.map((image) => ({ ...image, data: image.data.map((value) => value + 55) }));
    const expected = imagesTensor([{ width: 1, height: 1, data: Uint8Array.from([255, 255, 255]) }]);
    const mean = tf.mean(expected).dataSync()[0] as number;
    const seen: number[] = [];
    const loss: ImitationOptions['loss'] =
      (network) =>
      ({ images, features }, mode) => {
        if (mode === 'train') {
          seen.push(tf.mean(images).dataSync()[0] as number);
          const same = learnable.backbone.features(images, 'eval').layer1 as Tensor4D;
          expect(features.layer1?.dataSync()).toEqual(same.dataSync());
        }
        return distance(features, network.features(images, mode));
      };
    const learnable = imitation({ augmentations: [async () => white], augment, epochs: 1 }, { loss });
    await fitted(learnable);
    expect(seen.length).toBeGreaterThan(0);
    for (const value of seen) expect(value).toBeCloseTo(mean, 5);
  });

  it('leave nothing to chance: a training that is interrupted ends as one that is not', async () => {
    const whole = imitation({ augmentations: shifting().augmentations, epochs: 4 });
    await fitted(whole);
    const checkpoints = memoryStore();
    const stop = new AbortController();
    const interrupted = fitted(imitation({ augmentations: shifting().augmentations, epochs: 4 }), {
      checkpoints,
      signal: stop.signal,
      onProgress: (event) => {
        if (event.type === 'epoch' && event.record.epoch === 2) stop.abort();
      },
    });
    await expect(interrupted).rejects.toThrow();
    const resumed = imitation({ augmentations: shifting().augmentations, epochs: 4 });
    const notes: string[] = [];
    await fitted(resumed, {
      checkpoints,
      onProgress: (event) => event.type === 'note' && notes.push(event.message),
    });
    expect(notes).toHaveLength(1);
    expect(kernelOf(resumed.networks[0])).toEqual(kernelOf(whole.networks[0]));
  });

  it('have their cost said once: what would be computed once is computed in each epoch', async () => {
    const notes: string[] = [];
    const onProgress = (event: FitEvent) => event.type === 'note' && notes.push(event.message);
    await fitted(imitation({ augmentations: shifting().augmentations, epochs: 2 }), { onProgress });
    await fitted(imitation({ epochs: 2 }), { onProgress });
    expect(notes).toEqual([
      'Training images are augmented, so their features are not kept: the pretrained network computes those of 10 images in each of 2 epochs, not once.',
    ]);
  });

  it('must give images of the same size', async () => {
    const cut: Augmentation = ({ data }) => ({ width: 4, height: 16, data });
    const learnable = imitation({ augmentations: [async () => cut] });
    await expect(fitted(learnable)).rejects.toThrow('made 16x4 pixels of an image of 8x8');
  });
});

const kernelAfter = async (learnable: ReturnType<typeof imitation>) => {
  await fitted(learnable);
  return kernelOf(learnable.networks[0]);
};

const explodingOptimizer = () => ({
  ...plainSgd(1),
  step(parameters: Readonly<Record<string, Variable>>) {
    tidy(() => {
      for (const parameter of Object.values(parameters))
        parameter.assign(mul(parameter, Number.POSITIVE_INFINITY) as Tensor as never);
    });
  },
});
