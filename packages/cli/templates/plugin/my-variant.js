// @ts-check
import { definePlugin, l2Normalize, tf } from '@adfw/core';

/**
 * STFPM's loss (eq. 4.15), in which the positions that the student still gets wrong count more:
 * L = mean over positions of dᶠ, d = ½ ‖Φ̂ₜ − Φ̂ₛ‖², summed over layers and images. With f = 1 it is STFPM's.
 * @param {number} focus f
 * @returns {import('@adfw/core').DistillationLoss}
 */
export const focalLoss = (focus) => (teacher, student) =>
  tf.tidy(() => {
    const layers = Object.keys(teacher).map((layer) => {
      const difference = tf.squaredDifference(l2Normalize(teacher[layer]), l2Normalize(student[layer]));
      const distance = tf.mul(tf.sum(difference, -1), 0.5); // [N, Hk, Wk]
      return tf.sum(tf.mean(tf.pow(distance, focus), [1, 2]));
    });
    return /** @type {tf.Scalar} */ (tf.addN(layers));
  });

export default definePlugin({
  name: 'my-variant',
  parts: [
    {
      kind: 'loss',
      name: 'my-variant',
      summary: 'The cosine loss to a power: positions that are still wrong count more.',
      options: {
        focus: {
          type: 'number',
          minimum: 1,
          maximum: 4,
          default: 1.5,
          description: 'The power; 1 is STFPM.',
        },
      },
      create: ({ focus }) => focalLoss(focus),
    },
  ],
  methods: [
    {
      name: 'my-variant',
      summary: 'STFPM, trained with a loss of our own.',
      preset: {
        model: { type: 'distillation', loss: { type: 'my-variant' }, score: { type: 'distance' } },
      },
    },
  ],
});
