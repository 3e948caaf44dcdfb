/**
 * Reverse Distillation (Deng and Li 2022, "Anomaly Detection via Reverse Distillation from One-Class Embedding"; thesis 3.5
 * and figure 3.7): a student decodes the teacher's feature pyramid from a compact embedding of it, which has room for what is
 * nominal only; where it does not give back what the teacher saw, the image is anomalous.
 */
import { definePlugin } from '@adfw/core';
import { reverseStudentPart } from './reverse-student.js';

export { createReverseStudent, type ReverseStudentOptions } from './reverse-student.js';

export const plugin = definePlugin({
  name: '@adfw/method-reverse-distillation',
  parts: [reverseStudentPart],
  methods: [
    {
      name: 'reverse-distillation',
      summary:
        "One student that decodes the teacher's features from a compact embedding; its distance to the teacher is the score.",
      reference:
        'Deng and Li 2022, "Anomaly Detection via Reverse Distillation from One-Class Embedding"; thesis section 3.5',
      preset: {
        model: {
          type: 'distillation',
          student: { type: 'reverse-distillation' },
          students: 1,
          loss: { type: 'cosine', reduction: 'mean' },
          score: { type: 'distance', combine: 'sum', smoothing: 4 },
          training: {
            epochs: 200,
            optimizer: { type: 'adam', learningRate: 0.005, beta1: 0.5, beta2: 0.999 },
          },
        },
        fit: { batchSize: 16 },
      },
      sample: { model: { training: { epochs: 8 } }, fit: { batchSize: 8 } },
    },
  ],
});
export default plugin;
