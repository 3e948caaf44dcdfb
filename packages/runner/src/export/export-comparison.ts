/** Runs an exported model in ONNX Runtime itself and compares what it gives with what `predict` gives. */
import {
  DataError,
  float32AtLeast,
  framed,
  imagesTensor,
  mapOfFrame,
  NO_SCORE,
  type Normalization,
  type RgbImage,
  type Size,
  shownBox,
  tf,
} from '@adfw/core';
import { openModel } from '@adfw/engine-onnxruntime';
import { Tensor } from 'onnxruntime-common';
import type { LoadedModel } from '../model/model-folder.js';
import { predictImage } from '../model/predict.js';
import { EXPORT_TOLERANCE } from './export-tolerance.js';

/** An image to compare with, and what it is called in messages. */
export interface ComparisonImage {
  name: string;
  image: RgbImage;
}

/** What was compared, and the largest differences, measured as {@link EXPORT_TOLERANCE} says. */
export interface ExportComparison {
  images: number;
  /** How many images were run at once. */
  batches: number[];
  thresholds: number[];
  largestDifference: {
    /** null where the model has no maps. */
    anomalyMap: number | null;
    imageScore: number;
    /** null where there is none. */
    normalizedScore: number | null;
  };
}

type Expected = Awaited<ReturnType<typeof predictImage>>;

/**
 * Compares each image alone, and all at once.
 * @param threshold the file's own; null where it has none and takes what it is given.
 * @throws DataError that says what differs.
 */
export async function compareExport(
  model: Uint8Array,
  { detector, manifest }: LoadedModel,
  images: readonly ComparisonImage[],
  threshold: number | null,
): Promise<ExportComparison> {
  const frame = manifest.imageSize;
  const predict = (threshold?: number): Promise<Expected[]> =>
    Promise.all(images.map(({ image }) => predictImage(detector, manifest, image, threshold)));
  const session = openModel(model);
  try {
    const takesThreshold = session.inputNames.includes('threshold');
    const thresholds = threshold === null ? [] : [threshold];
    if (takesThreshold) thresholds.push(middle((await predict()).map(({ score }) => score)));
    const all = images.map((_, index) => index);
    const batches = all.length > 1 ? [...all.map((index) => [index]), all] : [all];
    const differences: Difference[] = [];
    for (const threshold of thresholds) {
      const expected = await predict(threshold);
      const measures = measuresOf(expected, manifest.scoreRange, threshold);
      for (const batch of batches) {
        const given = batch.map((index) => (images[index] as ComparisonImage).image);
        const outputs = session.run({
          images: normalized(
            given.map((image) => framed(image, frame)),
            detector.normalization,
          ),
          ...(session.inputNames.includes('shown') && { shown: shownBoxes(given, frame) }),
          ...(takesThreshold && { threshold: new Tensor('float32', [float32AtLeast(threshold)], []) }),
        });
        batch.forEach((index, place) => {
          const found = differencesOf(
            outputs,
            place,
            inFrame(expected[index] as Expected, given[place] as RgbImage, frame),
            measures,
          );
          for (const difference of found) {
            // Written so that NaN, which a missing number gives, is a difference.
            if (!(difference.size <= EXPORT_TOLERANCE))
              throw notEqual(difference, (images[index] as ComparisonImage).name, batch.length);
          }
          differences.push(...found);
        });
      }
    }
    const largest = (what: Difference['what']): number | null => {
      const sizes = differences.filter((each) => each.what === what).map(({ size }) => size);
      return sizes.length > 0 ? Math.max(...sizes) : null;
    };
    return {
      images: images.length,
      batches: [...new Set(batches.map(({ length }) => length))],
      thresholds,
      largestDifference: {
        anomalyMap: largest('anomaly map'),
        imageScore: largest('image score') as number,
        normalizedScore: largest('normalised score'),
      },
    };
  } finally {
    session.dispose();
  }
}

interface Difference {
  what: 'anomaly map' | 'image score' | 'normalised score' | 'verdict';
  size: number;
}

/** What a difference is divided by. */
interface Measures {
  scale: number;
  normalizedScale: number;
  threshold: number;
}

function measuresOf(
  expected: readonly Expected[],
  range: { min: number; max: number } | null,
  threshold: number,
): Measures {
  let scale = Math.max(...expected.map(({ score }) => Math.abs(score)));
  for (const { map } of expected)
    for (const value of map ?? []) if (value !== NO_SCORE) scale = Math.max(scale, Math.abs(value));
  const width = range === null ? 0 : range.max - range.min;
  return { scale: scale || 1, normalizedScale: width > 0 ? Math.max(1, scale / width) : 1, threshold };
}

function differencesOf(
  outputs: Readonly<Record<string, Tensor>>,
  place: number,
  { map, score, normalizedScore, verdict }: Expected,
  { scale, normalizedScale, threshold }: Measures,
): Difference[] {
  const numbers = (name: string) => (outputs[name]?.data ?? []) as ArrayLike<number>;
  const at = (name: string) => numbers(name)[place] ?? Number.NaN;
  const maps = numbers('anomaly_map');
  const start = place * (map?.length ?? 0);
  const onMap = map?.reduce((largest, value, i) => {
    const other = maps[start + i] ?? Number.NaN;
    return other === value ? largest : Math.max(largest, Math.abs(other - value));
  }, 0);
  // A score that is as near to the threshold as scores may be apart can fall on either side of it.
  const isNear = Math.abs(score - threshold) <= EXPORT_TOLERANCE * scale;
  const isSame = at('verdict') === (verdict === 'defective' ? 1 : 0);
  return [
    ...(onMap === undefined ? [] : [{ what: 'anomaly map' as const, size: onMap / scale }]),
    { what: 'image score', size: Math.abs(at('image_score') - score) / scale },
    ...(normalizedScore === null
      ? []
      : [
          {
            what: 'normalised score' as const,
            size: Math.abs(at('normalized_score') - normalizedScore) / normalizedScale,
          },
        ]),
    { what: 'verdict', size: isSame || isNear ? 0 : 1 },
  ];
}

function notEqual({ what, size }: Difference, image: string, batch: number): DataError {
  const others = batch === 1 ? 'alone' : `in a batch of ${batch}`;
  const by = what === 'verdict' ? '' : ` by ${size.toExponential(1)}, where ${EXPORT_TOLERANCE} is allowed`;
  return new DataError(
    `The exported model does not give what predict gives: run ${others}, ${image} has another ${what}${by}. No file was written. A model or score of a plugin that mixes the images of a batch does this.`,
  );
}

/** What is predicted has the size of the image, and what is exported that of the frame. */
function inFrame(expected: Expected, image: Size, frame: Size): Expected {
  const { map } = expected;
  return map ? { ...expected, map: mapOfFrame(map, image, frame) } : expected;
}

function shownBoxes(images: readonly RgbImage[], frame: Size): Tensor {
  const boxes = images.map((image) => shownBox(frame, image));
  const numbers = boxes.flatMap(({ top, left, height, width }) => [top, left, height, width]);
  return new Tensor('float32', numbers, [images.length, 4]);
}

/** What the model takes: `[N, 3, H, W]`, normalised. */
function normalized(images: readonly RgbImage[], normalization: Normalization): Tensor {
  const batch = tf.tidy(() => tf.transpose(imagesTensor(images, normalization), [0, 3, 1, 2]));
  const tensor = new Tensor('float32', batch.dataSync() as Float32Array, batch.shape);
  batch.dispose();
  return tensor;
}

const middle = (scores: readonly number[]): number => (Math.min(...scores) + Math.max(...scores)) / 2;
