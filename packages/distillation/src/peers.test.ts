/** Students that learn from each other, and from their own deepest layer. */
import { readFile } from 'node:fs/promises';
import {
  fitDetector,
  type Learner,
  memoryBudget,
  type Seen,
  type TrainStage,
  tf,
  trainStep,
} from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { composeWith, images, made } from './tiny-parts.test.fixture.js';

interface Shaped {
  readonly shape: number[];
  readonly data: number[];
}
type State = Readonly<Record<string, Shaped>>;
interface Peers {
  readonly mutual: number;
  readonly selfDistillation: number;
  readonly rate: number;
  readonly momentum: number;
  readonly images: Shaped;
  readonly teacher: State;
  readonly start: readonly State[];
  readonly steps: readonly (readonly Readonly<Record<string, number>>[])[];
  readonly end: readonly State[];
}

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => tf.disposeVariables());

const take = (parameters: Learner['parameters'], state: State) => {
  for (const [name, { shape, data }] of Object.entries(state))
    tf.tidy(() => parameters[name]?.assign(tf.tensor(data, shape)));
};
const learnersOf = async (model: object) => {
  made.length = 0;
  const composition = await composeWith(model);
  const stage = composition.model.stages[0] as TrainStage;
  return { composition, learners: stage.learners };
};
const refusal = (model: object) =>
  composeWith(model).then(
    () => 'none',
    ({ message }) => message,
  );

describe('students that learn from each other and from themselves', () => {
  it('go the five steps that they go in PyTorch', async () => {
    const path = new URL('../fixtures/peers.json', import.meta.url);
    const peers = JSON.parse(await readFile(path, 'utf8')) as Peers;
    const { mutual, selfDistillation, rate: learningRate, momentum } = peers;
    const { learners, composition } = await learnersOf({
      students: 2,
      mutual,
      selfDistillation,
      training: { optimizer: { type: 'sgd', learningRate, momentum, weightDecay: 0 } },
    });
    take(made[0]?.parameters ?? {}, peers.teacher);
    for (const [s, learner] of learners.entries()) take(learner.parameters, peers.start[s] as State);
    const batch = tf.tensor4d(peers.images.data, peers.images.shape as [number, number, number, number]);
    const seen: Seen = { images: batch, features: made[0]?.features(batch, 'eval') ?? {} };
    for (const expected of peers.steps)
      for (const [s, learner] of learners.entries()) {
        const { total, terms } = trainStep(learner, seen, { rate: 1, clipNorm: null });
        let sum = 0;
        for (const [name, value] of Object.entries(expected[s] ?? {})) {
          expect(terms[name]?.dataSync()[0]).toBeCloseTo(value, 5);
          sum += value;
        }
        expect(total.dataSync()[0]).toBeCloseTo(sum, 5);
      }
    for (const [s, learner] of learners.entries())
      for (const [name, { data }] of Object.entries(peers.end[s] as State)) {
        const found = learner.parameters[name]?.dataSync() ?? [];
        for (const [index, value] of data.entries()) expect(found[index]).toBeCloseTo(value, 5);
      }
    composition.dispose();
  });

  it('have only the loss towards the teacher where neither is asked for', async () => {
    const { learners } = await learnersOf({ students: 2 });
    const batch = tf.ones<tf.Rank.R4>([1, 16, 16, 3]);
    const seen = { images: batch, features: made[0]?.features(batch, 'eval') ?? {} };
    expect(learners[0]?.loss(seen, 'eval', () => 0, 1)).toBeInstanceOf(tf.Tensor);
    expect(Object.keys(learners[0]?.parameters ?? {})).toEqual(['layer1.weight', 'layer2.weight']);
  });

  it('are fitted term by term, and cost no more afterwards', async () => {
    const training = { epochs: 2, optimizer: { type: 'adam', learningRate: 0.01 } };
    const composition = await composeWith({ students: 2, mutual: 0.5, selfDistillation: 0.5, training });
    const { history } = await fitDetector(composition, images(6), { budget: memoryBudget(1e8) });
    expect(history.at(-1)?.terms?.['student 1']).toEqual({
      teacher: expect.any(Number),
      peers: expect.any(Number),
      self: expect.any(Number),
    });
    expect(composition.model.cost?.()).toEqual((await composeWith({ students: 2 })).model.cost?.());
    expect(Object.keys(composition.model.state())).toContain('self1/self.layer1.weight');
  });

  it('are refused where there is nobody to learn from', async () => {
    expect(await refusal({ mutual: 0.5 })).toContain('mutual must be 0 for one student');
    expect(await refusal({ selfDistillation: 1, layers: ['layer1'] })).toContain(
      'selfDistillation must be 0 where layers has one layer',
    );
  });

  it('are refused where the deepest layer is not the smallest', async () => {
    const teacher = { type: 'tiny-upwards' };
    expect(await refusal({ teacher })).toBe('none');
    expect(await refusal({ teacher, selfDistillation: 0.5 })).toContain(
      'layers must end with the smallest for selfDistillation; "layer1" has maps of 4x4, "layer2" of 8x8.',
    );
  });
});
