/** The `maps/` folder: an overlay of each test image, and what `predict` draws. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageSource, RgbImage, Sample, ScoredImage } from '@adfw/core';
import { writeFile } from '../files/atomic-file.js';
import { overlayNames } from './overlay-names.js';

export interface OverlayGallery {
  /** In the order that {@link ScoredImage.index} counts in. */
  samples: readonly Pick<Sample, 'id'>[];
  /** Theirs. */
  images: ImageSource;
  scored: readonly Pick<ScoredImage, 'index' | 'score'>[];
  /** The anomaly map of a scored image, by its index; null where the model has none. */
  map(index: number): Promise<Float32Array | null>;
  /** Its mask, non-zero where it is defective, at the size of the image; null where there is none. */
  mask(index: number, image: RgbImage): Promise<Uint8Array | null>;
  /** Drawn is the benchmark's; where there is none the deployed one, which is then called so. */
  thresholds: { benchmark: number | null; deployed: number | null };
  /** Null without maps. */
  mapRange: { min: number; max: number } | null;
  onProgress?: (done: number, total: number) => void;
  signal?: AbortSignal;
}

/** Images that are drawn at once: while libvips encodes one in a thread of its own, another is drawn in this one. */
const AT_ONCE = 2;

/** Writes an overlay for each scored image, under the image's own path: `maps/test/scratch/003.png`. */
export async function writeOverlays(folder: string, gallery: OverlayGallery): Promise<void> {
  const { samples, images, scored, thresholds, mapRange, onProgress, signal } = gallery;
  const threshold = thresholds.benchmark ?? thresholds.deployed;
  const thresholdName = thresholds.benchmark === null ? 'deployed threshold' : undefined;
  const names = overlayNames(samples);
  const left = scored.values();
  let done = 0;
  let failed = false;
  const draw = async () => {
    for (const { index, score } of left) {
      if (failed) return;
      signal?.throwIfAborted();
      const file = join(folder, names[index] as string);
      await mkdir(join(file, '..'), { recursive: true });
      const image = await images.image(index);
      const png = await drawOverlay({
        title: (samples[index] as Pick<Sample, 'id'>).id,
        image,
        map: await gallery.map(index),
        score,
        threshold,
        thresholdName,
        mapRange,
        mask: await gallery.mask(index, image),
      });
      await writeFile(file, png);
      done++;
      onProgress?.(done, scored.length);
    }
  };
  const drawing = Array.from({ length: AT_ONCE }, () =>
    draw().catch((error) => {
      failed = true;
      throw error;
    }),
  );
  // After a failure nothing is written any more by the time it is reported.
  await Promise.allSettled(drawing);
  await Promise.all(drawing);
}

export interface OverlayRequest {
  title: string;
  image: RgbImage;
  /** null where the model has none. */
  map: Float32Array | null;
  score: number;
  threshold: number | null;
  /** What the caption calls it; `threshold` where nothing is said. */
  thresholdName?: string | undefined;
  /** What the ends of the colour scale stand for; null for those of this map. */
  mapRange: { min: number; max: number } | null;
  mask?: Uint8Array | null;
}

export const drawOverlay = async ({
  title,
  image,
  map,
  score,
  threshold,
  thresholdName,
  mapRange,
  mask = null,
}: OverlayRequest) => {
  // It loads what draws text and encodes pictures.
  const { renderOverlay } = await import('./overlay.js');
  return renderOverlay({
    image,
    map,
    mapScale: mapRange,
    threshold: threshold ?? Number.POSITIVE_INFINITY,
    mask,
    caption: {
      title,
      score,
      threshold: threshold ?? Number.NaN,
      thresholdName,
      verdict: threshold === null ? 'no threshold' : score >= threshold ? 'defective' : 'nominal',
    },
  });
};
