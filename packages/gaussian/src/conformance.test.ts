import '@tensorflow/tfjs-backend-cpu';
import { checkConformance, tf } from '@adfw/core';
import { beforeAll, it } from 'vitest';
import { plugin } from './index.js';

beforeAll(() => tf.setBackend('cpu'));

const layers = ['layer1', 'layer2'];

it('keeps what a plugin promises', () =>
  checkConformance(plugin, {
    parts: {
      'model/gaussian': [
        { options: { layers, dimensions: 8 } },
        { options: { layers: ['layer1'], smoothing: 0 } },
      ],
      'model/mahalanobis': { options: { layers } },
      'model/dfm': [
        { options: { layers, pooling: 3, smoothing: 2 } },
        { options: { layers, score: 'likelihood' } },
      ],
      'model/dfkde': { options: { layers } },
      'model/one-class-svm': [
        { options: { layers } },
        { options: { layers, boundary: 'sphere', kernel: 'linear', normalize: 'none' } },
        { options: { layers, pooled: false, normalize: 'length' } },
      ],
    },
  }));
