import { type DistillationLoss, inverseNorm, type Part, tf } from '@adfw/core';
import { imageWeight, type Reduction, reductionOption } from './reduction.js';

/**
 * What counts as one feature vector: that of each position of a layer, or the layer's whole map in one. The equations of STFPM and
 * of Reverse Distillation are of positions; the published code of Reverse Distillation takes the maps.
 */
export type FeatureVectors = 'positions' | 'maps';

/**
 * Eq. 4.15 (eq. 5 of the summary), summed over layers: half the squared distance between the normalised feature vectors of
 * teacher and student, ½ ‖Φ̂ₜ − Φ̂ₛ‖², which is one minus their cosine similarity.
 */
export const cosineLoss =
  (reduction: Reduction, vectors: FeatureVectors = 'positions'): DistillationLoss =>
  (teacher, student) =>
    tf.tidy(() => {
      const layers = Object.keys(teacher).map((layer) => {
        const [teacherFeatures, studentFeatures] = [teacher[layer], student[layer]].map((features) =>
          vectors === 'maps' ? flat(features as tf.Tensor4D) : (features as tf.Tensor4D),
        ) as [tf.Tensor4D, tf.Tensor4D];
        const [images, height, width] = teacherFeatures.shape;
        const weight = imageWeight(reduction, images) / (height * width);
        return tf.mul(cosineDistance(teacherFeatures, studentFeatures), weight);
      });
      return tf.addN(layers) as tf.Scalar;
    });

/**
 * Σ ½ ‖t̂ − ŝ‖² over all positions of all images; feature maps `[N, H, W, C]` to a scalar, differentiable in the student.
 *
 * Everything is written in three sums a position, ‖t‖², ‖s‖² and ⟨t, s⟩, and the gradient is written out, since each
 * operation on whole feature maps costs a pass over them: the value is ½ (‖t̂‖² + ‖ŝ‖²) − ⟨t̂, ŝ⟩, and with the student's
 * norm r = ‖s‖, dL/ds = (⟨ŝ, t̂⟩ ŝ − t̂) / r.
 */
function cosineDistance(teacher: tf.Tensor4D, studentFeatures: tf.Tensor4D): tf.Scalar {
  const distance = tf.customGrad((s, save) => {
    const student = s as tf.Tensor4D;
    const [inverseS, inverseT] = [inverseNorm(student), inverseNorm(teacher)];
    const cosine = tf.mul(tf.mul(dot(teacher, student), inverseT), inverseS);
    (save as tf.GradSaveFunc)([student, teacher, inverseS, inverseT, cosine]);
    // 1, or 0 for a vector of zeros.
    const squaredLength = (x: tf.Tensor4D, inverse: tf.Tensor4D) => tf.mul(dot(x, x), tf.square(inverse));
    const lengths = tf.add(squaredLength(teacher, inverseT), squaredLength(student, inverseS));
    return {
      value: tf.sum(tf.sub(tf.mul(lengths, 0.5), cosine)),
      gradFunc: (dy: tf.Tensor, saved: tf.Tensor[]) => {
        const [x, y, inverse, inverseTeacher, similarity] = saved as Five<tf.Tensor4D>;
        const ofStudent = tf.mul(tf.mul(similarity, tf.square(inverse)), dy);
        const ofTeacher = tf.mul(tf.mul(inverse, inverseTeacher), dy);
        return tf.sub(tf.mul(x, ofStudent), tf.mul(y, ofTeacher));
      },
    };
  });
  return distance(studentFeatures) as tf.Scalar;
}

/** Maps `[N, H, W, C]` as one vector an image, `[N, 1, 1, H·W·C]`. */
const flat = (maps: tf.Tensor4D): tf.Tensor4D => tf.reshape(maps, [maps.shape[0], 1, 1, -1]);

type Five<T> = [T, T, T, T, T];

/** ⟨a, b⟩ of the vectors at each position: `[N, H, W, 1]`. */
const dot = (a: tf.Tensor4D, b: tf.Tensor4D): tf.Tensor4D => tf.sum(tf.mul(a, b), -1, true);

export const cosineLossPart: Part<'loss'> = {
  kind: 'loss',
  name: 'cosine',
  summary: 'Half the squared distance between normalised feature vectors, summed over layers.',
  reference: 'Wang et al. 2021 (STFPM); thesis eq. 4.15 and 5.1',
  options: {
    reduction: reductionOption,
    vectors: {
      enum: ['positions', 'maps'],
      default: 'positions',
      description:
        "What is compared: the feature vector of each position, or a layer's whole map as one vector.",
    },
  },
  create: ({ reduction, vectors }: { reduction: Reduction; vectors: FeatureVectors }) =>
    cosineLoss(reduction, vectors),
};
