/** One-class networks: they learn to map nominal images close together. */
import { definePlugin } from '@adfw/core';
import { deepSvddPart } from './deep-svdd.js';

export { type BiasFreeNetwork, type BiasFreeOptions, biasFreeNetwork } from './bias-free-network.js';

const reference = 'Ruff et al. 2018, "Deep One-Class Classification"; thesis eqs. 3.2 and 3.3';
const sample = {
  model: {
    pretraining: { epochs: 10, optimizer: { learningRate: 0.001 } },
    training: { epochs: 10, optimizer: { learningRate: 0.001 } },
  },
  fit: { batchSize: 8 },
};

export const plugin = definePlugin({
  name: '@adfw/one-class',
  parts: [deepSvddPart],
  methods: [
    {
      name: 'deep-svdd',
      summary: 'A network that draws nominal images together around a centre; it says whether, not where.',
      reference,
      preset: { model: { type: 'deep-svdd' }, fit: { batchSize: 32 } },
      sample,
    },
    {
      name: 'dense-deep-svdd',
      summary: 'The same for every patch of an image, which says where.',
      reference,
      preset: { model: { type: 'deep-svdd', dense: true }, fit: { batchSize: 32 } },
      sample,
    },
  ],
});
export default plugin;
