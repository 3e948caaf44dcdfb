import { checkConformance, tf } from '@adfw/core';
import '@adfw/engine-onnxruntime';
import { beforeAll, it } from 'vitest';
import { plugin } from './index.js';

beforeAll(() => tf.setBackend('onnxruntime'));

it('the plugin conforms', async () => {
  const imageSize: [number, number] = [8, 12];
  const sizes = { depth: 2, width: 2, latent: 4 };
  const trainedFor = (epochs: number, learningRate: number) => ({
    training: { epochs, optimizer: { type: 'adam', learningRate, beta1: 0.5 } },
  });
  const ganomaly = { ...sizes, ...trainedFor(5, 0.005) };
  const anogan = {
    ...sizes,
    search: { steps: 4, learningRate: 0.1 },
    ...trainedFor(5, 0.005),
  };
  const bigan = { ...sizes, hidden: 4, ...trainedFor(5, 0.005) };
  await checkConformance(plugin, {
    parts: {
      'model/ganomaly': { options: ganomaly, imageSize },
      'model/bigan': { options: bigan, imageSize },
      'model/anogan': { options: anogan, imageSize },
    },
    methods: {
      ganomaly: { model: ganomaly, images: { size: imageSize } },
      bigan: { model: bigan, images: { size: imageSize } },
      anogan: { model: anogan, images: { size: imageSize } },
    },
  });
});
