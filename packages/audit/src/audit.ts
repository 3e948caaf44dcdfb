/** Looks at all of a dataset: its files, its masks, copies among its images, and which nominal ones look least so. */
import {
  type Dataset,
  type Learnable,
  nominalSamples,
  type RgbImage,
  type Size,
  scoredSamples,
} from '@adfw/core';
import { DECODED_AT_ONCE } from '@adfw/images';
import type { AuditContents, AuditSplit, SuspiciousImages } from './audit-report.js';
import { type Compared, duplicatePairs } from './duplicates/duplicate-pairs.js';
import { PIXELS, thumbnailOf } from './duplicates/thumbnail.js';
import { type AnySample, type InspectedImage, inspect } from './inspect.js';
import {
  countsOf,
  fileSummary,
  kindCounts,
  maskFindings,
  noneLeftOut,
  splitsOf,
  unreadableOf,
} from './summaries.js';
import { type FeatureCollector, featureCollector } from './suspicious.js';

export type AuditEvent =
  /** Images that were read, and then compared. */
  { type: 'images' | 'comparing'; done: number; total: number };

export interface AuditRequest {
  /** Opened so that nothing is left out. */
  readonly dataset: Dataset;
  /** What images are resized to: that of a run. */
  readonly size: Size;
  /** Whose backbone gives the features; without it no image is looked at for being suspicious. */
  readonly suspicious?: {
    readonly model: Pick<Learnable, 'backbone' | 'normalization'>;
    readonly network: string;
    /** How many images are listed. */
    readonly most: number;
    readonly seed: number;
  };
  readonly onProgress?: (event: AuditEvent) => void;
  readonly signal?: AbortSignal | undefined;
}

export interface Audit {
  /** All but the estimate, for which there is {@link estimateRun}. */
  readonly contents: Omit<AuditContents, 'estimate'>;
  /** The first nominal images, for an estimate. */
  readonly samples: readonly RgbImage[];
  readonly readingSeconds: number;
}

/** So many images are kept for an estimate: those of a batch, which is seldom larger. */
const KEPT = 8;

/**
 * Images are read a few at a time, and of each 4 KiB and its features are kept.
 * @throws the signal's reason when it is aborted.
 */
export async function auditDataset(request: AuditRequest): Promise<Audit> {
  const { dataset, suspicious, onProgress, signal } = request;
  const collector = suspicious ? featureCollector(suspicious.model) : null;
  const { inspected, thumbnails, samples, readingSeconds } = await readAll(request, collector);
  const splits = new Map<AnySample, AuditSplit>(
    splitsOf(dataset).flatMap(([split, own]) => own.map((sample) => [sample, split] as const)),
  );
  const readable = inspected.filter(({ isRead }) => isRead);
  const duplicates = await duplicatePairs(
    readable.map(
      ({ sample, checksum }): Compared => ({
        id: sample.id,
        split: splits.get(sample) as AuditSplit,
        label: sample.label,
        group: sample.group,
        checksum,
      }),
    ),
    thumbnails.subarray(0, readable.length * PIXELS),
    { onProgress: (done, total) => onProgress?.({ type: 'comparing', done, total }), signal },
  );
  return {
    contents: {
      name: dataset.name,
      category: dataset.category,
      counts: countsOf(dataset),
      kinds: kindCounts(dataset),
      files: fileSummary(inspected, dataset),
      unreadable: unreadableOf(inspected, splits),
      leftOut: dataset.leftOut ?? noneLeftOut,
      masks: maskFindings(inspected, dataset),
      duplicates,
      suspicious: suspicious && collector ? await leastNominal(collector, suspicious) : null,
    },
    samples,
    readingSeconds,
  };
}

interface Inspected extends InspectedImage {
  readonly isRead: boolean;
}

/** Nominal images first; the next few are read while features are computed. */
async function readAll(
  { dataset, size, onProgress, signal }: AuditRequest,
  collector: FeatureCollector | null,
) {
  const nominal = nominalSamples(dataset);
  const all: readonly AnySample[] = [...nominal, ...scoredSamples(dataset)];
  const thumbnails = new Uint8Array(all.length * PIXELS);
  const inspected: Inspected[] = [];
  const samples: RgbImage[] = [];
  let readable = 0;
  let computing = 0;
  const start = performance.now();
  const read = (from: number) => {
    const reading = Promise.all(
      all.slice(from, from + DECODED_AT_ONCE).map((sample) => inspect(dataset, sample, size)),
    );
    // It is awaited later, or never.
    reading.catch(() => undefined);
    return reading;
  };
  let reading = read(0);
  for (let from = 0; from < all.length; from += DECODED_AT_ONCE) {
    signal?.throwIfAborted();
    const batch = await reading;
    reading = read(from + DECODED_AT_ONCE);
    for (const { image, ...rest } of batch) {
      // The pixels are not kept.
      inspected.push({ ...rest, image: null, isRead: image !== null });
      if (image === null) continue;
      thumbnails.set(thumbnailOf(image), readable++ * PIXELS);
      if (rest.sample.label !== 0 || inspected.length > nominal.length) continue;
      if (samples.length < KEPT) samples.push(image);
      const before = performance.now();
      await collector?.add(rest.sample.id, image);
      computing += performance.now() - before;
    }
    onProgress?.({ type: 'images', done: inspected.length, total: all.length });
  }
  const readingSeconds = (performance.now() - start - computing) / 1000;
  return { inspected, thumbnails, samples, readingSeconds };
}

async function leastNominal(
  collector: FeatureCollector,
  { network, most, seed }: NonNullable<AuditRequest['suspicious']>,
): Promise<SuspiciousImages | null> {
  const distances = await collector.distances(seed);
  if (distances === null) return null;
  const ordered = distances.sort((a, b) => b.score - a.score);
  return {
    network,
    compared: ordered.length,
    median: ordered[Math.floor(ordered.length / 2)]?.score ?? 0,
    images: ordered.slice(0, most),
  };
}
