/** Generative adversarial networks that learn to give nominal images. */
import { definePlugin } from '@adfw/core';
import { anoganPart } from './anogan-part.js';
import { biganPart } from './bigan-part.js';
import { ganomalyPart } from './ganomaly-part.js';

export const plugin = definePlugin({
  name: '@adfw/adversarial',
  parts: [ganomalyPart, biganPart, anoganPart],
  methods: [
    {
      name: 'ganomaly',
      summary: 'GANomaly: an image and what a generator gives back of it are compared as codes.',
      reference: 'Akcay et al. 2018, "GANomaly: Semi-Supervised Anomaly Detection via Adversarial Training"',
      preset: { model: { type: 'ganomaly' }, images: { size: 64 }, fit: { batchSize: 64 } },
      sample: { model: { training: { epochs: 10 } }, fit: { batchSize: 8 } },
    },
    {
      name: 'bigan',
      summary:
        'BiGAN (EGBAD): an image is encoded and given back by networks that a discriminator of both has taught.',
      reference: 'Zenati et al. 2018, "Efficient GAN-Based Anomaly Detection"',
      preset: { model: { type: 'bigan' }, images: { size: 64 }, fit: { batchSize: 64 } },
      sample: { model: { training: { epochs: 40 } }, images: { size: 64 }, fit: { batchSize: 8 } },
    },
    {
      name: 'anogan',
      summary:
        'AnoGAN: for each image the code is searched for from which a generator gives it back best; slow, and cannot be exported.',
      reference:
        'Schlegl et al. 2017, "Unsupervised Anomaly Detection with Generative Adversarial Networks to Guide Marker Discovery"',
      preset: { model: { type: 'anogan' }, images: { size: 64 }, fit: { batchSize: 64 } },
      sample: {
        model: { training: { epochs: 40 }, search: { steps: 100, learningRate: 0.05 } },
        images: { size: 64 },
        fit: { batchSize: 8 },
      },
    },
  ],
});
export default plugin;
