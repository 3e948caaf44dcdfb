import { type Checkpoint, type CheckpointStore, tf } from '@adfw/core';
import { createResNet } from '@adfw/networks';
import '@adfw/engine-onnxruntime';
import { beforeAll, describe, expect, it } from 'vitest';
import { generatedImages } from './generated-images.js';
import { keptImages } from './images.js';
import { type Pretraining, type PretrainingEvent, type PretrainingRecord, pretrain } from './pretrain.js';
import { pyramidTask } from './pyramid/pyramid-task.js';
import type { PretrainingTask } from './task.js';

beforeAll(() => tf.setBackend('onnxruntime'));

const layers = ['layer1'];
const smallTask = () =>
  pyramidTask({
    teacher: createResNet('resnet18', { layers, width: 6, seed: 1, calibrated: true, frozen: true }),
    student: createResNet('resnet18', { layers, width: 4, seed: 2, calibrated: true }),
    cropSize: 32,
  });
const images = keptImages(generatedImages({ count: 4, size: 48, seed: 0 }), {
  take: () => true,
  giveBack() {},
});
const training = (task: PretrainingTask, more: Partial<Pretraining> = {}): Pretraining => ({
  task,
  images,
  steps: 8,
  batchSize: 4,
  learningRate: 0.01,
  seed: 5,
  recordEvery: 3,
  fitCrops: 8,
  ...more,
});

/** Keeps copies in memory. */
function memoryStore(): CheckpointStore<PretrainingRecord> & { saves: number } {
  let kept: Checkpoint<PretrainingRecord> | null = null;
  const copied = ({ history, tensors }: Checkpoint<PretrainingRecord>) => ({
    history: structuredClone(history),
    tensors: Object.fromEntries(
      Object.entries(tensors).map(([name, tensor]) => [
        name,
        tf.tensor(tensor.dataSync().slice(), tensor.shape),
      ]),
    ),
  });
  return {
    saves: 0,
    async save(checkpoint) {
      this.saves += 1;
      kept = copied(checkpoint);
    },
    load: async () => kept && copied(kept),
  };
}

const weightsOf = async (task: PretrainingTask) =>
  Object.fromEntries(
    Object.entries(await task.weights()).map(([name, { data }]) => [name, Array.from(data)]),
  );

describe('a training', () => {
  it('lowers the loss', async () => {
    const task = smallTask();
    const { history } = await pretrain(training(task, { steps: 40, recordEvery: 10, learningRate: 0.02 }));
    task.dispose();
    expect(history.map(({ step }) => step)).toEqual([10, 20, 30, 40]);
    expect(history.at(-1)?.loss).toBeLessThan(0.75 * (history[0]?.loss as number));
    expect(history.at(-1)?.terms.layer1).toBeCloseTo(history.at(-1)?.loss as number, 6);
  });

  it('ends, when it was interrupted, as if it never had been', async () => {
    const whole = smallTask();
    const { history } = await pretrain(training(whole));

    const checkpoints = memoryStore();
    const begun = smallTask();
    const controller = new AbortController();
    const onProgress = (event: PretrainingEvent) => {
      if (event.type === 'step' && event.step === 5) controller.abort(new Error('enough'));
    };
    const { signal } = controller;
    await expect(pretrain(training(begun, { checkpoints, onProgress, signal }))).rejects.toThrow('enough');
    begun.dispose();

    const resumed = smallTask();
    const events: PretrainingEvent[] = [];
    const end = await pretrain(training(resumed, { checkpoints, onProgress: (event) => events.push(event) }));
    expect(events[0]).toMatchObject({ type: 'resumed', step: 3 });
    expect(await weightsOf(resumed)).toEqual(await weightsOf(whole));
    const losses = (records: PretrainingRecord[]) =>
      records.map(({ step, loss, terms }) => ({ step, loss, terms }));
    expect(losses(end.history)).toEqual(losses(history));

    // A complete one does nothing any more.
    const again = smallTask();
    const { saves } = checkpoints;
    await pretrain(training(again, { checkpoints }));
    expect(await weightsOf(again)).toEqual(await weightsOf(whole));
    expect(checkpoints.saves).toBe(saves);
    for (const task of [whole, resumed, again]) task.dispose();
  });

  it('leaves no tensors behind', async () => {
    const task = smallTask();
    const before = tf.memory().numTensors;
    await pretrain(training(task, { steps: 2 }));
    expect(tf.memory().numTensors).toBe(before);
    task.dispose();
  });
});

describe('what goes wrong', () => {
  /** One parameter whose loss is as given. */
  const taskOf = (loss: () => tf.Scalar): PretrainingTask => {
    const parameter = tf.variable(tf.scalar(1));
    return {
      parameters: { parameter },
      statistics: {},
      cropSize: 32,
      loss: () => ({ own: tf.mul(parameter, loss()) as tf.Scalar }),
      weights: async () => ({}),
      dispose: () => parameter.dispose(),
    };
  };

  it('a loss that is no number is said with its step and what to do', async () => {
    const task = taskOf(() => tf.scalar(Number.NaN));
    await expect(pretrain(training(task))).rejects.toThrow(
      'Training diverged: the loss became NaN in step 1. Lower the learning rate (--learning-rate), which is 0.01.',
    );
  });

  it('no images, or an image that cannot be read, stop it', async () => {
    const none = { length: 0, image: images.image };
    await expect(
      pretrain(
        training(
          taskOf(() => tf.scalar(1)),
          { images: none },
        ),
      ),
    ).rejects.toThrow(/no images/);
    const broken = { length: 3, image: () => Promise.reject(new Error('x.png is damaged')) };
    await expect(
      pretrain(
        training(
          taskOf(() => tf.scalar(1)),
          { images: broken },
        ),
      ),
    ).rejects.toThrow('x.png is damaged');
  });

  it("a checkpoint of another network's is refused", async () => {
    const checkpoints = memoryStore();
    const task = taskOf(() => tf.scalar(1));
    await pretrain(training(task, { checkpoints, steps: 2 }));
    const other = smallTask();
    await expect(pretrain(training(other, { checkpoints }))).rejects.toThrow(
      /checkpoint does not fit this network: ".*" should be \[.*\], and is missing/,
    );
    other.dispose();
  });
});
