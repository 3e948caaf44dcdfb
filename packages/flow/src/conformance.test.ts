import { checkConformance, tf } from '@adfw/core';
import '@adfw/engine-onnxruntime';
import { beforeAll, it } from 'vitest';
import { plugin } from './index.js';

beforeAll(() => tf.setBackend('onnxruntime'));

it('the plugin conforms', async () => {
  const small = { steps: 2, codeChannels: 8, fibre: 100 };
  const flat = { steps: 2, hidden: 8, views: 2, scales: 2 };
  await checkConformance(plugin, {
    parts: {
      'model/fast-flow': { options: { steps: 2, training: { epochs: 5 } } },
      'model/cflow': {
        options: { ...small, training: { epochs: 5, optimizer: { type: 'adam', learningRate: 0.02 } } },
      },
      'model/differnet': {
        options: { ...flat, training: { epochs: 5, optimizer: { type: 'adam', learningRate: 0.01 } } },
      },
    },
    methods: { fastflow: { model: { steps: 2 } }, cflow: { model: small }, differnet: { model: flat } },
  });
});
