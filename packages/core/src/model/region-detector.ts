/** A detector that is shown a region of its frames alone, and scores nothing else: the model knows nothing of it. */
import {
  equal,
  expandDims,
  max,
  type Tensor,
  type Tensor1D,
  type Tensor3D,
  type Tensor4D,
  tensor,
  tensor4d,
  tidy,
  where,
} from '@tensorflow/tfjs-core';
import type { Normalization } from '../contracts/backbone.js';
import type { Detection } from '../contracts/model.js';
import type { Size } from '../contracts/size.js';
import { FILL, NO_SCORE } from '../images/image-fit.js';
import { filledOutside } from '../images/region.js';
import type { DetectedImage, TensorDetector } from './detector.js';

/**
 * What is outside is {@link FILL} in images, and has no score on maps; a score that is the highest of its map is the highest of what is left.
 * @param inside `[height, width]` of the frame in rows, 1 inside and 0 outside.
 */
export function regionDetector(detector: TensorDetector, inside: Uint8Array, frame: Size): TensorDetector {
  // The tiles of an image have seen to its score.
  const keepsScore = detector.tiled === true;
  return {
    ...detector,
    tensors(images) {
      const [scores, maps = null] = tidy((): Tensor[] => {
        const region = regionTensor(inside, frame);
        const shown = where(expandDims(region, -1), images, fillTensor(detector.normalization));
        const detection = detector.tensors(shown as Tensor4D);
        const own = detection.maps ? insideTensors(detection, detection.maps, region) : detection;
        const kept = keepsScore ? detection.scores : own.scores;
        return own.maps ? [kept, own.maps] : [kept];
      });
      return { scores: scores as Tensor1D, maps: maps as Tensor3D | null };
    },
    async detect(images, options) {
      const detected = await detector.detect(
        images.map((image) => filledOutside(image, inside)),
        options,
      );
      return detected.map((image) => {
        const own = insideOnly(image, inside);
        return keepsScore ? { ...own, score: image.score } : own;
      });
    },
  };
}

/** What was detected without what is outside. @param inside of the map, in rows. */
export function insideOnly({ score, map }: DetectedImage, inside: Uint8Array): DetectedImage {
  if (!map) return { score, map };
  const own = map.map((value, pixel) => (inside[pixel] === 0 ? NO_SCORE : value));
  return { score: score === highest(map) ? highest(own) : score, map: own };
}

export const highest = (map: Float32Array): number =>
  map.reduce((high, value) => Math.max(high, value), NO_SCORE);

/** The same of tensors. @param inside `[N, H, W]` of booleans, or `[1, H, W]`. */
export function insideTensors({ scores }: Detection, maps: Tensor3D, inside: Tensor): Detection {
  const own = where(inside, maps, NO_SCORE) as Tensor3D;
  const isHighest = equal(scores, max(maps, [1, 2]));
  return { scores: where(isHighest, max(own, [1, 2]), scores) as Tensor1D, maps: own };
}

/** `[1, H, W]` of booleans. */
export const regionTensor = (inside: Uint8Array, { height, width }: Size): Tensor3D =>
  tensor(inside, [1, height, width], 'bool') as Tensor3D;

/** The colour as normalised images have it, `[1, 1, 1, 3]`. */
const fillTensor = ({ mean, std }: Normalization): Tensor4D =>
  tensor4d(
    FILL.map((value, channel) => (value / 255 - (mean[channel] as number)) / (std[channel] as number)),
    [1, 1, 1, 3],
  );
