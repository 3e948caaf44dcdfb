/** From an image that was sent to its score, and to what is answered about it. */
import { predictImage, type ScoringWorker } from '@adfw/runner';
import type { Limits } from '../guard/limits.js';
import { HttpError } from '../http-error.js';
import type { Includable } from './api-schema.js';
import type { BatchScorer } from './batch-scorer.js';
import type { DecodedPhoto, MapTask } from './image-thread.js';
import type { ImageThreads } from './image-threads.js';
import { type ImageAnswer, mapStatistics } from './prediction-answer.js';
import type { SentImage } from './request-images.js';

export interface ScoredPhoto extends DecodedPhoto {
  readonly prediction: Awaited<ReturnType<typeof predictImage>>;
}

export interface ServedModel {
  readonly manifest: ScoringWorker['manifest'];
  /** null: there are no verdicts. */
  readonly threshold: number | null;
  readonly threads: ImageThreads;
}

/** @throws HttpError with the image's place among those that were sent, where it cannot be decoded. */
export async function decodePhoto(
  { manifest, threads }: ServedModel,
  { name, bytes }: SentImage,
  index: number,
  maxPixels: Limits['pixels'],
): Promise<DecodedPhoto> {
  const decoded = await threads.decode({
    bytes,
    name: name ?? 'The image',
    size: manifest.imageSize,
    reading: manifest.reading,
    maxPixels,
  });
  if (!('fault' in decoded)) return decoded;
  const { status, code, message } = decoded.fault;
  throw new HttpError(status, code, message, { image: { index, name } });
}

export async function scorePhoto(
  { manifest, threshold }: ServedModel,
  scorer: BatchScorer,
  photo: DecodedPhoto,
  signal: AbortSignal,
): Promise<ScoredPhoto> {
  const detector = { detect: async () => [await scorer.score(photo.pixels, signal)] };
  const prediction = await predictImage(detector, manifest, photo.pixels, threshold ?? undefined);
  return { ...photo, prediction };
}

/** @param wanted what is not said unless it is asked for. */
export async function answerOf(
  model: ServedModel,
  { name }: SentImage,
  scored: ScoredPhoto,
  wanted: readonly Includable[],
): Promise<ImageAnswer> {
  const { pixels, sent, prediction } = scored;
  const { map, ...numbers } = prediction;
  const about = { image: name, width: sent.width, height: sent.height, ...numbers };
  if (map === null) return { ...about, map, regions: null, regionCount: null };
  const [lines, heat] = await Promise.all([
    wanted.includes('outline') && (await outlineOf(model, scored, map)),
    wanted.includes('heatMap') && (await model.threads.heatMap(mapTask(model, scored, map))),
  ]);
  return {
    ...about,
    ...mapStatistics(map, pixels, sent, numbers.threshold),
    ...(lines && { outline: lines }),
    ...(heat && { heatMap: `data:image/png;base64,${Buffer.from(heat).toString('base64')}` }),
  };
}

async function outlineOf(
  { threads, threshold }: ServedModel,
  { pixels, sent }: ScoredPhoto,
  map: Float32Array,
) {
  if (threshold === null) return [];
  const { height, width } = pixels;
  return threads.outline({ map, size: { height, width }, threshold, sent });
}

/** The image with its heat map and outlines, a PNG. */
export async function overlayOf(
  model: ServedModel,
  { name }: SentImage,
  scored: ScoredPhoto,
): Promise<Uint8Array> {
  const { pixels, prediction } = scored;
  return model.threads.overlay({
    ...mapTask(model, scored, prediction.map as Float32Array),
    title: name ?? 'image',
    pixels,
    score: prediction.score,
  });
}

const mapTask = (
  { manifest, threshold }: ServedModel,
  { pixels: { height, width } }: ScoredPhoto,
  map: Float32Array,
): MapTask => ({
  map,
  size: { height, width },
  threshold,
  // A model that was scored on nothing has no range to compare with.
  mapRange: manifest.mapRange,
});
