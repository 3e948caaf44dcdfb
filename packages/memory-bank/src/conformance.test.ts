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
    methods: {
      patchcore: { model: { backbone } },
      'k-means': { model: { backbone, clusters: 20 } },
      spade: { model: { backbone } },
    },
    parts: {
      'model/memory-bank': [
        { options: { layers } },
        { options: { layers: ['layer1'], pooling: 1, share: 1, neighbours: 1, smoothing: 0 } },
      ],
      'model/clusters': [
        { options: { layers, clusters: 8 } },
        {
          options: {
            layers,
            clusters: 8,
            patches: { size: 12, stride: 6 },
            pooling: 1,
            normalize: 'l2',
            neighbours: 1,
          },
        },
      ],
      'model/spade': { options: { layers, imageLayer: 'layer2', neighbours: 2 } },
    },
  }));
