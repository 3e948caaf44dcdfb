import type { ByLearner, CheckpointStore, EpochRecord } from '../contracts/checkpoint.js';
import type { Composition } from '../experiment/compose.js';
import { imageSizeOf, tilesOf } from '../experiment/experiment.js';
import { type FitEvent, type FitRun, fit, gatherFrom, heldOutStages } from '../fitting/fit.js';
import { foldsOf, type ImageGroups, nominalSplit } from '../fitting/hold-out.js';
import { framedImages } from '../images/image-fit.js';
import { type ImageSource, pickImages } from '../images/image-source.js';
import type { MemoryBudget } from '../images/memory-budget.js';
import { regionImages } from '../images/region.js';
import { tiledImages, tilesInside } from '../images/tiles.js';
import { type SearchProgress, scoreImages, type TensorDetector, takesImagesOneByOne } from './detector.js';
import { freezeAll } from './saved-model.js';
import { imageDetector } from './tiled.js';
import { type ValueRange, valueRange } from './value-range.js';

/** What a fit is doing. */
export type DetectorFitEvent =
  | FitEvent
  /** The events that follow are of the fit to all images but those of this fold, from 1 on. */
  | { type: 'fold'; fold: number; folds: number }
  /** Held-out images that were scored by a model that searches or has tiles, others being quick, and the search for the next one. */
  | { type: 'held-out'; done: number; total: number; search?: SearchProgress };

export interface FitOptions {
  /** How many of the nominal images, the last ones, are a validation split of their own: they are held out, and no share of the others. */
  validation?: number;
  /** What each of the nominal images shows: images of one group are held out together, or not at all. */
  groups?: ImageGroups;
  /** For what is kept of images while it fits; what images themselves take of it is the source's. */
  budget: MemoryBudget;
  /** The frame's region of interest, in rows, 1 inside and 0 outside: nothing else is learnt from and scored. */
  region?: Uint8Array | null;
  checkpoints?: CheckpointStore;
  foldCheckpoints?: FoldCheckpoints;
  onProgress?: (event: DetectorFitEvent) => void;
  signal?: AbortSignal;
}

/** Where fits to folds (`fit.folds`) are kept. */
export interface FoldCheckpoints {
  /** What was made of the folds that are done, without tensors. */
  readonly done: CheckpointStore<FoldRecord>;
  /** Of the training without a fold, from 1 on. */
  training(fold: number): CheckpointStore;
}

/** What a fit says of images that it did not learn from. */
interface HeldOut {
  /** In their order. */
  readonly scores: number[];
  /** Smallest and largest value on their anomaly maps; null without any. */
  readonly mapRange: ValueRange | null;
}

export interface FoldRecord extends HeldOut {
  readonly seconds: number;
}

/** Which epoch of a stage each learner was kept from. */
export interface StageTraining {
  readonly stage: string;
  readonly kept: ByLearner;
}

export interface FittedDetector {
  readonly detector: TensorDetector;
  /** What each epoch did; empty for a model that is not trained. */
  readonly history: readonly EpochRecord[];
  /** Of each stage that trained. */
  readonly training: readonly StageTraining[];
  /** How many images were trained on, and how many held out. */
  readonly train: number;
  readonly validation: number;
  /** Of fitting, the folds included; of all its parts, where it was interrupted. */
  readonly trainSeconds: number;
  /** How many of these passed before a checkpoint that it went on from. */
  readonly secondsBefore: number;
  /** Scores of the held-out images, in their order; with folds of all images. Empty where none were held out. */
  readonly heldOutScores: number[];
  /** Smallest and largest value on the anomaly maps of the same images; null without any. */
  readonly heldOutMapRange: ValueRange | null;
  /** Chosen from the held-out scores by the experiment's `deployedThreshold`; null without any. */
  readonly threshold: number | null;
}

/**
 * Fits a composition's model to nominal images: holds some out ({@link nominalSplit}), fits to the rest, and chooses a threshold by the scores of those held out.
 *
 * With `fit.folds` each image gets its held-out score from a further fit, to all folds of the images but its own. In it the fold
 * is what the held-out images are in the fit of the detector: the best epoch is chosen on it, unless nothing is held out.
 * @throws DataError where there are no images, or fewer than folds, or the loss stops being a number; the signal's reason when it is
 * aborted.
 */
