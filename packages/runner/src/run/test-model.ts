/** Scores the test images of a run, and measures what the scores are worth. */
import {
  countsBytes,
  type Detector,
  type Evaluation,
  evaluate,
  evaluateSynthetic,
  type ImageSource,
  maskOfImage,
  pickImages,
  type RgbImage,
  type SearchProgress,
  type SyntheticEvaluation,
  scoreImages,
  scoreRange,
  shownParts,
  spanned,
  type ValueRange,
} from '@adfw/core';
import { withMeasuringThreads } from '../threads/measuring-client.js';
import { defectRegions } from './defect-regions.js';
import type { FittedRun } from './fitted-run.js';
import type { SpilledMaps } from './spilled-maps.js';
import { splitOf } from './split.js';

export interface TestedRun {
  /** Of the test images that could be read, in the dataset's order. */
  readonly scored: readonly { readonly index: number; readonly score: number }[];
  readonly metrics: Evaluation;
  /** null where no images were held out. */
  readonly synthetic: SyntheticEvaluation | null;
  readonly thresholds: { readonly deployed: number | null; readonly benchmark: number | null };
  /** Of the scores; null where there are none. */
  readonly range: ValueRange | null;
  /** Of the pixels of the maps; null where there are none. */
  readonly mapRange: ValueRange | null;
  /** Whether the model says where; of one that was tested on nothing it is not known. */
  readonly hasMaps: boolean;
  readonly millisecondsPerImage: number | null;
}

/** @param maps takes the maps of the test images, beside their masks. */
export async function testModel(run: FittedRun, maps: SpilledMaps): Promise<TestedRun> {
  const { options, composition, checked, fitted, notes } = run;
  const { experiment, onProgress, signal } = options;
  const { budget, dataset, nominal, warnings, frame, inside } = checked;
  const { detector, heldOutScores } = fitted;
  const stopwatch = timed(detector);
  const scored = await scoreTestImages(run, stopwatch.detector, maps);
  const { validation } = splitOf(dataset, experiment);
  const synthetic = await spanned('evaluation', () =>
    evaluateSynthetic(detector, shownParts(pickImages(nominal, validation), frame), {
      inside: (image) => inside && maskOfImage(inside, image, frame),
      batchSize: experiment.fit.batchSize,
      seed: experiment.seed,
      onProgress: (done, total, search) => tell(run, 'synthetic', done, total, search),
      ...(signal && { signal }),
    }),
  );
  const labelled = dataset.test.length;
  const scores = scored.slice(0, labelled).map(({ score }) => score);
  const hasMaps = scored.length === 0 || maps.length > 0;
  const regions = maps.length > 0 ? await defectRegions(dataset, (index) => maps.size(index)) : null;
  const memory = takeForCounts(run, maps);
  const evaluation = await spanned('evaluation', () =>
    withMeasuringThreads(maps, { memory, ...(signal && { signal }) }, (pixels) =>
      evaluate(
        {
          scores,
          labels: dataset.test.map(({ label }) => label),
          kinds: dataset.test.map(({ defect }) => defect),
          groups: dataset.test.map(({ group }) => group ?? null),
          views: dataset.test.map(({ view }) => view ?? null),
          regions,
          pixels: hasMaps ? { ...pixels, length: labelled } : null,
          threshold: composition.threshold,
          deployed: fitted.threshold,
          heldOut: { scores: heldOutScores, sufficient: composition.deployedThreshold.sufficient },
        },
        {
          ...(onProgress && { onProgress: (done, total) => onProgress({ type: 'measuring', done, total }) }),
          ...(signal && { signal }),
        },
      ),
    ),
  );
  budget.giveBack(memory);
  const { range, note } = scoreRange(scores, heldOutScores);
  const metrics = {
    ...evaluation,
    notes: [...evaluation.notes, ...warnings, ...notes, ...(note === null ? [] : [note])],
  };
  return {
    scored,
    metrics,
    synthetic,
    thresholds: { deployed: metrics.deployed?.threshold ?? null, benchmark: metrics.threshold },
    range,
    mapRange: maps.range ?? fitted.heldOutMapRange,
    hasMaps,
    millisecondsPerImage: stopwatch.millisecondsPerImage(),
  };
}

const tell = (
  { options: { onProgress } }: FittedRun,
  type: 'scoring' | 'synthetic',
  done: number,
  total: number,
  search?: SearchProgress,
) => onProgress?.({ type, done, total, ...(search && { search }) });

async function scoreTestImages(
  run: FittedRun,
  detector: Detector,
  maps: SpilledMaps,
): Promise<TestedRun['scored']> {
  const { experiment, signal } = run.options;
  const { watch } = run.options;
  const { dataset, masks } = run.checked;
  const kept = watch ? keepingImages(run.checked.test) : null;
  const test = kept ?? run.checked.test;
  const scoring = { batchSize: experiment.fit.batchSize, ...(signal && { signal }) };
  const scored: { index: number; score: number }[] = [];
  const tellScored = (search?: SearchProgress) => tell(run, 'scoring', scored.length, test.length, search);
  for await (const { index, score, size, map } of scoreImages(detector, test, {
    ...scoring,
    onSearch: tellScored,
  })) {
    scored.push({ index, score });
    const sample = dataset.test[index];
    const readMask = () => spanned('reading images', async () => sample && dataset.mask(sample, size));
    const mask = sample && (map || watch) ? (masks.take(index) ?? (await readMask()) ?? null) : null;
    if (map) await spanned('writing', () => maps.add(size, map, mask?.data ?? null));
    const image = kept?.take(index);
    if (watch && sample && image)
      await spanned('report', async () =>
        watch.image({ id: sample.id, total: dataset.test.length, image, mask }),
      );
    tellScored();
  }
  return scored;
}

/** Images that are read, until they are taken. */
function keepingImages(images: ImageSource): ImageSource & { take(index: number): RgbImage | undefined } {
  const kept = new Map<number, RgbImage>();
  return {
    ...images,
    async image(index) {
      const image = await images.image(index);
      kept.set(index, image);
      return image;
    },
    take(index) {
      const image = kept.get(index);
      kept.delete(index);
      return image;
    },
  };
}

/**
 * Bytes of the budget for the counts of defective pixels. Where images that are kept have taken them, some are read again when they are
 * asked for: the maps of all would be read many times over.
 */
function takeForCounts({ checked: { budget, nominal, test } }: FittedRun, maps: SpilledMaps): number {
  let bytes = countsBytes(maps.defectivePixels);
  if (budget.take(bytes)) return bytes;
  let missing = bytes;
  for (const images of [nominal, test]) missing -= images.forget?.(missing) ?? 0;
  while (bytes > 0 && !budget.take(bytes)) bytes = Math.floor(bytes / 2);
  return bytes;
}

/** Measures a detector; its first batch, in which an engine compiles, does not count where there are others. */
function timed(detector: Detector) {
  const perImage: number[] = [];
  return {
    detector: {
      ...detector,
      async detect(images, options) {
        const start = performance.now();
        const detected = await detector.detect(images, options);
        perImage.push((performance.now() - start) / images.length);
        return detected;
      },
    } satisfies Detector as Detector,
    millisecondsPerImage(): number | null {
      const counted = perImage.length > 1 ? perImage.slice(1) : perImage;
      return counted.length > 0 ? sum(counted) / counted.length : null;
    },
  };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
