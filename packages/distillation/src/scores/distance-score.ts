import { type LayerCombination, l2Normalize, layerCombinationOptions, type Part, tf } from '@adfw/core';
import { type LayerScore, layerwiseScore } from './layerwise-score.js';

/**
 * eₖ of eq. 5.4: half the squared distance between the teacher's normalised feature vectors and the mean of the students'.
 * With one student it is STFPM's score, eq. 4.15. Between 0 and 2 (0 and 1 for features after a ReLU).
 */
export const distance: LayerScore = (teacher, students) =>
  tf.tidy(() => {
    const [first, ...others] = students.map(l2Normalize) as [tf.Tensor4D, ...tf.Tensor4D[]];
    const mean = others.length === 0 ? first : tf.div(tf.addN([first, ...others]), students.length);
    return tf.mul(tf.sum(tf.squaredDifference(l2Normalize(teacher), mean), -1), 0.5);
  });

export const distanceScorePart: Part<'score'> = {
  kind: 'score',
  name: 'distance',
  summary: "Distance between the teacher's feature vectors and the mean of the students'.",
  reference: 'thesis eq. 5.4; with one student eq. 4.15 (STFPM)',
  options: layerCombinationOptions,
  create: (options: LayerCombination) => layerwiseScore(distance, options),
};
