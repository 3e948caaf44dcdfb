/** The main job: fit on nominal images, score the test images, evaluate, and leave a run directory behind. */
import { existsSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { basename } from 'node:path';
import {
  type Composition,
  ConfigurationError,
  compose,
  DataError,
  type Dataset,
  fitDetector,
  memoryBudget,
  nominalSamples,
  parseMemory,
  repeatedImages,
  repeatedImagesNotes,
  sampleImages,
  scoredSamples,
  spanned,
} from '@adfw/core';
import { badFilesFault } from '../data/bad-files.js';
import { keepDataRecord } from '../data/data-record.js';
import { seenImages } from '../data/image-warnings.js';
import { keptMasks } from '../data/kept-masks.js';
import { maskRemarks, maskWarnings } from '../data/mask-remarks.js';
import { optionFiles } from '../data/option-files.js';
import { readData } from '../data/read-data.js';
import { readGeometry } from '../data/read-region.js';
import type { EngineInfo } from '../engine.js';
import { removeLeftovers, writeFile } from '../files/atomic-file.js';
import { whileClaimed } from '../files/folder-claim.js';
import { readJsonFile } from '../files/json-file.js';
import { refuseReplacing } from '../files/replaceable.js';
import { inNewFolder, type RunPaths, refuseUsedDirectory, runPaths } from '../files/run-directory.js';
import { refuseOtherFolder } from '../model/model-folder.js';
import { checkpointEngine, checkpointFolder, foldCheckpointFolder } from './checkpoint-folder.js';
import type { CheckedData, FittedRun } from './fitted-run.js';
import type { RunOptions } from './run-options.js';
import { type RunReport, runReport } from './run-report.js';
import { saveResults } from './save-results.js';
import { isScoresCsv } from './scores-csv.js';
import { type SpilledMaps, withSpilledMaps } from './spilled-maps.js';
import { nominalGroups, splitMessages, splitOf } from './split.js';
import { testModel } from './test-model.js';
import { isTrainingLog, withTrainingLog } from './training-log.js';

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
      await writeFile(paths.experiment, jsonText(options.recorded ?? options.experiment));
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
  const composition = await spanned('loading', () =>
    compose(registry, experiment, {
      datasetFirst: true,
      report: (message: string) => onProgress?.({ type: 'message', message }),
      ...(signal && { signal }),
    }),
  );
  try {
    return await work(composition, await spanned('loading', () => composition.dataset()));
  } finally {
    composition.dispose();
  }
}

/** One part in so many of the memory for caches is for masks: they are kept as their outlines, images as their pixels. */
const MASKS_SHARE = 16;

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

  const memory = parseMemory(experiment.fit.cacheMemory);
  const forMasks = Math.floor(memory / MASKS_SHARE);
  const budget = memoryBudget(memory - forMasks);
  const masks = keptMasks(forMasks);
  const { frame: size, inside } = await readGeometry(experiment);
  const nominal = sampleImages(dataset, nominalSamples(dataset), size, budget);
  const test = sampleImages(dataset, scoredSamples(dataset), size, budget);
  // Read before hours of training, not after them: a bad image or mask stops the run at once.
  const remarks: (readonly string[])[] = [];
  const seen = seenImages(dataset);
  const data = await spanned('reading images', () =>
    readData(
      dataset,
      { train: nominal, test },
      {
        onProgress: (done, total) => onProgress?.({ type: 'images', done, total }),
        onImage: seen.see,
        onMask: (index, mask) => {
          masks.keep(index, mask);
          if (dataset.test[index]?.label === 1) remarks[index] = maskRemarks(mask);
        },
        ...(signal && { signal }),
      },
    ),
  );
  const warnings = [
    ...seen.warnings((levels) => `--set 'dataset.levels=${levels}'`),
    ...maskWarnings(dataset.test, remarks),
    ...repeatedImagesNotes(repeatedImages(data), splitOf(dataset, experiment).validation.length > 0),
  ];
  const files = await optionFiles(experiment, options.registry, options.recorded);
  return begin(async () => {
    const changes = await keepDataRecord(paths, { ...data, files });
    onProgress?.({ type: 'started', folder, stages: composition.model.stages.map(({ name }) => name) });
    for (const message of [...changes, ...warnings]) onProgress?.({ type: 'warning', message });
    for (const message of splitMessages(dataset)) onProgress?.({ type: 'message', message });
    const checked: CheckedData = {
      dataset,
      nominal,
      test,
      frame: size,
      inside,
      budget,
      masks,
      warnings,
      start,
    };
    return fitAndTest(options, paths, composition, checked).catch((error: unknown) => {
      throw resumable(error, folder);
    });
  });
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
  checked: CheckedData,
): Promise<RunReport> {
  const { engine, folder, onProgress, signal } = options;
  const { nominal, budget } = checked;
  const notes: string[] = [];
  const checkpoints = withTrainingLog(checkpointFolder(paths.checkpoint, engine), paths.training);
  const fitted = await spanned('fitting', () =>
    fitDetector(composition, nominal, {
      budget,
      region: checked.inside,
      validation: checked.dataset.validation?.length ?? 0,
      groups: nominalGroups(checked.dataset),
      checkpoints,
      foldCheckpoints: foldCheckpointFolder(paths.checkpoint, engine),
      onProgress(event) {
        if (event.type === 'note' && !notes.includes(event.message)) notes.push(event.message);
        onProgress?.(event);
      },
      ...(signal && { signal }),
    }),
  );
  const run: FittedRun = { options, paths, composition, checked, fitted, notes };
  return spanned('testing', () => withSpilledMaps(folder, (maps) => testAndSave(run, maps)));
}

/** @param maps takes the maps of the test images, beside their masks. */
async function testAndSave(run: FittedRun, maps: SpilledMaps): Promise<RunReport> {
  const tested = await testModel(run, maps);
  await saveResults(run, tested, maps);
  const report = runReport(run, tested);
  await spanned('writing', async () => {
    // Last: a run directory with a report is complete, and needs its checkpoint no more.
    await writeFile(run.paths.metrics, jsonText(report));
    await rm(run.paths.checkpoint, { recursive: true, force: true });
  });
  return report;
}

const jsonText = (value: unknown): string => `${JSON.stringify(value, null, 2)}\n`;
