import { type DistillationLoss, inverseNorm, l2Normalize, type Part, tf } from '@adfw/core';

/**
 * How the distances of all positions of a layer become one number. Both take the mean over positions; `sum` then sums over
 * the images of a batch, as anomalib does, which makes a step as many times longer as there are images; `mean` takes the mean
 * over them, as the authors of STFPM do.
 */
export type Reduction = 'sum' | 'mean';

/**
 * Eq. 4.15 (eq. 5 of the summary), summed over layers: half the squared distance between the normalised feature vectors of
 * teacher and student, ½ ‖Φ̂ₜ − Φ̂ₛ‖², which is one minus their cosine similarity.
 */
export const cosineLoss =
  (reduction: Reduction): DistillationLoss =>
  (teacher, student) =>
    tf.tidy(() => {
      const layers = Object.keys(teacher).map((layer) => {
        const [teacherFeatures, studentFeatures] = [teacher[layer], student[layer]] as [
          tf.Tensor4D,
          tf.Tensor4D,
        ];
        const [images, height, width] = teacherFeatures.shape;
        const weight = 1 / (height * width * (reduction === 'mean' ? images : 1));
        return tf.mul(cosineDistance(teacherFeatures, studentFeatures), weight);
      });
      return tf.addN(layers) as tf.Scalar;
    });

/**
 * Σ ½ ‖t̂ − ŝ‖² over all positions of all images; feature maps `[N, H, W, C]` to a scalar, differentiable in the student.
 *
 * The gradient is written out, since deriving it operation by operation reads and writes the feature maps a dozen times:
 * with the student's norm r = ‖s‖, dL/ds = (⟨ŝ, t̂⟩ ŝ − t̂) / r.
 */
function cosineDistance(teacherFeatures: tf.Tensor4D, studentFeatures: tf.Tensor4D): tf.Scalar {
  const t = l2Normalize(teacherFeatures);
  const distance = tf.customGrad((s, save) => {
    const student = s as tf.Tensor4D;
    const inverse = inverseNorm(student);
    const normalized = tf.mul(student, inverse);
    (save as tf.GradSaveFunc)([normalized, inverse, t]);
    return {
      value: tf.mul(tf.sum(tf.squaredDifference(t, normalized)), 0.5),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [unit, scale, teacherUnit] = saved as [tf.Tensor4D, tf.Tensor4D, tf.Tensor4D];
        const cosine = tf.sum(tf.mul(unit, teacherUnit), -1, true);
        return tf.mul(tf.sub(tf.mul(unit, cosine), teacherUnit), tf.mul(scale, dy));
      },
    };
  });
  return distance(studentFeatures) as tf.Scalar;
}

export const cosineLossPart: Part<'loss'> = {
  kind: 'loss',
  name: 'cosine',
  summary: 'Half the squared distance between normalised feature vectors, summed over layers.',
  reference: 'Wang et al. 2021 (STFPM); thesis eq. 4.15 and 5.1',
  options: {
    reduction: {
      enum: ['sum', 'mean'],
      default: 'sum',
      description:
        'Over the images of a batch, after the mean over positions. The learning rate must suit it.',
    },
  },
  create: ({ reduction }: { reduction: Reduction }) => cosineLoss(reduction),
};
