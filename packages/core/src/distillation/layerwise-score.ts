import {
  add,
  div,
  expandDims,
  image,
  mul,
  squeeze,
  type Tensor3D,
  type Tensor4D,
  tidy,
} from '@tensorflow/tfjs-core';
import type { JsonSchema } from '../contracts/part.js';
import type { ScoreFunction } from '../contracts/score-function.js';
import { gaussianSmoothing } from '../tensors/gaussian-smoothing.js';

/**
 * The score of one layer: from the teacher's feature maps and those of each student, all `[N, Hk, Wk, Ck]`, to one number a
 * position, `[N, Hk, Wk]`, higher where the image is more anomalous. `layer` is its name.
 */
export type LayerScore = (teacher: Tensor4D, students: readonly Tensor4D[], layer: string) => Tensor3D;

/** How the maps of all layers become one. */
export interface LayerCombination {
  /**
   * `product`, by default: a position is anomalous where all scales say so (thesis 5.4.1); `sum`: where any does (Deng and Li
   * 2022, section 3.3); `mean`: the sum, on the scale of one layer's map.
   */
  readonly combine?: 'product' | 'sum' | 'mean';
  /** Standard deviation, in pixels of the image, of the Gaussian that smooths the combined map; 0, the default, for none. */
  readonly smoothing?: number;
}

/** {@link LayerCombination} as options of a score part. */
export const layerCombinationOptions = {
  combine: {
    enum: ['product', 'sum', 'mean'],
    default: 'product',
    description: 'Whether the maps of the layers are multiplied, added up or averaged.',
  },
  smoothing: {
    type: 'number',
    minimum: 0,
    maximum: 100,
    default: 0,
    description:
      'Standard deviation, in pixels of the image, of the Gaussian that smooths the anomaly map; 0 for none.',
  },
} as const satisfies Record<string, JsonSchema>;

/**
 * A score function from one formula a layer: each layer's map is upsampled bilinearly (half-pixel centres) to the size of the
 * images, and the maps are combined.
 */
export function layerwiseScore(
  layerScore: LayerScore,
  { minStudents = 1, combine = 'product', smoothing = 0 }: { minStudents?: number } & LayerCombination = {},
): ScoreFunction {
  const join = combine === 'product' ? mul<Tensor3D> : add<Tensor3D>;
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
              layer,
            ),
          ),
        ]),
      );
      return {
        layers,
        combined: tidy(() => {
          const maps = Object.values(layers).map((layer) => upsample(layer, size));
          const joined = maps.reduce((one, other) => join(one, other));
          const map = combine === 'mean' && maps.length > 1 ? div<Tensor3D>(joined, maps.length) : joined;
          return smoothing > 0 ? gaussianSmoothing(map, smoothing) : map;
        }),
      };
    },
  };
}

const upsample = (map: Tensor3D, [height, width]: readonly [number, number]): Tensor3D =>
  squeeze(image.resizeBilinear(expandDims(map, -1) as Tensor4D, [height, width], false, true), [-1]);
