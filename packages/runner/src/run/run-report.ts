/** What a run says of itself when it is complete. */
import {
  type Composition,
  type Cost,
  type Evaluation,
  type LeftOut,
  type StageTraining,
  type SyntheticEvaluation,
  tilesInside,
  tilesOf,
} from '@adfw/core';
import type { EngineInfo } from '../engine.js';
import type { FittedRun } from './fitted-run.js';
import type { TestedRun } from './test-model.js';

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
    /** Images that were scored, and counted nowhere, since they have no label; absent where there are none. */
    unlabelled?: number;
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

export function runReport(
  { options, composition, checked, fitted }: FittedRun,
  tested: TestedRun,
): RunReport {
  const { experiment, engine, folder } = options;
  const { dataset, start } = checked;
  const { history, training } = fitted;
  return {
    method: experiment.method,
    dataset: {
      name: dataset.name,
      category: dataset.category,
      train: fitted.train,
      validation: fitted.validation,
      testGood: dataset.test.filter(({ label }) => label === 0).length,
      testDefective: dataset.test.filter(({ label }) => label === 1).length,
      ...(dataset.unlabelled?.length && { unlabelled: dataset.unlabelled.length }),
      skipped: dataset.skipped,
      ...(dataset.leftOut && { leftOut: dataset.leftOut }),
    },
    metrics: tested.metrics,
    synthetic: tested.synthetic,
    training,
    model: costOf(composition, checked.inside),
    timings: {
      trainSeconds: fitted.trainSeconds,
      trainImagesPerSecond:
        history.length > 0
          ? (history.length * fitted.train) / sum(history.map(({ seconds }) => seconds))
          : fitted.train / fitted.trainSeconds,
      inferenceMsPerImage: tested.millisecondsPerImage,
      totalSeconds: fitted.secondsBefore + (performance.now() - start) / 1000,
    },
    engine,
    outputDir: folder,
  };
}

/** For an image, all of its tiles that are looked at. */
function costOf({ model, experiment }: Composition, inside: Uint8Array | null): Cost | null {
  const cost = model.cost?.();
  if (!cost) return null;
  const tiles = tilesOf(experiment);
  if (!tiles || cost.multiplyAdds === null) return cost;
  return { ...cost, multiplyAdds: cost.multiplyAdds * tilesInside(tiles.grid, inside).length };
}

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
