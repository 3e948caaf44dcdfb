import { disposeVariables, memory, type Tensor, type Tensor4D } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ConfigurationError, DataError } from '../contracts/errors.js';
import type { Learnable } from '../contracts/model.js';
import type { GatherStage, TrainStage } from '../contracts/stage.js';
import { memoryBudget } from '../images/memory-budget.js';
import { held } from '../model/held.js';
import { joined, networkState } from '../model/joined.js';
import { sgd } from '../optimizers/sgd.js';
import { imagenetNormalization } from '../tensors/normalization.js';
import { tf } from '../tensors/tf.js';
import { type FitEvent, gatherFrom, heldOutStages } from './fit.js';
import {
  distance,
  fitted,
  type Imitation,
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

const looking = (name: string, look: GatherStage['gather'] = async () => undefined): GatherStage => ({
  name,
  gather: look,
});
const wholly: GatherStage['gather'] = async (batches) => {
  for await (const _ of batches);
};

describe('stages', () => {
  it('are fitted in order, each seeing what the ones before have learnt', async () => {
    const order: string[] = [];
    const kernels: unknown[] = [];
    const record = (name: string) =>
      looking(name, async () => {
        order.push(name);
        kernels.push(Float32Array.from(kernelOf(learnable.networks[0]) as Float32Array));
      });
    const learnable: Imitation = imitation({}, { before: [record('a'), record('b')], after: [record('c')] });
    const start = Float32Array.from(kernelOf(learnable.networks[0]) as Float32Array);
    const history = await fitted(learnable, {
      onProgress: (event) => event.type === 'epoch' && order.push(`epoch ${event.record.epoch}`),
    });
    expect(order).toEqual(['a', 'b', ...[1, 2, 3, 4, 5].map((epoch) => `epoch ${epoch}`), 'c']);
    expect(kernels[1]).toEqual(start);
    expect(kernels[2]).toEqual(kernelOf(learnable.networks[0]));
    expect(kernels[2]).not.toEqual(start);
    expect(history.map(({ stage }) => stage)).toEqual(Array(5).fill('students'));
  });

  it('may train one after another, each with records of its own', async () => {
    const history = await fitted(twice(3, 2));
    expect(history.map(({ stage, epoch }) => [stage, epoch])).toEqual([
      ['first', 1],
      ['first', 2],
      ['first', 3],
      ['second', 1],
      ['second', 2],
    ]);
  });

  it('that gather are told how many images there are, the seed, and how to report', async () => {
    const [events, contexts]: [FitEvent[], unknown[]] = [[], []];
    const { signal } = new AbortController();
    const budget = memoryBudget(1e6);
    const stage = looking('bank', async (batches, { onProgress, report, ...context }) => {
      contexts.push(context);
      for await (const _ of batches);
      onProgress?.(1, 2);
      report?.('A sample was taken.');
    });
    await fitted(imitation({ epochs: 1 }, { before: [stage] }), {
      budget,
      signal,
      onProgress: (event) => events.push(event),
    });
    expect(contexts).toEqual([{ total: 10, seed: 42, budget, signal }]);
    expect(events.slice(0, 5)).toEqual([
      { type: 'looking', stage: 'bank', done: 4, total: 10 },
      { type: 'looking', stage: 'bank', done: 8, total: 10 },
      { type: 'looking', stage: 'bank', done: 10, total: 10 },
      { type: 'gathering', stage: 'bank', done: 1, total: 2 },
      { type: 'note', message: 'A sample was taken.' },
    ]);
  });

  it('on held-out images are left to whoever fits, and can be repeated', async () => {
    const counts: number[] = [];
    const stage: GatherStage = {
      name: 'range',
      on: 'heldOut',
      async gather(batches, { total }) {
        let seen = 0;
        for await (const { images } of batches) seen += images.shape[0];
        counts.push(total, seen);
      },
    };
    const learnable = imitation({ epochs: 1 }, { after: [stage] });
    await fitted(learnable);
    expect(counts).toEqual([]);
    expect(heldOutStages(learnable)).toEqual([stage]);
    const run = { batchSize: 2, seed: 1, budget: memoryBudget(1e6) };
    const events: FitEvent[] = [];
    await gatherFrom(learnable, stage, images(3), { ...run, onProgress: (event) => events.push(event) });
    await gatherFrom(learnable, stage, images(5), run);
    expect(counts).toEqual([3, 3, 5, 5]);
    expect(events.map((event) => 'done' in event && event.done)).toEqual([2, 3]);
  });

  it('see features anew after one that changes the backbone', async () => {
    const seen: number[][] = [];
    const sumOf = async (features: Record<string, Tensor4D>) =>
      (await tf.sum(features.layer1 as Tensor4D).data())[0] as number;
    const reading = (name: string, more: Partial<GatherStage> = {}): GatherStage => ({
      name,
      ...more,
      async gather(batches) {
        const sums: number[] = [];
        // Twice, so that features are kept.
        for await (const _ of batches);
        for await (const { features } of batches) sums.push(await sumOf(features));
        seen.push(sums);
        if (more.changesBackbone) {
          const { kernel } = learnable.backbone.parameters;
          tf.tidy(() => kernel?.assign(tf.mul(kernel, 2)));
        }
      },
    });
    const stages = [reading('a'), reading('b', { changesBackbone: true }), reading('c')];
    const learnable: Imitation = imitation({ epochs: 1 }, { before: stages });
    const looked: number[] = [];
    await fitted(learnable, {
      onProgress: (event) =>
        event.type === 'features' && event.done === event.total && looked.push(event.done),
    });
    expect(seen[1]).toEqual(seen[0]);
    for (const [n, sum] of (seen[2] as number[]).entries())
      expect(sum).toBeCloseTo(2 * (seen[0]?.[n] as number), 2);
    // Of all images, held-out ones too: once before the change, once after it.
    expect(looked).toEqual([13, 13]);
  });

  it('that do not ask for features twice have none computed for them to keep', async () => {
    const events: FitEvent[] = [];
    const bank: Learnable = {
      ...imitation(),
      stages: [looking('bank', wholly)],
    };
    await fitted(bank, { onProgress: (event) => events.push(event) });
    expect(events.filter(({ type }) => type === 'features')).toEqual([]);
  });
});

/** Two stages that train the same networks. */
function twice(first: number, second: number, stage: Partial<TrainStage> = {}): Imitation {
  const one = imitation({ name: 'first', epochs: first, ...stage });
  const [{ learners }] = one.stages as [TrainStage];
  const again: TrainStage = {
    ...stage,
    name: 'second',
    epochs: second,
    learners: learners.map((learner) => ({
      ...learner,
      optimizer: sgd({ learningRate: 0.02, momentum: 0.9, weightDecay: 0 }),
    })),
  };
  return { ...one, stages: [...one.stages, again] };
}

/** What is learnt: a mean in a first stage, networks that train towards features minus it, and their mean distance in a last one. */
function staged(stage: Partial<TrainStage> = {}): Imitation {
  const networks = [tinyBackbone(2), tinyBackbone(3)];
  const [mean, far] = [held('mean'), held('far')];
  const means: GatherStage = looking('mean', async (batches) => {
    let sum = tf.zeros([4]);
    let count = 0;
    for await (const { features } of batches) {
      const next = tf.tidy(() => tf.add(sum, tf.mean(features.layer1 as Tensor4D, [0, 1, 2])));
      sum.dispose();
      sum = next;
      count += 1;
    }
    mean.set({ mean: tf.tidy(() => tf.div(sum, count)) });
    sum.dispose();
  });
  const distances: GatherStage = looking('far', async (batches, { seed }) => {
    let total = 0;
    for await (const { images, features } of batches)
      total += tf.tidy(
        () => distance(features, networks[0]?.features(images, 'eval') ?? {}).dataSync()[0] as number,
      );
    far.set({ far: tf.tensor1d([total, seed]) });
  });
  const loss: ImitationOptions['loss'] =
    (network) =>
    ({ images, features }, mode) => {
      const moved = { layer1: tf.sub(features.layer1 as Tensor4D, mean.get('mean')) as Tensor4D };
      return distance(moved, network.features(images, mode));
    };
  const trained = imitation(stage, { networks, loss, before: [means], after: [distances] });
  return {
    ...trained,
    ...joined({
      mean,
      one: networkState(networks[0] as never),
      two: networkState(networks[1] as never),
      far,
    }),
  };
}

const valuesOf = (state: Readonly<Record<string, Tensor>>) =>
  Object.fromEntries(
    Object.entries(state).map(([name, value]) => [name, Float32Array.from(value.dataSync())]),
  );

const refined: Partial<TrainStage> = {
  schedule: (progress) => learningRateFactor({ warmUp: 0.2, decay: 'cosine' }, progress),
  clipNorm: 0.01,
  averageDecay: 0.9,
  preciseBatchNorm: true,
  patience: 5,
};
const augmented: Partial<TrainStage> = {
  augment: async (batch, random) => {
    const shift = random() * 50;
    return batch.map((image) => ({ ...image, data: image.data.map((value) => value + shift) }));
  },
  preciseBatchNorm: true,
};

const noisy: ImitationOptions['loss'] = (network) => (seen, mode, random) =>
  tf.mul(distance(seen.features, network.features(seen.images, mode)), 0.5 + random());

describe('a fit that was stopped', () => {
  const plainly: [string, () => Imitation] = ['trained plainly', () => imitation()];
  const ways: [string, () => Imitation][] = [
    plainly,
    ['with a schedule, clipped gradients and averaged weights', () => imitation(refined)],
    ['on augmented images', () => imitation(augmented)],
    ['with a loss that draws numbers', () => imitation({}, { loss: noisy })],
    ['with fewer steps an epoch', () => imitation({ stepsPerEpoch: 2 })],
    ['with more steps an epoch', () => imitation({ stepsPerEpoch: 7 })],
    ['keeping the last epoch', () => imitation({ keep: 'last' })],
    ['between stages that gather', () => staged()],
    ['in the first of two stages that train', () => twice(5, 3, refined)],
  ];
  it.each(ways.flatMap(([what, create]) => [1, 3].map((epoch) => [epoch, what, create] as const)))(
    'goes on after epoch %i as if it had not been, bit for bit: %s',
    async (interrupted, _, create) => {
      const straight = create();
      const expected = await fitted(straight);

      const checkpoints = memoryStore();
      const controller = new AbortController();
      const stopped = create();
      const stopAfter = (event: FitEvent) => {
        if (event.type === 'step' && event.epoch === interrupted + 1) controller.abort();
      };
      await expect(
        fitted(stopped, { checkpoints, onProgress: stopAfter, signal: controller.signal }),
      ).rejects.toThrow('abort');

      const resumed = create();
      const events: FitEvent[] = [];
      const history = await fitted(resumed, { checkpoints, onProgress: (event) => events.push(event) });
      expect(events[0]).toMatchObject({ type: 'resumed', epoch: interrupted });
      expect(
        history.map(({ stage, loss, heldOutLoss, best }) => ({ stage, loss, heldOutLoss, best })),
      ).toEqual(expected.map(({ stage, loss, heldOutLoss, best }) => ({ stage, loss, heldOutLoss, best })));
      expect(valuesOf(resumed.state())).toEqual(valuesOf(straight.state()));
    },
  );

  /** Fits, and stops where `isEnough` of an event says so. */
  async function stoppedAt(learnable: Imitation, isEnough: (event: FitEvent) => boolean) {
    const checkpoints = memoryStore();
    const controller = new AbortController();
    const ending = fitted(learnable, {
      checkpoints,
      signal: controller.signal,
      onProgress: (event) => isEnough(event) && controller.abort(),
    });
    await expect(ending).rejects.toThrow('abort');
    return checkpoints;
  }

  it.each<[string, (event: FitEvent) => boolean, string[], number]>([
    ['the first', (event) => event.type === 'looking' && event.done === 4, ['mean', 'far'], 5],
    ['the second, not begun', (event) => event.type === 'looking' && event.done === 10, ['far'], 5],
    ['the second, under way', (event) => event.type === 'step' && event.epoch === 1, ['far'], 5],
    ['the last', (event) => event.type === 'looking' && event.stage === 'far', ['far'], 0],
  ])('goes on between stages, where %s is not done', async (_, isEnough, gathered, epochs) => {
    const straight = staged();
    await fitted(straight);
    const checkpoints = await stoppedAt(staged(), isEnough);
    const resumed = staged();
    const events: FitEvent[] = [];
    const history = await fitted(resumed, { checkpoints, onProgress: (event) => events.push(event) });
    const looked = events.flatMap((event) =>
      event.type === 'looking' && event.done === 10 ? [event.stage] : [],
    );
    expect(looked).toEqual(gathered);
    expect(events.filter(({ type }) => type === 'epoch')).toHaveLength(epochs);
    expect(history).toHaveLength(5);
    expect(valuesOf(resumed.state())).toEqual(valuesOf(straight.state()));
  });

  it('goes on in the second of two stages that train, with the history of both', async () => {
    const straight = twice(2, 4, refined);
    const expected = await fitted(straight);
    const checkpoints = await stoppedAt(
      twice(2, 4, refined),
      (event) => event.type === 'step' && event.stage === 'second' && event.epoch === 3,
    );
    const resumed = twice(2, 4, refined);
    const events: FitEvent[] = [];
    const history = await fitted(resumed, { checkpoints, onProgress: (event) => events.push(event) });
    const { seconds } = checkpointHistory(history, 4);
    expect(events[0]).toEqual({ type: 'resumed', stage: 'second', epoch: 2, seconds });
    expect(history.map(({ stage, epoch, loss }) => [stage, epoch, loss])).toEqual(
      expected.map(({ stage, epoch, loss }) => [stage, epoch, loss]),
    );
    expect(valuesOf(resumed.state())).toEqual(valuesOf(straight.state()));
  });

  it('does nothing where all was done', async () => {
    const checkpoints = memoryStore();
    const done = staged();
    const history = await fitted(done, { checkpoints });
    const { saves } = checkpoints;
    const again = staged();
    const events: FitEvent[] = [];
    expect(await fitted(again, { checkpoints, onProgress: (event) => events.push(event) })).toEqual(history);
    expect(events.map(({ type }) => type)).toEqual(['resumed']);
    expect(checkpoints.saves).toBe(saves);
    expect(valuesOf(again.state())).toEqual(valuesOf(done.state()));
  });

  it('draws for augmented images what it would have drawn', async () => {
    const drawing = () => {
      const drawn: number[] = [];
      const augment: TrainStage['augment'] = async (batch, random) => {
        drawn.push(random());
        return batch;
      };
      return { drawn, learnable: imitation({ augment, epochs: 3 }) };
    };
    const straight = drawing();
    await fitted(straight.learnable);
    const checkpoints = await stoppedAt(
      drawing().learnable,
      (event) => event.type === 'step' && event.epoch === 2 && event.step === 2,
    );
    const resumed = drawing();
    await fitted(resumed.learnable, { checkpoints });
    // One epoch is three steps and a batch of held-out images.
    expect(resumed.drawn).toEqual(straight.drawn.slice(4));
  });

  it('has in its checkpoint what was learnt, and of the stage under way what the next epoch depends on', async () => {
    const checkpoints = await stoppedAt(
      staged(refined),
      (event) => event.type === 'step' && event.epoch === 2,
    );
    const saved = checkpoints.saved();
    expect(saved?.stage).toBe(1);
    const learnt = ['one/kernel', 'one/mean', 'one/passes'].flatMap((name) => [
      name,
      name.replace('one', 'two'),
    ]);
    const of = (prefix: string) =>
      Object.keys(saved?.tensors ?? {})
        .filter((name) => name.startsWith(prefix))
        .map((name) => name.slice(prefix.length))
        .sort();
    expect(of('model/')).toEqual(['mean/mean', ...learnt].sort());
    for (const learner of ['student 1', 'student 2']) {
      expect(of(`optimizer/${learner}/`)).toEqual(['momentum/kernel']);
      expect(of(`average/${learner}/`)).toEqual(['count', 'kernel', 'mean', 'passes']);
      expect(of(`best/${learner}/`)).toEqual(['kernel', 'mean', 'passes']);
    }
    expect(of('backbone')).toEqual([]);
  });
});

const checkpointHistory = (history: readonly { seconds: number }[], count: number) => ({
  seconds: history.slice(0, count).reduce((sum, { seconds }) => sum + seconds, 0),
});

describe('a fit', () => {
  it('refuses to learn from nothing', async () => {
    const fitting = fitted(imitation(), { train: images(0) });
    await expect(fitting).rejects.toThrow(DataError);
    await expect(fitting).rejects.toThrow('no nominal images');
  });

  it('refuses patience where nothing tells a better epoch, before anything is computed', async () => {
    const started: string[] = [];
    const create = (stage: Partial<TrainStage>) =>
      imitation({ patience: 3, ...stage }, { before: [looking('a', async () => void started.push('a'))] });
    const without = fitted(create({}), { heldOut: images(0) });
    await expect(without).rejects.toThrow(ConfigurationError);
    await expect(without).rejects.toThrow(
      'The stage "students" has a patience of 3, but without held-out images no epoch is better than another: set $.fit.validationFraction above 0, or its patience to null.',
    );
    await expect(fitted(create({ keep: 'last' }))).rejects.toThrow(
      'The stage "students" has a patience of 3, but keeps its last epoch, not its best one: set its patience to null.',
    );
    expect(started).toEqual([]);
  });

  it('leaves no tensors behind, gives its memory back and disposes its optimizers, also where it is stopped or fails', async () => {
    const stop = new AbortController();
    const early = new AbortController();
    const ends: [() => Imitation, Parameters<typeof fitted>[1], RegExp | null][] = [
      [() => staged(refined), {}, null],
      [() => twice(2, 2), {}, null],
      [() => imitation(augmented), {}, null],
      [
        () => staged(),
        {
          onProgress: (event) => event.type === 'step' && event.epoch === 3 && stop.abort(),
          signal: stop.signal,
        },
        /abort/,
      ],
      [
        () => imitation(),
        { onProgress: (event) => event.type === 'features' && early.abort(), signal: early.signal },
        /abort/,
      ],
      [
        () =>
          imitation(
            {},
            {
              loss: (network) => (seen, mode) =>
                tf.mul(tf.mean(network.features(seen.images, mode).layer1 as Tensor4D), Number.NaN),
            },
          ),
        {},
        /diverged/,
      ],
      [
        () =>
          imitation(
            {},
            {
              before: [
                looking('broken', async (batches) => {
                  for await (const _ of batches) throw new Error('broken');
                }),
              ],
            },
          ),
        {},
        /broken/,
      ],
      [() => imitation({ augment: async () => Promise.reject(new Error('no defect')) }), {}, /no defect/],
    ];
    for (const [create, run, fault] of ends) {
      const learnable = create();
      const optimizers = learnable.stages.flatMap((stage) =>
        'learners' in stage ? stage.learners.map(({ optimizer }) => optimizer) : [],
      );
      const budget = memoryBudget(1e6);
      const before = memory().numTensors;
      const learntBefore = Object.keys(learnable.state()).length;
      const ended = fitted(learnable, { ...run, budget });
      if (fault) await expect(ended).rejects.toThrow(fault);
      else await ended;
      const learnt = Object.keys(learnable.state()).length - learntBefore;
      expect(memory().numTensors - before).toBe(learnt);
      expect(optimizers.flatMap((optimizer) => Object.keys(optimizer.state()))).toEqual([]);
      expect(budget.take(1e6)).toBe(true);
    }
  });

  it('disposes what it loaded of a checkpoint', async () => {
    const checkpoints = memoryStore();
    await fitted(staged(), { checkpoints });
    const again = staged();
    const before = memory().numTensors;
    await fitted(again, { checkpoints });
    // What was gathered is held now.
    expect(memory().numTensors).toBe(before + 2);
  });

  it('of something without a backbone and without training is as well one', async () => {
    const mean = held('mean');
    const learnable: Learnable = {
      normalization: imagenetNormalization,
      ...mean,
      stages: [
        looking('mean', async (batches) => {
          for await (const { images, features } of batches) {
            expect(features).toEqual({});
            mean.set({ mean: tf.mean(images) });
          }
        }),
      ],
    };
    expect(await fitted(learnable)).toEqual([]);
    expect(mean.get('mean').shape).toEqual([]);
  });
});
