import { definePlugin } from '@adfw/core';
import { memoryBankPart } from './memory-bank-model.js';

export const plugin = definePlugin({
  name: '@adfw/memory-bank',
  parts: [memoryBankPart],
  methods: [
    {
      name: 'patchcore',
      summary:
        'PatchCore: the distance of each patch to the nearest one of a memory bank of nominal patches.',
      reference: 'Roth et al. 2022, "Towards Total Recall in Industrial Anomaly Detection"',
      preset: { model: { type: 'memory-bank', backbone: { type: 'resnet18', weights: 'imagenet' } } },
    },
  ],
});
export default plugin;
