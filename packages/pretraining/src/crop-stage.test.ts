import {
  type Checkpoint,
  type CheckpointStore,
  type FitEvent,
  fit,
  memoryBudget,
  type Pretraining,
  tf,
} from '@adfw/core';
import { createResNet } from '@adfw/networks';
import '@adfw/engine-onnxruntime';
import { beforeAll, describe, expect, it } from 'vitest';
import type { CropTraining } from './crop-stage.js';
import { generatedImages } from './generated-images.js';
import { inFullBatches } from './images.js';
import { pyramidPretraining } from './pyramid/pyramid-pretraining.js';

beforeAll(() => tf.setBackend('onnxruntime'));

const layers = ['layer1'];
const small = (training: CropTraining) =>
  pyramidPretraining({
    teacher: createResNet('resnet18', { layers, width: 6, seed: 1, calibrated: true, frozen: true }),
    student: createResNet('resnet18', { layers, width: 4, seed: 2, calibrated: true }),
    cropSize: 32,
    ...training,
  });
const images = inFullBatches(generatedImages({ count: 3, size: 48, seed: 0 }), 4);
const none = { ...images, length: 0 };

const run = (
  pretraining: Pretraining,
  more: { checkpoints?: CheckpointStore; onProgress?: (event: FitEvent) => void; signal?: AbortSignal } = {},
) =>
  fit(
    pretraining,
    { train: images, heldOut: none },
    { batchSize: 4, seed: 5, budget: memoryBudget(0), ...more },
  );

/** Keeps the last checkpoint in memory. */
function memoryStore(): CheckpointStore {
  let kept: Checkpoint | null = null;
  const copied = ({ tensors, ...rest }: Checkpoint): Checkpoint => ({
    ...structuredClone(rest),
    tensors: Object.fromEntries(
      Object.entries(tensors).map(([name, tensor]) => [
        name,
        tf.tensor(tensor.dataSync().slice(), tensor.shape),
      ]),
    ),
  });
  return {
    async save(checkpoint) {
      kept = copied(checkpoint);
    },
    load: async () => kept && copied(kept),
  };
}

const weightsOf = async (pretraining: Pretraining) =>
  Object.fromEntries(
    Object.entries(await pretraining.weights()).map(([name, { data }]) => [name, Array.from(data)]),
  );

describe('learning from crops', () => {
  it('lowers the loss, in as many steps between records as there are to be', async () => {
    const pretraining = small({ steps: 40, recordEvery: 10, learningRate: 0.02 });
    let steps = 0;
    const history = await run(pretraining, {
      onProgress: ({ type }) => {
        if (type === 'step') steps++;
      },
    });
    pretraining.dispose();
    expect(steps).toBe(40);
    expect(history.map(({ epoch }) => epoch)).toEqual([1, 2, 3, 4]);
    const losses = history.map(({ loss }) => loss.network as number);
    expect(losses.at(-1)).toBeLessThan(0.75 * (losses[0] as number));
    expect(history.at(-1)?.terms?.network?.layer1).toBeCloseTo(losses.at(-1) as number, 6);
  });

  it('ends, when it was interrupted, as if it never had been', async () => {
    const training = { steps: 9, recordEvery: 3, learningRate: 0.01 };
    const whole = small(training);
    await run(whole);

    const checkpoints = memoryStore();
    const begun = small(training);
    const controller = new AbortController();
    const onProgress = (event: FitEvent) => {
      if (event.type === 'step' && event.epoch === 2) controller.abort(new Error('enough'));
    };
    const { signal } = controller;
    await expect(run(begun, { checkpoints, onProgress, signal })).rejects.toThrow('enough');
    begun.dispose();

    const resumed = small(training);
    const events: FitEvent[] = [];
    await run(resumed, { checkpoints, onProgress: (event) => events.push(event) });
    expect(events[0]).toMatchObject({ type: 'resumed', epoch: 1 });
    expect(await weightsOf(resumed)).toEqual(await weightsOf(whole));
    for (const pretraining of [whole, resumed]) pretraining.dispose();
  });
});

it('batches are full also of few images', async () => {
  const few = inFullBatches(generatedImages({ count: 3, size: 32, seed: 0 }), 8);
  expect(few.length).toBe(8);
  expect((await few.image(7)).data).toEqual((await few.image(1)).data);
});
