/** The main job: fit on nominal images, score the test images, evaluate, and leave a run directory behind. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import {
  type Composition,
  ConfigurationError,
  type Cost,
  compose,
  DataError,
  type Dataset,
  type Detector,
  type DetectorFitEvent,
  type Evaluation,
  evaluate,
  evaluateSynthetic,
  type FittedDetector,
  fitDetector,
  holdOut,
  type ImageSource,
  imageSizeOf,
  type LeftOut,
  type MemoryBudget,
  memoryBudget,
  parseMemory,
  pickImages,
  type Registry,
  type ResolvedExperiment,
  repeatedImages,
  repeatedImagesNotes,
  type Sample,
  type SearchProgress,
  type StageTraining,
  type SyntheticEvaluation,
  sampleImages,
  scoreImages,
  scoreRange,
} from '@adfw/core';
import { badFilesFault } from '../data/bad-files.js';
import { keepDataRecord } from '../data/data-record.js';
import { seenImages } from '../data/image-warnings.js';
import { maskRemarks, maskWarnings } from '../data/mask-remarks.js';
import { optionFiles } from '../data/option-files.js';
import { readData } from '../data/read-data.js';
import type { EngineInfo } from '../engine.js';
import { removeLeftovers, writeFile } from '../files/atomic-file.js';
import { whileClaimed } from '../files/folder-claim.js';
import { readJsonFile } from '../files/json-file.js';
import { refuseReplacing } from '../files/replaceable.js';
import { inNewFolder, type RunPaths, refuseUsedDirectory, runPaths } from '../files/run-directory.js';
import { refuseOtherFolder, saveModel } from '../model/model-folder.js';
import { writeAnomalyMaps } from '../pictures/anomaly-maps.js';
import { writeOverlays } from '../pictures/overlay-gallery.js';
import { checkpointEngine, checkpointFolder, foldCheckpointFolder } from './checkpoint-folder.js';
import { isScoresCsv, scoresCsv } from './scores-csv.js';
import { type SpilledMaps, withSpilledMaps } from './spilled-maps.js';
import { isTrainingLog, withTrainingLog } from './training-log.js';

/** What a run is doing; the command line shows it. */
export type RunEvent =
  | DetectorFitEvent
  /** Everything was found to be right, and the run directory is there; the model will be fitted in stages of these names. */
  | { type: 'started'; folder: string; stages: readonly string[] }
  /** Images read (and checked, with their masks), test images and synthetic defects scored, overlays and anomaly maps written. */
  | {
      type: 'images' | 'scoring' | 'synthetic' | 'measuring' | 'overlays' | 'anomaly-maps';
      done: number;
      total: number;
      /** Where the search for the image that is scored next is, of a model that searches. */
      search?: SearchProgress;
    }
  | { type: 'message' | 'warning'; message: string };

export interface RunOptions {
  registry: Registry;
  experiment: ResolvedExperiment;
  /** What {@link useEngine} gave; it is tfjs' backend already. */
  engine: EngineInfo;
  /** The run directory, new or empty; {@link resumeExperiment} goes on with one. */
  folder: string;
  onProgress?: (event: RunEvent) => void;
  signal?: AbortSignal;
}

/** `metrics.json`, and what `adfw run --json` prints. */
export interface RunReport {
  method: string;
  dataset: {
    name: string;
    category: string | null;
    train: number;
    validation: number;
    testGood: number;
    testDefective: number;
    /** Files left out because they could not be read. */
    skipped: number;
    /** Files in its folders that are no images; absent where the dataset has no folders. */
    leftOut?: LeftOut;
  };
  metrics: Evaluation;
  /** What held-out images alone tell; null where none were held out, absent in a run of an earlier version. */
  synthetic?: SyntheticEvaluation | null;
  /** The epoch each learner was kept from, of each stage that trained; empty for a model that is not trained. */
  training: readonly StageTraining[];
  /** What the model learnt costs; null where it does not say. */
  model: Cost | null;
  /** Of a run that was interrupted: of all its parts, but for epochs that were begun and lost. */
  timings: {
    /** Of fitting, the folds included. */
    trainSeconds: number;
    /** Mean over the epochs, all learners together counting an image once; without epochs, over the whole fit. */
    trainImagesPerSecond: number;
    inferenceMsPerImage: number | null;
    totalSeconds: number;
  };
  engine: EngineInfo;
  outputDir: string;
}

