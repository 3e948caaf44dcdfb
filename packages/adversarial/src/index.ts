/** Generative adversarial networks that learn to give nominal images. */
import { definePlugin } from '@adfw/core';
import { ganomalyPart } from './ganomaly-part.js';

export const plugin = definePlugin({
  name: '@adfw/adversarial',
  parts: [ganomalyPart],
  methods: [
    {
      name: 'ganomaly',
      summary: 'GANomaly: an image and what a generator gives back of it are compared as codes.',
      reference: 'Akcay et al. 2018, "GANomaly: Semi-Supervised Anomaly Detection via Adversarial Training"',
      preset: { model: { type: 'ganomaly' }, images: { size: 64 }, fit: { batchSize: 64 } },
      sample: { model: { training: { epochs: 10 } }, fit: { batchSize: 8 } },
    },
  ],
});
export default plugin;
