import '@adfw/engine-onnxruntime';
import { checkConformance, tf } from '@adfw/core';
import { it } from 'vitest';
import { plugin } from './index.js';

it('the plugin conforms', async () => {
  // Twelve steps on pieces of which colours differ: of 15 seeds, all learnt each variant, the worst from 0.01 below its first loss.
  const training = { epochs: 12, optimizer: { type: 'adam', learningRate: 0.02 } };
  const small = { head: [8], headEpochs: 1, jitter: 1, training };
  const narrow = { width: 1, views: 18, training };
  await tf.setBackend('onnxruntime');
  await checkConformance(plugin, {
    parts: {
      'model/cut-paste': [
        { options: { ...small, localization: 'grad-cam' } },
        { options: { ...small, variant: 'binary' } },
        { options: { ...small, localization: 'patches', patches: { size: 16, stride: 8 } } },
      ],
      'model/geometric-transformations': {
        imageSize: [8, 8],
        options: { ...narrow, score: 'softmax' },
      },
    },
    methods: {
      cutpaste: { model: small },
      'geometric-transformations': { images: { size: 8 }, model: narrow },
    },
  });
});