/**
 * Runs an experiment in a new run directory.
 * @throws ConfigurationError before anything was done, DataError for images and weights that cannot be read, the signal's reason
 * when it is aborted; {@link resumeExperiment} then goes on from the last epoch that was completed.
 */
export async function runExperiment(options: RunOptions): Promise<RunReport> {
  const { folder } = options;
  await refuseUsedDirectory(folder);
  const paths = runPaths(folder);
  const begin = (rest: () => Promise<RunReport>) =>
    inNewFolder(folder, 'The run directory', async () => {
      await writeFile(paths.experiment, jsonText(options.experiment));
      return rest();
    });
  return withComposition(options, (composition, dataset) =>
    execute(options, paths, composition, dataset, begin),
  );
}

/**
 * Goes on with an interrupted run, to the result it would have had on the same engine ({@link readRunEngine}); a complete run's
 * report is given as it is.
 * @throws what {@link runExperiment} does; ConfigurationError also where another process works on the run, its images or weights are not those it
 * was begun with, or something lies where its results would, that is of no run.
 */
export async function resumeExperiment(options: RunOptions): Promise<RunReport> {
  const paths = runPaths(options.folder);
  const complete = async () =>
    existsSync(paths.metrics) ? ((await readJsonFile(paths.metrics)) as RunReport) : null;
  // A complete run is only read.
  const report = await complete();
  if (report !== null) return report;
  await refuseOtherRun(paths);
  return whileClaimed(paths.folder, async () => {
    // Another may just have completed it.
    const report = await complete();
    if (report !== null) return report;
    await removeLeftovers(paths.folder, paths.checkpoint);
    return withComposition(options, (composition, dataset) =>
      execute(options, paths, composition, dataset, (rest) => rest()).catch((error: unknown) => {
        throw resumable(error, options.folder);
      }),
    );
  });
}

/** An `experiment.json` alone makes no run directory: it may lie in a folder of the user's, with a `model` and `scores.csv` of theirs. */
async function refuseOtherRun({ training, scores, model, maps, anomalyMaps }: RunPaths): Promise<void> {
  const remedy = 'name the directory of an interrupted run';
  await refuseReplacing([training], { ours: { are: 'training log of adfw', known: isTrainingLog }, remedy });
  await refuseReplacing([scores], { ours: { are: 'table of scores of adfw', known: isScoresCsv }, remedy });
  await refuseOtherFolder(model);
  // A run draws when its model is saved.
  const drawn = [maps, anomalyMaps].find((path) => existsSync(path) && !existsSync(model));
  if (drawn !== undefined) throw new ConfigurationError(`${drawn} is there, without a model: ${remedy}.`);
}

/**
 * The experiment document that a run directory was made by.
 * @throws ConfigurationError where the folder is not a run directory.
 */
export async function readRunExperiment(folder: string): Promise<unknown> {
  const { experiment } = runPaths(folder);
  if (!existsSync(folder)) throw new ConfigurationError(`There is no run directory ${folder}.`);
  if (!existsSync(experiment))
    throw new ConfigurationError(`${folder} is not a run directory: it has no ${basename(experiment)}.`);
  return readJsonFile(experiment);
}

/** The engine that the epochs of an interrupted run were computed with; null where none was completed. */
export const readRunEngine = (folder: string): Promise<EngineInfo | null> =>
  checkpointEngine(runPaths(folder).checkpoint);

/** Gives `work` the experiment's parts and dataset; the networks' memory is freed when it ends. */
async function withComposition<T>(
  { registry, experiment, onProgress, signal }: RunOptions,
  work: (composition: Composition, dataset: Dataset) => Promise<T>,
): Promise<T> {
  const composition = await compose(registry, experiment, {
    datasetFirst: true,
    report: (message: string) => onProgress?.({ type: 'message', message }),
    ...(signal && { signal }),
  });
  try {
    return await work(composition, await composition.dataset());
  } finally {
    composition.dispose();
  }
}

/**
 * Reads and checks everything, and then does all the rest.
 * @param begin does the rest, which writes into the run directory: nothing is left of a run whose images are not right.
 */
