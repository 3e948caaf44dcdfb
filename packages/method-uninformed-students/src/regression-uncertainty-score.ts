import { type ContextOf, type Part, runningMoments, type ScoreFunction, tf } from '@adfw/core';
import { type LayerScore, layerwiseScore } from '@adfw/distillation';

/** μ of eq. 4.13: the mean of the students' feature vectors. */
const ensembleMean = (students: readonly tf.Tensor4D[]): tf.Tensor4D =>
  tf.tidy(() => tf.div(tf.addN([...students]), students.length));

/** ‖x‖² of each feature vector. */
const squaredLength = (features: tf.Tensor): tf.Tensor3D => tf.sum(tf.square(features), -1);

/**
 * e of section 4.3.2 (eq. 8 of Bergmann et al. 2020): ‖μ − y‖², the squared distance between the mean of the students and the teacher,
 * whose features are standardised (`standardize`).
 */
export const regressionError: LayerScore = (teacher, students) =>
  tf.tidy(() => squaredLength(tf.sub(ensembleMean(students), teacher)));

/**
 * u of eq. 4.13: 1/M Σ ‖μₛ‖² − ‖μ‖², how far the students are from each other. It is written as 1/M Σ ‖μₛ − μ‖², which is the same
 * number without the difference of two large ones.
 */
export const predictiveUncertainty: LayerScore = (_teacher, students) =>
  tf.tidy(() => {
    const mean = ensembleMean(students);
    const distances = students.map((student) => squaredLength(tf.sub(student, mean)));
    return tf.div(tf.addN(distances), students.length);
  });

const quantities = { error: regressionError, uncertainty: predictiveUncertainty } as const;
type Quantity = keyof typeof quantities;
const names = Object.keys(quantities) as Quantity[];

/** Mean and deviation of a quantity in nominal images; scalars. */
interface Range {
  readonly mean: tf.Variable;
  readonly deviation: tf.Variable;
}

/**
 * Eq. 4.14: (e − e_μ) / e_σ + (u − u_μ) / u_σ for each layer, with the means and deviations over all positions of nominal images,
 * averaged over layers (Bergmann et al. 2020, section 3.3, do so over sizes of patches). Until it is fitted the means are 0 and the
 * deviations 1. The statistics are scalars: `LAYER.error.mean`, `LAYER.error.deviation`, and those of `uncertainty`.
 */
export function regressionUncertaintyScore(layers: readonly string[]): ScoreFunction {
  const ranges = Object.fromEntries(
    layers.map((layer) => [layer, Object.fromEntries(names.map((name) => [name, unitRange()]))]),
  ) as Record<string, Record<Quantity, Range>>;
  const rangeOf = (layer: string, name: Quantity): Range => (ranges[layer] as Record<Quantity, Range>)[name];

  const normalized: LayerScore = (teacher, students, layer) =>
    tf.tidy(() => {
      const terms = names.map((name) => {
        const { mean, deviation } = rangeOf(layer, name);
        return tf.div(tf.sub(quantities[name](teacher, students, layer), mean), deviation);
      });
      return tf.addN(terms) as tf.Tensor3D;
    });

  return {
    ...layerwiseScore(normalized, { minStudents: 2, combine: 'mean' }),
    statistics: Object.fromEntries(
      layers.flatMap((layer) =>
        names.flatMap((name) =>
          Object.entries(rangeOf(layer, name)).map(([key, value]) => [`${layer}.${name}.${key}`, value]),
        ),
      ),
    ),
    async fit(batches) {
      const found = layers.flatMap((layer) =>
        names.map((name) => ({ layer, name, moments: runningMoments() })),
      );
      for await (const { teacher, students } of batches) {
        for (const { layer, name, moments } of found) {
          const values = quantities[name](
            teacher[layer] as tf.Tensor4D,
            students.map((student) => student[layer] as tf.Tensor4D),
            layer,
          );
          const { mean, variance } = tf.moments(values);
          moments.add(values.size, await mean.data(), await variance.data());
          tf.dispose([values, mean, variance]);
        }
      }
      for (const { layer, name, moments } of found) {
        const { mean, deviation } = rangeOf(layer, name);
        tf.tidy(() => {
          mean.assign(tf.scalar(moments.means()[0] ?? 0));
          deviation.assign(tf.scalar(moments.deviations()[0] ?? 1));
        });
      }
    },
  };
}

const unitRange = (): Range =>
  tf.tidy(() => ({
    mean: tf.variable(tf.scalar(0), false),
    deviation: tf.variable(tf.scalar(1), false),
  }));

export const regressionUncertaintyScorePart: Part<'score'> = {
  kind: 'score',
  name: 'regression+uncertainty',
  summary:
    "Error of the students' mean plus their disagreement, each normalised over nominal images and averaged over layers.",
  reference: 'Bergmann et al. 2020, "Uninformed Students"; thesis eqs. 4.13 and 4.14',
  create: (_options: unknown, { layers }: ContextOf<'score'>) => regressionUncertaintyScore(layers),
};
