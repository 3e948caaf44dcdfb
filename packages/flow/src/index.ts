/** Normalizing flows: models that learn a density of nominal features by maximum likelihood. */
import { definePlugin } from '@adfw/core';
import { cflowPart } from './cflow-part.js';
import { differNetPart } from './differnet-part.js';
import { fastFlowPart } from './fast-flow-part.js';

export {
  type AffineCouplingOptions,
  affineCoupling,
  composedFlow,
  type FlowStep,
  type Subnet,
} from './affine-coupling.js';
export { channelAffine } from './channel-affine.js';
export {
  type ConditionalFlow,
  type ConditionalFlowOptions,
  conditionalFlow,
} from './conditional-flow.js';
export { type Permutation, permutationOf, randomPermutation } from './permutation.js';
export { pooledViews, type ViewOptions, viewAngles } from './pooled-views.js';
export { positionCode } from './position-code.js';
export { type VectorFlow, type VectorFlowOptions, vectorFlow } from './vector-flow.js';

export const plugin = definePlugin({
  name: '@adfw/flow',
  parts: [fastFlowPart, cflowPart, differNetPart],
  methods: [
    {
      name: 'fastflow',
      summary: 'The density of nominal feature maps, by a normalizing flow for each layer.',
      reference:
        'Yu et al. 2021, "FastFlow: Unsupervised Anomaly Detection and Localization via 2D Normalizing Flows"',
      preset: { model: { type: 'fast-flow' }, fit: { batchSize: 32 } },
      sample: { model: { training: { epochs: 20 } }, fit: { batchSize: 8 } },
    },
    {
      name: 'cflow',
      summary:
        'The density of nominal feature vectors, by a normalizing flow for each layer that is told where they are.',
      reference:
        'Gudovskiy et al. 2022, "CFLOW-AD: Real-Time Unsupervised Anomaly Detection with Localization via Conditional Normalizing Flows"',
      preset: { model: { type: 'cflow' }, fit: { batchSize: 32 } },
      sample: { model: { training: { epochs: 20 } }, fit: { batchSize: 8 } },
    },
    {
      name: 'differnet',
      summary: 'The density of one vector of pooled features an image, by a normalizing flow; without a map.',
      reference:
        'Rudolph et al. 2021, "Same Same But DifferNet: Semi-Supervised Defect Detection with Normalizing Flows"',
      preset: { model: { type: 'differnet' }, fit: { batchSize: 24 } },
      sample: {
        model: {
          layers: ['layer3'],
          hidden: 128,
          training: { epochs: 30, optimizer: { learningRate: 0.001 } },
        },
        fit: { batchSize: 8 },
      },
    },
  ],
});
export default plugin;