async function execute(
  options: RunOptions,
  paths: RunPaths,
  composition: Composition,
  dataset: Dataset,
  begin: (rest: () => Promise<RunReport>) => Promise<RunReport>,
): Promise<RunReport> {
  const { experiment, folder, onProgress, signal } = options;
  const start = performance.now();

  const budget = memoryBudget(parseMemory(experiment.fit.cacheMemory));
  const size = imageSizeOf(experiment);
  const nominal = sampleImages(dataset, dataset.train, size, budget);
  const test = sampleImages(dataset, dataset.test, size, budget);
  // Read before hours of training, not after them: a bad image or mask stops the run at once.
  const remarks: (readonly string[])[] = [];
  const seen = seenImages(dataset);
  const data = await readData(
    dataset,
    { train: nominal, test },
    {
      onProgress: (done, total) => onProgress?.({ type: 'images', done, total }),
      onImage: seen.see,
      onMask: (index, mask) => {
        if (dataset.test[index]?.label === 1) remarks[index] = maskRemarks(mask);
      },
      ...(signal && { signal }),
    },
  );
  const warnings = [
    ...seen.warnings((levels) => `--set 'dataset.levels=${levels}'`),
    ...maskWarnings(dataset.test, remarks),
    ...repeatedImagesNotes(repeatedImages(data), experiment.fit.validationFraction > 0),
  ];
  const files = await optionFiles(experiment, options.registry);
  return begin(async () => {
    const changes = await keepDataRecord(paths, { ...data, files });
    onProgress?.({ type: 'started', folder, stages: composition.model.stages.map(({ name }) => name) });
    for (const message of [...changes, ...warnings]) onProgress?.({ type: 'warning', message });
    const checked: Checked = { dataset, nominal, test, budget, warnings, start };
    return fitAndTest(options, paths, composition, checked).catch((error: unknown) => {
      throw resumable(error, folder);
    });
  });
}

/** What was read and checked. */
interface Checked {
  readonly dataset: Dataset;
  readonly nominal: ImageSource;
  readonly test: ImageSource;
  readonly budget: MemoryBudget;
  /** What is unusual about it, a sentence each. */
  readonly warnings: readonly string[];
  /** When that was begun, by `performance.now()`. */
  readonly start: number;
}

/** Of a run that has begun, which images are left out is settled, and nothing that was trained is lost. */
function resumable(error: unknown, folder: string): unknown {
  const fault = badFilesFault(error);
  if (fault === null) return error;
  const [separator] = fault.match(/\n/) ?? [' '];
  return new DataError(
    `${fault}${separator}Restore what was there when the run began, or repair it: adfw run --resume ${folder} then goes on without training again what is trained.`,
    { cause: error },
  );
}

async function fitAndTest(
  options: RunOptions,
  paths: RunPaths,
  composition: Composition,
  checked: Checked,
): Promise<RunReport> {
  const { engine, folder, onProgress, signal } = options;
  const { nominal, budget } = checked;
  const notes: string[] = [];
  const checkpoints = withTrainingLog(checkpointFolder(paths.checkpoint, engine), paths.training);
  const fitted = await fitDetector(composition, nominal, {
    budget,
    checkpoints,
    foldCheckpoints: foldCheckpointFolder(paths.checkpoint, engine),
    onProgress(event) {
      if (event.type === 'note' && !notes.includes(event.message)) notes.push(event.message);
      onProgress?.(event);
    },
    ...(signal && { signal }),
  });
  const context: Testing = { options, paths, composition, checked, fitted, notes };
  return withSpilledMaps(folder, (maps) => testAndSave(context, maps));
}

/** What a run has once its model is fitted. */
interface Testing {
  readonly options: RunOptions;
  readonly paths: RunPaths;
  readonly composition: Composition;
  readonly checked: Checked;
  readonly fitted: FittedDetector;
  /** What fitting said that the run is to keep. */
  readonly notes: readonly string[];
}

