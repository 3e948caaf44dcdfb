import { type LayerCombination, l2Normalize, layerCombinationOptions, type Part, tf } from '@adfw/core';
import { distance, type LayerScore, layerwiseScore } from '@adfw/distillation';

/**
 * vₖ of eq. 5.3: the squared length of the vector of standard deviations (population) of the students' normalised feature
 * vectors, that is the sum of their elements' variances. Between 0 and 1.
 */
export const variance: LayerScore = (_teacher, students) =>
  tf.tidy(() => {
    const normalized = students.map(l2Normalize);
    const mean = tf.div(tf.addN(normalized), students.length);
    const deviations = normalized.map((features) => tf.sum(tf.squaredDifference(features, mean), -1));
    return tf.div(tf.addN(deviations), students.length);
  });

/** eₖ + vₖ (section 5.2.2): how far the students are from the teacher, and how far from each other. */
export const distancePlusVariance: LayerScore = (teacher, students, layer) =>
  tf.tidy(() => tf.add(distance(teacher, students, layer), variance(teacher, students, layer)));

export const varianceScorePart: Part<'score'> = {
  kind: 'score',
  name: 'variance',
  summary: 'Disagreement between students: the variance of their normalised feature vectors.',
  reference: 'thesis eq. 5.3 and section 6.5',
  options: layerCombinationOptions,
  create: (options: LayerCombination) => layerwiseScore(variance, { ...options, minStudents: 2 }),
};

export const distancePlusVarianceScorePart: Part<'score'> = {
  kind: 'score',
  name: 'distance+variance',
  summary: "Distance of the students' mean to the teacher, plus the disagreement between students.",
  reference: 'thesis section 5.2.2, eqs. 5.3 and 5.4',
  options: layerCombinationOptions,
  create: (options: LayerCombination) => layerwiseScore(distancePlusVariance, { ...options, minStudents: 2 }),
};
