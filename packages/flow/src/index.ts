/** Normalizing flows: models that learn a density of nominal features by maximum likelihood. */
import { definePlugin } from '@adfw/core';
import { fastFlowPart } from './fast-flow-part.js';

export {
  type AffineCouplingOptions,
  affineCoupling,
  composedFlow,
  type FlowStep,
  type Subnet,
} from './affine-coupling.js';
export { type Permutation, randomPermutation } from './permutation.js';

export const plugin = definePlugin({
  name: '@adfw/flow',
  parts: [fastFlowPart],
  methods: [
    {
      name: 'fastflow',
      summary: 'The density of nominal feature maps, by a normalizing flow for each layer.',
      reference:
        'Yu et al. 2021, "FastFlow: Unsupervised Anomaly Detection and Localization via 2D Normalizing Flows"',
      preset: { model: { type: 'fast-flow' }, fit: { batchSize: 32 } },
      sample: { model: { training: { epochs: 20 } }, fit: { batchSize: 8 } },
    },
  ],
});
export default plugin;
