import {
  type Tensor,
  type Tensor1D,
  type Tensor2D,
  type Tensor3D,
  type Tensor4D,
  tidy,
} from '@tensorflow/tfjs-core';
import type { Normalization } from '../contracts/backbone.js';
import type { RgbImage } from '../contracts/dataset.js';
import type { Detection, Model, Search } from '../contracts/model.js';
import type { Size } from '../contracts/size.js';
import { type ImageSource, imagePixels, readBatches } from '../images/image-source.js';
import { spanned } from '../profile/spans.js';
import { apply } from '../tensors/apply.js';
import { normalize } from '../tensors/normalization.js';
import { searcherOf } from './search.js';

/** What a detector says of one image. */
export interface DetectedImage {
  /** Higher is more anomalous. */
  readonly score: number;
  /**
   * The anomaly map, `H * W` values in rows, at the size of the image that was given; -Infinity where it has no score. Null where the model
   * cannot say where.
   */
  readonly map: Float32Array | null;
}

/** A fitted model that takes pixels. */
export interface Detector {
  /** Whether each image takes a search of its own ({@link Model.search}): that is slow, and batches make it no quicker. */
  readonly searches?: boolean;
  /** Whether it cuts images into tiles, which are what it makes batches of. */
  readonly tiled?: boolean;
  /**
   * @param images at least one, as datasets give them for the frame of the experiment: of one size, but where their shapes are kept.
   * @throws the signal's reason, where the model searches or there are tiles; others are done at once.
   */
  detect(images: readonly RgbImage[], options?: DetectOptions): Promise<DetectedImage[]>;
}

export interface DetectOptions {
  /** Ends a search after the step under way, and tiles after their batch. */
  readonly signal?: AbortSignal | undefined;
  /** Called after each step of a search, for all the images that were given. */
  readonly onSearch?: ((steps: SearchProgress) => void) | undefined;
}

/** How many steps of a search are done, of how many. */
export interface SearchProgress {
  readonly done: number;
  readonly total: number;
}

/** A detector in this thread. */
export interface TensorDetector extends Detector {
  /**
   * What can be exported.
   * @param images `[N, H, W, 3]`, normalised by {@link normalization}; framed, where their shapes are kept.
   * @param shown `[N, 4]`, top, left, height and width of what is not padding; all is shown without it.
   * @throws TypeError for a detector that searches: it is no function of tensors.
   */
  tensors(images: Tensor4D, shown?: Tensor2D): Detection;
  readonly normalization: Normalization;
}

export function detectorOf(model: Model): TensorDetector {
  return model.search ? searchingDetector(model, model.search) : tensorDetector(model);
}

/** Whether batches of images make a detector no quicker: each takes long, and a batch would hold all of them in memory. */
export const takesImagesOneByOne = ({ searches, tiled }: Detector): boolean =>
  searches === true || tiled === true;

function searchingDetector(model: Model, search: Search): TensorDetector {
  const searched = searcherOf(model, search);
  return {
    searches: true,
    normalization: model.normalization,
    tensors() {
      throw new TypeError('A detector that searches is no function of tensors.');
    },
    async detect(images, { signal, onSearch } = {}) {
      imagePixels(images);
      const total = images.length * search.steps;
      let done = 0;
      const onStep = () => onSearch?.({ done: ++done, total });
      const detected: DetectedImage[] = [];
      for (const image of images) {
        const [scores, map = null] = await searched(image, { signal, onStep });
        detected.push({ score: (scores as Float32Array)[0] as number, map });
      }
      return detected;
    },
  };
}

function tensorDetector(model: Model): TensorDetector {
  const { backbone, normalization } = model;
  const results = (images: Tensor4D): Tensor[] =>
    tidy(() => {
      const { scores, maps } = model.detect({ images, features: backbone?.features(images, 'eval') ?? {} });
      return maps ? [scores, maps] : [scores];
    });
  const resultsOfPixels = (pixels: Tensor4D) => results(normalize(pixels, normalization));
  return {
    tensors(images) {
      const [scores, maps = null] = results(images);
      return { scores: scores as Tensor1D, maps: maps as Tensor3D | null };
    },
    normalization,
    async detect(images) {
      const { pixels, shape } = imagePixels(images);
      const [scores, maps] = await apply(resultsOfPixels, pixels, shape);
      const size = shape[1] * shape[2];
      return images.map((_, index) => ({
        score: (scores as Float32Array)[index] as number,
        map: maps?.slice(index * size, (index + 1) * size) ?? null,
      }));
    },
  };
}

export interface ScoredImage extends DetectedImage {
  readonly index: number;
  /** Of the image, and of its map. */
  readonly size: Size;
}

export interface ScoreOptions {
  readonly batchSize: number;
  readonly signal?: AbortSignal;
  /** Called after each step of the search for an image. */
  readonly onSearch?: DetectOptions['onSearch'];
}

/**
 * Scores the images of `source` in order, in batches, the next ones being read while one is scored. The last batch is filled
 * up with repetitions, so that an engine which compiles a network for each batch size compiles one. Where the detector searches, or has
 * tiles, each image is a batch.
 */
export async function* scoreImages(
  detector: Detector,
  source: ImageSource,
  { batchSize, signal, onSearch }: ScoreOptions,
): AsyncGenerator<ScoredImage> {
  const size = Math.min(takesImagesOneByOne(detector) ? 1 : batchSize, source.length);
  const batches = Array.from({ length: size > 0 ? Math.ceil(source.length / size) : 0 }, (_, position) =>
    Array.from({ length: size }, (_, n) => Math.min(position * size + n, source.length - 1)),
  );
  let start = 0;
  for await (const { batch } of readBatches(source, batches)) {
    signal?.throwIfAborted();
    const detected = await spanned('scoring', () => detector.detect(batch, { signal, onSearch }));
    for (const [n, image] of detected.slice(0, source.length - start).entries()) {
      const { height, width } = batch[n] as RgbImage;
      yield { index: start + n, size: { height, width }, ...image };
    }
    start += size;
  }
}
