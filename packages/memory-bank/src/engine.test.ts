/** What the models compute on the engine, as it replays it and as it exports it, beside tfjs's own backend. */
import '@tensorflow/tfjs-backend-cpu';
import { type DetectedImage, detectorOf, freezeAll, normalize, tf } from '@adfw/core';
import { exportModel, openModel } from '@adfw/engine-onnxruntime';
import { Tensor } from 'onnxruntime-common';
import { describe, expect, it } from 'vitest';
import { create, fitted, image, size } from './models.test.fixture.js';

const layers = ['layer1', 'layer2'];
const images = [image(50), image(51, true), image(52)];

const numbersOf = (tensor: Tensor | undefined) => tensor?.data as Float32Array;
const mapOf = (maps: Float32Array, n: number) =>
  maps.slice(n * size.height * size.width, (n + 1) * size.height * size.width);

const largestDifference = (one: readonly DetectedImage[], other: readonly DetectedImage[]): number =>
  Math.max(
    ...one.flatMap(({ score, map }, n) => [
      Math.abs(score - (other[n]?.score as number)),
      ...Array.from(map ?? [], (value, at) => Math.abs(value - (other[n]?.map?.[at] as number))),
    ]),
  );

describe.each([
  ['memory-bank', { layers, share: 0.3, smoothing: 1 }],
  ['clusters', { layers, clusters: 20 }],
  ['clusters', { layers, clusters: 20, patches: { size: 16, stride: 8 }, pooling: 1, normalize: 'l2' }],
  ['spade', { layers, imageLayer: 'layer3', neighbours: 3 }],
])('%s with %j', (name, options) => {
  it('computes the same on the engine, replayed and exported', async () => {
    await tf.setBackend('cpu');
    const { model } = await fitted(name, options);
    const expected = await detectorOf(model).detect(images);
    const learnt = Object.entries(model.state()).map(
      ([key, tensor]) => [key, tensor.shape, tensor.dataSync()] as const,
    );
    model.dispose();

    await tf.setBackend('onnxruntime');
    const same = await create(name, options);
    same.restore(Object.fromEntries(learnt.map(([key, shape, data]) => [key, tf.tensor(data, shape)])));
    freezeAll(same);
    const detector = detectorOf(same);
    const largest = Math.max(...expected.map(({ score }) => score));
    for (let time = 0; time < 2; time++)
      expect(largestDifference(await detector.detect(images), expected) / largest).toBeLessThan(1e-3);

    const exported = await exportModel(
      ({ pixels }) => {
        const { scores, maps } = detector.tensors(normalize(pixels as tf.Tensor4D, detector.normalization));
        return { scores, ...(maps && { maps }) };
      },
      { inputs: { pixels: { shape: [null, size.height, size.width, 3] } } },
    );
    const open = openModel(exported);
    const pixels = Float32Array.from(images.flatMap(({ data }) => [...data]));
    const shape = [images.length, size.height, size.width, 3];
    const { scores, maps } = open.run({ pixels: new Tensor('float32', pixels, shape) });
    const found = images.map((_, n) => ({
      score: numbersOf(scores)[n] as number,
      map: mapOf(numbersOf(maps), n),
    }));
    open.dispose();
    expect(largestDifference(found, expected) / largest).toBeLessThan(1e-3);
    same.dispose();
  });
});
