import { expandDims, image, mul, squeeze, type Tensor3D, type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import type { ScoreFunction } from './score-function.js';

/**
 * The score of one layer: from the teacher's feature maps and those of each student, all `[N, Hk, Wk, Ck]`, to one number a
 * position, `[N, Hk, Wk]`, higher where the image is more anomalous.
 */
export type LayerScore = (teacher: Tensor4D, students: readonly Tensor4D[]) => Tensor3D;

/**
 * A score function from one formula a layer: each layer's map is upsampled bilinearly (half-pixel centres) to the size of the
 * images, and the maps are multiplied (thesis 5.4.1), so that a position is anomalous where all scales say so.
 */
export function layerwiseScore(
  layerScore: LayerScore,
  { minStudents = 1 }: { minStudents?: number } = {},
): ScoreFunction {
  return {
    minStudents,
    anomalyMaps(teacher, students, size) {
      const layers = Object.fromEntries(
        Object.entries(teacher).map(([layer, features]) => [
          layer,
          tidy(() =>
            layerScore(
              features,
              students.map((student) => student[layer] as Tensor4D),
            ),
          ),
        ]),
      );
      const combined = tidy(() =>
        Object.values(layers)
          .map((map) => upsample(map, size))
          .reduce((product, map) => mul(product, map)),
      );
      return { layers, combined };
    },
  };
}

const upsample = (map: Tensor3D, [height, width]: readonly [number, number]): Tensor3D =>
  squeeze(image.resizeBilinear(expandDims(map, -1) as Tensor4D, [height, width], false, true), [-1]);