export async function fitDetector(
  composition: Composition,
  nominal: ImageSource,
  options: FitOptions,
): Promise<FittedDetector> {
  const { experiment, deployedThreshold } = composition;
  const { validationFraction, folds: foldCount } = experiment.fit;
  const folds = foldCount === null ? [] : foldsOf(nominal.length, foldCount, experiment.seed, options.groups);
  const own = options.validation ?? 0;
  const { train, validation } = nominalSplit(
    { train: nominal.length - own, validation: own },
    validationFraction,
    experiment.seed,
    options.groups,
  );
  const start = performance.now();
  let secondsBefore = 0;
  const onProgress = (event: DetectorFitEvent) => {
    if (event.type === 'resumed') secondsBefore += event.seconds;
    options.onProgress?.(event);
  };
  const fitting = { ...options, onProgress };
  const scored = folds.length > 0 ? [] : validation;
  const { heldOut, ...fitted } = await fitOnce(composition, nominal, { train, validation, scored }, fitting);
  const crossFitted =
    folds.length > 0 ? await fitFolds(composition, nominal, folds, validation.length > 0, fitting) : null;
  secondsBefore += crossFitted?.secondsBefore ?? 0;
  const { scores, mapRange } = crossFitted?.heldOut ?? heldOut;
  return {
    ...fitted,
    train: train.length,
    validation: validation.length,
    trainSeconds: secondsBefore + (performance.now() - start) / 1000,
    secondsBefore,
    heldOutScores: scores,
    heldOutMapRange: mapRange,
    threshold: scores.length > 0 ? await deployedThreshold.threshold({ scores }) : null,
  };
}

/** Which images a fit takes for what, by their indices. */
interface Split {
  readonly train: readonly number[];
  /** The best epoch is chosen on them, and the score fitted to them; may be empty. */
  readonly validation: readonly number[];
  /** Scored at the end: the validation images, or where there are none others that are not trained on. */
  readonly scored: readonly number[];
}

async function fitOnce(
  { model, experiment }: Composition,
  nominal: ImageSource,
  { train, validation, scored }: Split,
  { budget, checkpoints, onProgress, signal, region = null }: FitOptions,
): Promise<Pick<FittedDetector, 'detector' | 'history' | 'training'> & { heldOut: HeldOut }> {
  const {
    seed,
    fit: { batchSize },
  } = experiment;
  const tiles = tilesOf(experiment);
  const frame = imageSizeOf(experiment);
  const stoppable = signal && { signal };
  const run: FitRun = { batchSize, seed, budget, ...(onProgress && { onProgress }), ...stoppable };
  const images = (indices: readonly number[]) => pickImages(nominal, indices);
  /** What the model learns from. */
  const learnt = (indices: readonly number[]) => {
    const inFrames = framedImages(images(indices), frame);
    const shown = region ? regionImages(inFrames, region) : inFrames;
    return tiles ? tiledImages(shown, tiles.grid, tilesInside(tiles.grid, region)) : shown;
  };
  const history = await fit(
    model,
    { train: learnt(train), heldOut: learnt(validation) },
    { ...run, ...(checkpoints && { checkpoints }) },
  );
  freezeAll(model);

  const found = new Map<number, { score: number; range: ValueRange | null }>();
  let detector = imageDetector(model, tiles, frame, region);
  const scoreAll = async (indices: readonly number[]) => {
    const tell = (search?: SearchProgress) =>
      onProgress?.({ type: 'held-out', done: found.size, total: scored.length, ...(search && { search }) });
    // Of the maps only the range is needed later.
    for await (const { index, score, map } of scoreImages(detector, images(indices), {
      batchSize,
      onSearch: tell,
      ...stoppable,
    })) {
      found.set(indices[index] as number, { score, range: map && valueRange([map]) });
      if (takesImagesOneByOne(detector)) tell();
    }
  };
  const stages = heldOutStages(model);
  const gather = async (indices: readonly number[], { onProgress: _, ...quiet }: FitRun, shown = false) => {
    for (const stage of stages) await gatherFrom(model, stage, learnt(indices), shown ? run : quiet);
    freezeAll(model);
    // An engine repeats what a detector did the first time, when the model was another.
    detector = imageDetector(model, tiles, frame, region);
  };
  const isFittedToScored = stages.length > 0 && validation.length > 0;
  // A model that has seen an image takes it for more nominal than it takes the next one.
  if (isFittedToScored)
    for (const part of interleaved(scored, SCORE_FOLDS)) {
      const others = validation.filter((index) => !part.includes(index));
      await gather(others.length > 0 ? others : train, run);
      await scoreAll(part);
    }
  if (stages.length > 0) await gather(validation.length > 0 ? validation : train, run, true);
  if (!isFittedToScored) await scoreAll(scored);
  const results = scored.map((index) => found.get(index) as { score: number; range: ValueRange | null });
  return { detector, history, training: trainingOf(history), heldOut: heldOutOf(results) };
}

