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
import { gaussianSmoothing } from '../tensors/gaussian-smoothing.js';

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

export const smoothingOption = {
  type: 'number',
  minimum: 0,
  maximum: 100,
  default: 0,
  description:
    'Standard deviation, in pixels of the image, of the Gaussian that smooths the anomaly map; 0 for none.',
} as const satisfies JsonSchema;

/** {@link LayerCombination} as options of a part. */
export const layerCombinationOptions = {
  combine: {
    enum: ['product', 'sum', 'mean'],
    default: 'product',
    description: 'Whether the maps of the layers are multiplied, added up or averaged.',
  },
  smoothing: smoothingOption,
} as const satisfies Record<string, JsonSchema>;

/**
 * One map from those of all layers: each is upsampled bilinearly (half-pixel centres) to the size of the images, and they are combined.
 * @param maps `[N, Hk, Wk]`, at least one.
 * @returns `[N, H, W]`.
 */
export function combinedMap(
  maps: readonly Tensor3D[],
  size: readonly [height: number, width: number],
  { combine = 'product', smoothing = 0 }: LayerCombination = {},
): Tensor3D {
  const join = combine === 'product' ? mul<Tensor3D> : add<Tensor3D>;
  return tidy(() => {
    const joined = maps.map((map) => upsample(map, size)).reduce((one, other) => join(one, other));
    const map = combine === 'mean' && maps.length > 1 ? div<Tensor3D>(joined, maps.length) : joined;
    return gaussianSmoothing(map, smoothing);
  });
}

const upsample = (map: Tensor3D, [height, width]: readonly [number, number]): Tensor3D =>
  squeeze(image.resizeBilinear(expandDims(map, -1) as Tensor4D, [height, width], false, true), [-1]);
