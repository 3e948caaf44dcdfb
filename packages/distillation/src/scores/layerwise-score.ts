import { combinedMap, type LayerCombination, type ScoreFunction, tf } from '@adfw/core';

/**
 * The score of one layer: from the teacher's feature maps and those of each student, all `[N, Hk, Wk, Ck]`, to one number a
 * position, `[N, Hk, Wk]`, higher where the image is more anomalous. `layer` is its name.
 */
export type LayerScore = (
  teacher: tf.Tensor4D,
  students: readonly tf.Tensor4D[],
  layer: string,
) => tf.Tensor3D;

/**
 * A score function from one formula a layer: each layer's map is upsampled bilinearly (half-pixel centres) to the size of the
 * images, and the maps are combined.
 */
export const layerwiseScore = (
  layerScore: LayerScore,
  { minStudents = 1, ...combination }: { minStudents?: number } & LayerCombination = {},
): ScoreFunction => ({
  minStudents,
  anomalyMap: (teacher, students, size) =>
    tf.tidy(() => {
      const maps = Object.entries(teacher).map(([layer, features]) =>
        layerScore(
          features,
          students.map((student) => student[layer] as tf.Tensor4D),
          layer,
        ),
      );
      return combinedMap(maps, size, combination);
    }),
});
