import { avgPool, memory, type Tensor4D } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import type { Backbone } from '../contracts/backbone.js';
import type { Seen } from '../contracts/seen.js';
import { memoryBudget } from '../images/memory-budget.js';
import { imagenetNormalization } from '../tensors/normalization.js';
import { tf } from '../tensors/tf.js';
import { frozenFeatures } from './frozen-features.js';
import { seenBatches } from './gather.js';
import { images } from './learnable.test.fixture.js';

beforeAll(() => tf.setBackend('cpu'));

/** A backbone that counts the images that go through it. */
function counting() {
  const counted = { images: 0 };
  const backbone: Backbone = {
    layers: ['layer1'],
    channels: { layer1: 3 },
    parameters: {},
    statistics: {},
    features(batch: Tensor4D) {
      counted.images += batch.shape[0];
      return { layer1: avgPool(batch, 2, 2, 'valid') };
    },
    dispose() {},
  };
  return { learnable: { backbone, normalization: imagenetNormalization, stages: [] }, counted };
}
const learnableOf = (seer: object) => seer as Parameters<typeof seenBatches>[0];

const read = async (batches: AsyncIterable<Seen>) => {
  const all: { images: Float32Array; features: Float32Array }[] = [];
  for await (const { images, features } of batches)
    all.push({
      images: Float32Array.from(await images.data()),
      features: Float32Array.from((await features.layer1?.data()) ?? []),
    });
  return all;
};

describe('what a stage sees', () => {
  it('is all images, in order, with the features of the backbone, each until the next one is asked for', async () => {
    const { learnable } = counting();
    const before = memory().numTensors;
    const source = images(5);
    const sizes: number[] = [];
    const held: tf.Tensor[] = [];
    const done: number[] = [];
    for await (const { images: batch, features } of seenBatches(learnableOf(learnable), source, {
      batchSize: 2,
      onProgress: (count) => done.push(count),
    })) {
      for (const tensor of held) expect(tensor.isDisposed).toBe(true);
      held.splice(0, held.length, batch, features.layer1 as Tensor4D);
      sizes.push(batch.shape[0]);
      expect(features.layer1?.shape).toEqual([batch.shape[0], 4, 4, 3]);
    }
    expect(sizes).toEqual([2, 2, 1]);
    expect(done).toEqual([2, 4, 5]);
    expect(memory().numTensors).toBe(before);
  });

  it('is the same each time that it is gone through, from the second time on with features that are kept', async () => {
    const { learnable, counted } = counting();
    const source = images(5);
    let asked = 0;
    const features = async () => {
      asked += 1;
      return frozenFeatures(learnable, source, { batchSize: 2, budget: memoryBudget(1e6) });
    };
    const before = memory().numTensors;
    const batches = seenBatches(learnableOf(learnable), source, { batchSize: 2, features });
    const first = await read(batches);
    expect([asked, counted.images]).toEqual([0, 5]);
    expect(await read(batches)).toEqual(first);
    expect([asked, counted.images]).toEqual([1, 10]);
    expect(memory().numTensors).toBe(before);
  });

  it('stays what it is in tensors that are made of it, with features that are kept as well', async () => {
    const { learnable } = counting();
    const source = images(6);
    const features = () => frozenFeatures(learnable, source, { batchSize: 2, budget: memoryBudget(1e6) });
    const batches = seenBatches(learnableOf(learnable), source, { batchSize: 2, features });
    const all: tf.Tensor[][] = [[], []];
    for (const pass of all)
      for await (const { images, features } of batches)
        pass.push(images.clone(), (features.layer1 as Tensor4D).clone());
    const [first, second] = all.map((pass) => pass.map((tensor) => Array.from(tensor.dataSync())));
    expect(second).toEqual(first);
    tf.dispose(all);
  });

  it('has no features where there is no backbone', async () => {
    const { normalization } = counting().learnable;
    const [batch] = await read(seenBatches(learnableOf({ normalization }), images(1), { batchSize: 2 }));
    expect(batch?.features).toHaveLength(0);
  });

  it('leaves nothing behind where a stage looks at a part only, where it fails, and where it is stopped', async () => {
    const { learnable } = counting();
    const before = memory().numTensors;
    const look = (signal?: AbortSignal) =>
      seenBatches(learnableOf(learnable), images(5), { batchSize: 2, ...(signal && { signal }) });
    for await (const _ of look()) break;
    await expect(
      (async () => {
        for await (const _ of look()) throw new Error('enough');
      })(),
    ).rejects.toThrow('enough');
    await expect(read(look(AbortSignal.abort(new Error('stop'))))).rejects.toThrow('stop');
    const failing = { ...learnable, backbone: { ...learnable.backbone, features: () => tf.mul('no', 1) } };
    await expect(read(seenBatches(learnableOf(failing), images(2), { batchSize: 2 }))).rejects.toThrow();
    expect(memory().numTensors).toBe(before);
  });
});