/** @param maps takes the maps of the test images, beside their masks. */
async function testAndSave(
  { options, paths, composition, checked, fitted, notes }: Testing,
  maps: SpilledMaps,
): Promise<RunReport> {
  const { experiment, engine, folder, onProgress, signal } = options;
  const { dataset, nominal, test, warnings, start } = checked;
  const { batchSize } = experiment.fit;
  const size = imageSizeOf(experiment);
  const { detector, history, training, heldOutScores } = fitted;
  const tell = (type: 'scoring' | 'synthetic', done: number, total: number, search?: SearchProgress) =>
    onProgress?.({ type, done, total, ...(search && { search }) });
  const scoring = { batchSize, ...(signal && { signal }) };
  const stopwatch = timed(detector);
  const maskOf = (index: number) => dataset.mask(dataset.test[index] as Sample, size);
  const scored: { index: number; score: number }[] = [];
  const tellScored = (search?: SearchProgress) => tell('scoring', scored.length, test.length, search);
  for await (const { index, score, map } of scoreImages(stopwatch.detector, test, {
    ...scoring,
    onSearch: tellScored,
  })) {
    scored.push({ index, score });
    if (map) await maps.add(size, map, (await maskOf(index))?.data ?? null);
    tellScored();
  }
  const { validation } = holdOut(nominal.length, experiment.fit.validationFraction, experiment.seed);
  const synthetic = await evaluateSynthetic(detector, pickImages(nominal, validation), {
    ...scoring,
    seed: experiment.seed,
    onProgress: (done, total, search) => tell('synthetic', done, total, search),
  });
  const scores = scored.map(({ score }) => score);
  const hasMaps = scored.length === 0 || maps.length > 0;
  const evaluation = await evaluate(
    {
      scores,
      labels: dataset.test.map(({ label }) => label),
      pixels: hasMaps ? maps : null,
      threshold: composition.threshold,
      deployed: fitted.threshold,
      heldOut: { scores: heldOutScores, sufficient: composition.deployedThreshold.sufficient },
    },
    {
      ...(onProgress && { onProgress: (done, total) => onProgress({ type: 'measuring', done, total }) }),
      ...(signal && { signal }),
    },
  );
  const mapRange = maps.range ?? fitted.heldOutMapRange;
  const { range, note } = scoreRange(scores, heldOutScores);
  const metrics = {
    ...evaluation,
    notes: [...evaluation.notes, ...warnings, ...notes, ...(note === null ? [] : [note])],
  };
  const thresholds = { deployed: metrics.deployed?.threshold ?? null, benchmark: metrics.threshold };

  await saveModel(paths.model, composition.model, {
    experiment,
    imageSize: size,
    ...(dataset.reading && { reading: dataset.reading }),
    thresholds,
    scoreRange: range,
    mapRange,
    heldOutScores,
  });
  const rows = scored.map(({ index, score }) => ({ sample: dataset.test[index] as Sample, score }));
  await writeFile(paths.scores, scoresCsv(rows, thresholds, range));
  await writeOverlays(paths.maps, {
    dataset,
    images: test,
    scored,
    map: async (index) => (hasMaps ? maps.map(index) : null),
    mask: async (index) => (await maskOf(index))?.data ?? null,
    thresholds,
    mapRange,
    ...(onProgress && { onProgress: (done, total) => onProgress({ type: 'overlays', done, total }) }),
    ...(signal && { signal }),
  });
  if (maps.range)
    await writeAnomalyMaps(paths.anomalyMaps, {
      size,
      samples: dataset.test,
      scored: scored.map(({ index }) => ({ index, map: () => maps.map(index) })),
      range: mapRange as { min: number; max: number },
      ...(onProgress && { onProgress: (done, total) => onProgress({ type: 'anomaly-maps', done, total }) }),
      ...(signal && { signal }),
    });

  const report: RunReport = {
    method: experiment.method,
    dataset: {
      name: dataset.name,
      category: dataset.category,
      train: fitted.train,
      validation: fitted.validation,
      testGood: dataset.test.filter(({ label }) => label === 0).length,
      testDefective: dataset.test.filter(({ label }) => label === 1).length,
      skipped: dataset.skipped,
      ...(dataset.leftOut && { leftOut: dataset.leftOut }),
    },
    metrics,
    synthetic,
    training,
    model: composition.model.cost?.() ?? null,
    timings: {
      trainSeconds: fitted.trainSeconds,
      trainImagesPerSecond:
        history.length > 0
          ? (history.length * fitted.train) / sum(history.map(({ seconds }) => seconds))
          : fitted.train / fitted.trainSeconds,
      inferenceMsPerImage: stopwatch.millisecondsPerImage(),
      totalSeconds: fitted.secondsBefore + (performance.now() - start) / 1000,
    },
    engine,
    outputDir: folder,
  };
  // Last: a run directory with a report is complete, and needs its checkpoint no more.
  await writeFile(paths.metrics, jsonText(report));
  await rm(paths.checkpoint, { recursive: true, force: true });
  return report;
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

const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
