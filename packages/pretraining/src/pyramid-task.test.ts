import { createResNet } from '@adfw/backbone-resnet';
import { tf } from '@adfw/core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { pyramidTask } from './pyramid-task.js';

beforeAll(() => tf.setBackend('cpu'));

const layers = ['layer1', 'layer2'];
const network = (width: number, seed: number, frozen = false) =>
  createResNet('resnet18', { layers, width, seed, calibrated: frozen, frozen });
const images = () => tf.randomNormal<tf.Rank.R4>([4, 32, 32, 3], 0, 1, 'float32', 11);
async function* batches() {
  const batch = images();
  yield batch;
  batch.dispose();
}

describe('the distillation of a pyramid', () => {
  it('has a loss of 1 a layer where the adapters give nothing: all of the variance is unexplained', async () => {
    const task = pyramidTask({ teacher: network(6, 1, true), student: network(3, 2), cropSize: 32, seed: 0 });
    await task.fit?.(batches());
    for (const [name, parameter] of Object.entries(task.parameters))
      if (name.startsWith('adapter.')) parameter.assign(tf.zerosLike(parameter));
    const terms = task.loss(images(), task.targets?.(images()) as Record<string, tf.Tensor4D>);
    expect(Object.keys(terms)).toEqual(layers);
    // Channels that are 0 everywhere have no variance, and count as explained.
    for (const term of Object.values(terms)) {
      expect(term.dataSync()[0]).toBeGreaterThan(0.8);
      expect(term.dataSync()[0]).toBeLessThan(1 + 1e-4);
    }
    task.dispose();
  });

  it('does not depend on the scale of the features, the larger network’s or the smaller one’s', async () => {
    const lossOf = async (teacherScale: number, studentScale: number) => {
      const scaled = (width: number, seed: number, frozen: boolean, factor: number) => {
        const own = network(width, seed, frozen);
        return {
          ...own,
          features: (...args: Parameters<typeof own.features>) =>
            Object.fromEntries(
              Object.entries(own.features(...args)).map(([layer, maps]) => [
                layer,
                tf.mul(maps, factor) as tf.Tensor4D,
              ]),
            ),
        };
      };
      const task = pyramidTask({
        teacher: scaled(6, 1, true, teacherScale),
        student: scaled(3, 2, false, studentScale),
        cropSize: 32,
        seed: 0,
      });
      await task.fit?.(batches());
      const terms = task.loss(images(), task.targets?.(images()) as Record<string, tf.Tensor4D>);
      const values = Object.values(terms).map((term) => term.dataSync()[0] as number);
      task.dispose();
      return values;
    };
    const plain = await lossOf(1, 1);
    const changed = await lossOf(50, 7);
    changed.forEach((value, index) => {
      expect(value).toBeCloseTo(plain[index] as number, 2);
    });
  });

  it('gives the weights of the network alone, in the layout of its file', async () => {
    const task = pyramidTask({ teacher: network(6, 1, true), student: network(3, 2), cropSize: 32, seed: 0 });
    expect(Object.keys(task.parameters)).toContain('adapter.layer2.weight');
    const weights = await task.weights();
    expect(Object.keys(weights).some((name) => name.startsWith('adapter'))).toBe(false);
    expect(weights['conv1.weight']?.shape).toEqual([3, 3, 7, 7]);
    expect(weights['layer2.0.conv1.weight']?.shape).toEqual([6, 3, 3, 3]);
    expect(weights['bn1.running_mean']?.shape).toEqual([3]);
    task.dispose();
  });
});