function trainingOf(history: readonly EpochRecord[]): StageTraining[] {
  const stages = [...new Set(history.map(({ stage }) => stage))];
  return stages.map((stage) => {
    const kept: Record<string, number> = {};
    for (const record of history.filter((record) => record.stage === stage))
      for (const [learner, isBest] of Object.entries(record.best)) if (isBest) kept[learner] = record.epoch;
    return { stage, kept };
  });
}

/** In how many parts held-out images are scored by a score that is fitted to the others. */
const SCORE_FOLDS = 5;

/** Every `count`-th of them together; none is empty. */
const interleaved = (indices: readonly number[], count: number): number[][] =>
  Array.from({ length: Math.min(count, indices.length) }, (_, part) =>
    indices.filter((_, position) => position % count === part),
  );

function heldOutOf(images: readonly { score: number; range: ValueRange | null }[]): HeldOut {
  const ends = images.flatMap(({ range }) => (range ? [[range.min, range.max]] : []));
  return {
    scores: images.map(({ score }) => score),
    mapRange: ends.length > 0 ? valueRange(ends) : null,
  };
}

/**
 * Fits the composition anew without each of the folds, and scores that fold.
 * @param holdsOut whether the fold is what the fit of the detector holds out.
 */
async function fitFolds(
  composition: Composition,
  nominal: ImageSource,
  folds: readonly (readonly number[])[],
  holdsOut: boolean,
  { foldCheckpoints, checkpoints: _, ...options }: FitOptions,
): Promise<{ heldOut: HeldOut; secondsBefore: number }> {
  const records = [...((await foldCheckpoints?.done.load())?.history ?? [])];
  const secondsBefore = records.reduce((sum, { seconds }) => sum + seconds, 0);
  for (const [index, scored] of folds.entries()) {
    if (index < records.length) continue;
    options.signal?.throwIfAborted();
    const fold = index + 1;
    options.onProgress?.({ type: 'fold', fold, folds: folds.length });
    const start = performance.now();
    let resumedSeconds = 0;
    const onProgress = (event: DetectorFitEvent) => {
      if (event.type === 'resumed') resumedSeconds = event.seconds;
      options.onProgress?.(event);
    };
    const checkpoints = foldCheckpoints?.training(fold);
    const isScored = new Set(scored);
    const train = Array.from({ length: nominal.length }, (_, image) => image).filter(
      (image) => !isScored.has(image),
    );
    const anew = await composition.anew();
    try {
      const { heldOut } = await fitOnce(
        anew,
        nominal,
        { train, validation: holdsOut ? scored : [], scored },
        { ...options, onProgress, ...(checkpoints && { checkpoints }) },
      );
      records.push({ ...heldOut, seconds: resumedSeconds + (performance.now() - start) / 1000 });
    } finally {
      anew.dispose();
    }
    await foldCheckpoints?.done.save({ history: records, tensors: {} });
  }
  const images = folds.flatMap((scored, index) => {
    const { scores, mapRange } = records[index] as FoldRecord;
    return scored.map((image, position) => ({
      image,
      score: scores[position] as number,
      range: mapRange,
    }));
  });
  return { heldOut: heldOutOf(images.sort((a, b) => a.image - b.image)), secondsBefore };
}
