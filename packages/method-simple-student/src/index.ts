/**
 * Simple Student (thesis section 5.3): a student with bottlenecks learns only what is essential of nominal images, and so
 * differs more from the teacher on defects.
 */
import { definePlugin } from '@adfw/core';
import { simpleStudentPart } from './simple-student.js';

export { bottleneckChannels } from './simple-student.js';

export const plugin = definePlugin({
  name: '@adfw/method-simple-student',
  parts: [simpleStudentPart],
  methods: [
    {
      name: 'simple-student',
      summary: 'One student with bottlenecks in its blocks; its distance to the teacher is the score.',
      reference: 'thesis section 5.3 (Simple Student)',
      preset: {
        model: {
          type: 'distillation',
          student: { type: 'simple-student' },
          students: 1,
          loss: { type: 'cosine' },
          score: { type: 'distance' },
        },
      },
      sample: { model: { training: { epochs: 8 } } },
    },
  ],
});
export default plugin;
