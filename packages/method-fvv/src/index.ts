/**
 * FVV, Feature Vectors Variance (thesis section 5.2): an ensemble of students that see the same images in the same order and
 * differ in their random initialisation only; where they disagree, the image is anomalous.
 */
import { definePlugin } from '@adfw/core';
import { distancePlusVarianceScorePart, varianceScorePart } from './variance-score.js';

export { distancePlusVariance, variance } from './variance-score.js';

export const plugin = definePlugin({
  name: '@adfw/method-fvv',
  parts: [varianceScorePart, distancePlusVarianceScorePart],
  methods: [
    {
      name: 'fvv',
      summary: 'An ensemble of students; their disagreement is added to their distance to the teacher.',
      reference: 'thesis section 5.2 (Feature Vectors Variance)',
      preset: {
        model: {
          type: 'distillation',
          students: 3,
          loss: { type: 'cosine' },
          score: { type: 'distance+variance' },
        },
      },
      sample: { model: { training: { epochs: 8 } } },
    },
  ],
});
export default plugin;
