import '@tensorflow/tfjs-backend-cpu';
import { checkConformance, tf } from '@adfw/core';
import { plugin as networks } from '@adfw/networks';
import { beforeAll, it } from 'vitest';
import { plugin } from './index.js';

beforeAll(() => tf.setBackend('cpu'));

const layers = ['layer1', 'layer2'];
const backbone = { weights: 'random', width: 4 };

it('keeps what a plugin promises', () =>
  checkConformance(plugin, {
    plugins: [networks],
    methods: { patchcore: { model: { backbone } } },
    parts: {
      'model/memory-bank': [
        { options: { layers } },
        { options: { layers: ['layer1'], pooling: 1, share: 1, neighbours: 1, smoothing: 0 } },
      ],
    },
  }));
