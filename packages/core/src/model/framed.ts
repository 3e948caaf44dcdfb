/** A detector of images of any shape, made of one of frames: the model knows nothing of it. */
import {
  add,
  less,
  lessEqual,
  logicalAnd,
  range,
  reshape,
  slice,
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  tidy,
} from '@tensorflow/tfjs-core';
import type { Detection } from '../contracts/model.js';
import type { Frame } from '../contracts/size.js';
import { framed, mapOfImage } from '../images/image-fit.js';
import type { DetectedImage, TensorDetector } from './detector.js';
import { highest, insideTensors } from './region-detector.js';

/**
 * It takes images of {@link shownSize}, one shape or several, and gives maps of their sizes. An image's score that is the highest of its frame's map
 * is the highest of its own: padding has no part in it.
 */
export function framedDetector(detector: TensorDetector, frame: Frame): TensorDetector {
  const { fit = 'stretch' } = frame;
  if (fit === 'stretch') return detector;
  return {
    ...detector,
    tensors(images, shown) {
      const [scores, maps = null] = tidy((): Tensor[] => {
        const detection = detector.tensors(images);
        const own = shown && detection.maps ? shownDetection(detection, detection.maps, shown) : detection;
        return own.maps ? [own.scores, own.maps] : [own.scores];
      });
      return { scores: scores as Tensor1D, maps: maps as Tensor3D | null };
    },
    async detect(images, options) {
      const detected = await detector.detect(
        images.map((image) => framed(image, frame)),
        options,
      );
      return detected.map(({ score, map }, index): DetectedImage => {
        if (!map) return { score, map };
        const own = mapOfImage(map, images[index] as Frame, frame);
        return { score: own !== map && score === highest(map) ? highest(own) : score, map: own };
      });
    },
  };
}

/** The same of tensors. @param shown `[N, 4]`: top, left, height and width of what a frame shows of its image. */
function shownDetection(detection: Detection, maps: Tensor3D, shown: Tensor2D): Detection {
  const [count, height, width] = maps.shape;
  const of = (column: number) => reshape(slice(shown, [0, column], [count, 1]), [count, 1, 1]);
  const along = (length: number, shape: [number, number, number], start: number, size: number) => {
    const at = reshape(range(0, length), shape);
    const from = of(start);
    return logicalAnd(lessEqual(from, at), less(at, add(from, of(size))));
  };
  const inside = logicalAnd(along(height, [1, height, 1], 0, 2), along(width, [1, 1, width], 1, 3));
  return insideTensors(detection, maps, inside);
}
