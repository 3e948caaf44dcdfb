/** The method as a whole: it learns, goes on where it was stopped, and scores the same after it was saved. */
import {
  type CheckpointStore,
  type Composition,
  compose,
  corePlugin,
  createRegistry,
  detectorOf,
  type FittedDetector,
  fitDetector,
  type ImageSource,
  memoryBudget,
  resolveExperiment,
  tf,
} from '@adfw/core';
import { plugin as distillation } from '@adfw/distillation';
import { plugin as networks } from '@adfw/networks';
import '@adfw/engine-onnxruntime';
import { beforeAll, describe, expect, it } from 'vitest';
import { plugin } from './index.js';

await tf.setBackend('onnxruntime');

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

const registry = createRegistry([corePlugin, distillation, networks, plugin]);
const document = {
  method: 'reverse-distillation',
  images: { size: SIDE },
  model: {
    teacher: { type: 'resnet18', width: 8, weights: 'random' },
    student: { blocks: 1 },
    training: { epochs: 6 },
  },
  fit: { batchSize: 4, validationFraction: 0 },
};
const composed = (seed = 42): Promise<Composition> =>
  compose(
    registry,
    resolveExperiment({ registry, layers: [{ source: 'test', document: { ...document, seed } }] }),
  );

const fitted = (composition: Composition, checkpoints: CheckpointStore): Promise<FittedDetector> =>
  fitDetector(composition, images, { budget: memoryBudget(1e8), checkpoints });
const detectionsOf = async ({ detector }: Pick<FittedDetector, 'detector'>) =>
  detector.detect([await images.image(0), await images.image(1)]);

/** Keeps the checkpoint of one epoch, by value, and none after it. */
function storeOf(epoch: number): CheckpointStore {
  let saved: Awaited<ReturnType<CheckpointStore['load']>> = null;
  const copied = <T extends Record<string, tf.Tensor>>(tensors: T) =>
    Object.fromEntries(Object.entries(tensors).map(([name, value]) => [name, tf.keep(tf.clone(value))]));
  return {
    async save({ history, tensors, ...rest }) {
      if (history.length !== epoch) return;
      saved = { ...rest, history: [...history], tensors: copied(tensors) };
    },
    load: async () => saved && { ...saved, tensors: copied(saved.tensors) },
  };
}

describe('reverse distillation', () => {
  const checkpoints = storeOf(3);
  let trained: Composition;
  let result: FittedDetector;
  beforeAll(async () => {
    trained = await composed();
    result = await fitted(trained, checkpoints);
  });
  const losses = ({ history }: FittedDetector) => history.map(({ loss }) => loss['student 1'] as number);

  it('brings the student nearer to the teacher', () => {
    const [first, last] = [losses(result)[0], losses(result).at(-1)] as [number, number];
    expect(last).toBeLessThan(first / 2);
  });

  it('resumed after an epoch ends as a run never interrupted', async () => {
    const again = await fitted(await composed(), checkpoints);
    expect(losses(again)).toEqual(losses(result));
    expect(await detectionsOf(again)).toEqual(await detectionsOf(result));
  });

  it('scores the same after its state was put into another student', async () => {
    const { model } = await composed(2);
    const expected = await detectionsOf(result);
    expect(await detectionsOf({ detector: detectorOf(model) })).not.toEqual(expected);
    model.restore(trained.model.state());
    expect(await detectionsOf({ detector: detectorOf(model) })).toEqual(expected);
  });
});
