/** The method as a whole: it learns, goes on where it was stopped, and scores the same after it was saved. */
import {
  adam,
  type Backbone,
  type Checkpoint,
  type CheckpointStore,
  copyState,
  type Distillation,
  distill,
  distillationDetector,
  type EpochRecord,
  type ImageSource,
  layerwiseScore,
  memoryBudget,
  restoreState,
  tf,
} from '@adfw/core';
import { createResNet } from '@adfw/networks';
import '@adfw/engine-onnxruntime';
import { cosineLoss, distance } from '@adfw/distillation';
import { beforeAll, describe, expect, it } from 'vitest';
import { createReverseStudent } from './reverse-student.js';

await tf.setBackend('onnxruntime');

const layers = ['layer1', 'layer2', 'layer3'];
const SIDE = 48;

/** Waves, each image's shifted. */
const images: ImageSource = {
  length: 8,
  size: [SIDE, SIDE],
  image: async (index) => ({
    width: SIDE,
    height: SIDE,
    data: Uint8Array.from({ length: SIDE * SIDE * 3 }, (_, i) => 128 + 100 * Math.sin(i / 7 + index)),
  }),
};
const none: ImageSource = { ...images, length: 0 };

const student = (teacher: Backbone, seed: number) =>
  createReverseStudent(
    teacher,
    { block: 'basic', innerFactor: 1, blocks: 1, layerBlocks: {}, embeddingFactor: 2, fusion: 'convolution' },
    seed,
  );

function distillation(overrides: Partial<Distillation> = {}): Distillation {
  const teacher = createResNet('resnet18', { layers, width: 8, seed: 0, calibrated: true, frozen: true });
  return {
    teacher,
    students: [student(teacher, 1)],
    optimizers: [adam({ learningRate: 0.005, beta1: 0.5, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 })],
    loss: cosineLoss('mean'),
    train: images,
    validation: none,
    epochs: 6,
    batchSize: 4,
    seed: 42,
    budget: memoryBudget(1e8),
    ...overrides,
  };
}

const score = layerwiseScore(distance, { combine: 'sum', smoothing: 4 });
const mapsOf = async ({ teacher, students }: Pick<Distillation, 'teacher' | 'students'>) =>
  distillationDetector(teacher, students, score).anomalyMaps([await images.image(0), await images.image(1)]);

/** Keeps the checkpoint of one epoch, by value, and none after it. */
function storeOf(epoch: number): CheckpointStore {
  let saved: Checkpoint | null = null;
  return {
    async save({ history, tensors }) {
      if (history.length !== epoch) return;
      const copies = Object.entries(tensors).map(([name, value]) => [name, tf.keep(tf.clone(value))]);
      saved = { history: [...history], tensors: Object.fromEntries(copies) };
    },
    load: async () => saved,
  };
}

describe('reverse distillation', () => {
  const checkpoints = storeOf(3);
  let trained: Distillation;
  let history: readonly EpochRecord[];
  beforeAll(async () => {
    trained = distillation({ checkpoints });
    history = (await distill(trained)).history;
  });
  const losses = (records: readonly EpochRecord[]) => records.map(({ loss }) => loss[0] as number);

  it('brings the student nearer to the teacher', () => {
    const [first, last] = [losses(history)[0], losses(history).at(-1)] as [number, number];
    expect(last).toBeLessThan(first / 2);
  });

  it('resumed after an epoch ends as a run never interrupted', async () => {
    const resumed = distillation({ checkpoints });
    const again = await distill(resumed);
    expect(losses(again.history)).toEqual(losses(history));
    expect(await mapsOf(resumed)).toEqual(await mapsOf(trained));
  });

  it('scores the same after its state was put into another student', async () => {
    const { teacher } = trained;
    const other = student(teacher, 2);
    const expected = await mapsOf(trained);
    expect(await mapsOf({ teacher, students: [other] })).not.toEqual(expected);
    restoreState(other, copyState(trained.students[0] as Backbone));
    expect(await mapsOf({ teacher, students: [other] })).toEqual(expected);
  });
});
