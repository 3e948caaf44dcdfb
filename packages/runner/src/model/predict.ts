/** Scores images with the model of a run. */
import {
  DataError,
  type DetectOptions,
  type ImagePrediction,
  predictImage,
  type RgbImage,
  type SavedModel,
} from '@adfw/core';
import { readImage } from '@adfw/images';

export { predictImage };

export interface Prediction extends Omit<ImagePrediction, 'map'> {
  /** Path of the image. */
  image: string;
}

/** A prediction with what a picture of it is drawn from. */
export interface DetailedPrediction extends Prediction, ImagePrediction {
  pixels: RgbImage;
}

export interface PredictOptions {
  /** In place of the model's own. */
  threshold?: number;
  /**
   * Called, and waited for, when an image that cannot be read has its turn: the others go on. Without it such an image ends the
   * prediction.
   */
  onBadImage?: (error: DataError, image: string) => unknown;
  /** Called after each step of the search for an image, of a model that searches. */
  onSearch?: DetectOptions['onSearch'];
  signal?: AbortSignal;
}

/** How many images are read, and scored where that goes on elsewhere, while the caller has one. */
const AHEAD = 2;

/**
 * Scores image files one by one, in the order given; the next ones are read meanwhile.
 * @throws DataError that names an image which cannot be read, where nothing is said of such images.
 */
export async function* predictFiles(
  { detector, manifest }: SavedModel,
  files: readonly string[],
  { threshold, onBadImage, onSearch, signal }: PredictOptions = {},
): AsyncGenerator<DetailedPrediction> {
  const predict = async (image: string): Promise<DetailedPrediction | UnreadImage> => {
    let pixels: RgbImage;
    try {
      pixels = await readImage(image, manifest.imageSize, { reading: manifest.reading });
    } catch (error) {
      if (!onBadImage || !(error instanceof DataError)) throw error;
      return { unread: error, image };
    }
    const prediction = await predictImage(detector, manifest, pixels, threshold, { onSearch, signal });
    return { image, pixels, ...prediction };
  };
  const waiting: Promise<DetailedPrediction | UnreadImage>[] = [];
  let next = 0;
  while (next < files.length || waiting.length > 0) {
    signal?.throwIfAborted();
    for (; next < files.length && waiting.length <= AHEAD; next++) {
      const prediction = predict(files[next] as string);
      // It is thrown when its turn comes, unless the caller has stopped asking.
      prediction.catch(() => undefined);
      waiting.push(prediction);
    }
    const prediction = await (waiting.shift() as (typeof waiting)[number]);
    if ('unread' in prediction) await onBadImage?.(prediction.unread, prediction.image);
    else yield prediction;
  }
}

interface UnreadImage {
  unread: DataError;
  image: string;
}
