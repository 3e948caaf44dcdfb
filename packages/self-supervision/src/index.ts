/** Models that learn from tasks which nominal images set by themselves. */
import { definePlugin } from '@adfw/core';
import { cutPastePart } from './cut-paste/cut-paste-model.js';
import { geometricPart } from './geometric-transformations/geometric-model.js';

export const plugin = definePlugin({
  name: '@adfw/self-supervision',
  parts: [cutPastePart, geometricPart],
  methods: [
    {
      name: 'cutpaste',
      summary: 'CutPaste: a network that tells images from those with a pasted piece; scores images.',
      reference: 'Li et al. 2021',
      preset: {
        model: { type: 'cut-paste', training: { schedule: { decay: 'cosine' } } },
        fit: { batchSize: 32 },
      },
      sample: {
        model: { layers: ['layer3'], training: { epochs: 10 } },
        fit: { batchSize: 8 },
      },
    },
    {
      name: 'geometric-transformations',
      summary: 'A network that tells how images were mirrored, moved and turned; scores images.',
      reference: 'Golan and El-Yaniv 2018',
      preset: {
        model: { type: 'geometric-transformations' },
        images: { size: 32 },
        fit: { batchSize: 16 },
      },
      sample: { images: { size: 32 }, fit: { batchSize: 8 } },
    },
  ],
});
export default plugin;
