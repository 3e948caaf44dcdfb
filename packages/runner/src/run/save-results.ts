/** Writes what a run has found into its directory: the model, scores, pictures and anomaly maps. */
import { type Sample, type Size, savedRegion, scoredSamples, spanned, type ValueRange } from '@adfw/core';
import { writeFile } from '../files/atomic-file.js';
import { saveModel } from '../model/model-folder.js';
import { savedScale, writeAnomalyMaps } from '../pictures/anomaly-maps.js';
import { writeOverlays } from '../pictures/overlay-gallery.js';
import { MOST_PICTURES, picturedImages } from '../pictures/pictured-images.js';
import type { FittedRun } from './fitted-run.js';
import { scoresCsv } from './scores-csv.js';
import type { SpilledMaps } from './spilled-maps.js';
import type { TestedRun } from './test-model.js';

export async function saveResults(
  { options, paths, composition, checked, fitted }: FittedRun,
  { scored, thresholds, range, mapRange, hasMaps }: TestedRun,
  maps: SpilledMaps,
): Promise<void> {
  const { experiment, onProgress, signal } = options;
  const { dataset, test } = checked;
  const samples = scoredSamples(dataset);
  const maskOf = async (index: number, { height, width }: Size): Promise<Uint8Array | null> => {
    if (index >= dataset.test.length) return null;
    if (hasMaps) return maps.mask(index);
    return (await dataset.mask(dataset.test[index] as Sample, { height, width }))?.data ?? null;
  };
  await spanned('writing', () =>
    saveModel(paths.model, composition.model, {
      experiment,
      imageSize: checked.frame,
      ...(checked.inside && { region: savedRegion(checked.inside, checked.frame) }),
      ...(dataset.reading && { reading: dataset.reading }),
      thresholds,
      scoreRange: range,
      mapRange,
      heldOutScores: fitted.heldOutScores,
    }),
  );
  const rows = scored.map(({ index, score }) => ({
    sample: samples[index] as (typeof samples)[number],
    score,
  }));
  await spanned('writing', () => writeFile(paths.scores, scoresCsv(rows, thresholds, range)));
  const threshold = thresholds.benchmark ?? thresholds.deployed;
  const labels = dataset.test.map(({ label }) => label);
  const pictured = picturedImages(scored, labels, threshold, options.pictures ?? MOST_PICTURES);
  if (pictured.length < scored.length)
    onProgress?.({
      type: 'message',
      message: `Pictures are drawn of ${pictured.length} of ${scored.length} test images, first of all that were misjudged; the report shows every image`,
    });
  await spanned('pictures', () =>
    writeOverlays(paths.maps, {
      samples,
      images: test,
      scored: pictured,
      map: async (index) => (hasMaps ? maps.map(index) : null),
      mask: maskOf,
      thresholds,
      mapRange,
      ...(onProgress && { onProgress: (done, total) => onProgress({ type: 'overlays', done, total }) }),
      ...(signal && { signal }),
    }),
  );
  if (maps.range) {
    const hasUnscored = scored.some(({ index }) => maps.unscored(index) > 0);
    const scale = savedScale(mapRange as ValueRange, hasUnscored);
    const watched = async (index: number) => {
      const map = await maps.map(index);
      const { id } = samples[index] as (typeof samples)[number];
      if (index < labels.length)
        await options.watch?.map({ id, map, size: maps.size(index), scale, threshold });
      return map;
    };
    await spanned('pictures', () =>
      writeAnomalyMaps(paths.anomalyMaps, {
        size: (index) => maps.size(index),
        samples,
        scored: scored.map(({ index }) => ({ index, map: () => watched(index) })),
        hasUnscored,
        range: mapRange as { min: number; max: number },
        ...(onProgress && { onProgress: (done, total) => onProgress({ type: 'anomaly-maps', done, total }) }),
        ...(signal && { signal }),
      }),
    );
  }
}
