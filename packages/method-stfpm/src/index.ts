/**
 * STFPM, Student-Teacher Feature Pyramid Matching (Wang et al. 2021; thesis section 4.4): one student with the teacher's own
 * architecture learns the teacher's feature pyramid on nominal images; its distance to the teacher is the anomaly score.
 */
import { definePlugin } from '@adfw/core';

export { cosineLoss, distance, type FeatureVectors } from '@adfw/distillation';

export const plugin = definePlugin({
  name: '@adfw/method-stfpm',
  methods: [
    {
      name: 'stfpm',
      summary:
        'One student with the same architecture as the teacher; its distance to the teacher is the score.',
      reference:
        'Wang et al. 2021, "Student-Teacher Feature Pyramid Matching for Anomaly Detection"; thesis section 4.4',
      preset: {
        model: { type: 'distillation', students: 1, loss: { type: 'cosine' }, score: { type: 'distance' } },
      },
      sample: { model: { training: { epochs: 8 } } },
    },
  ],
});
export default plugin;
