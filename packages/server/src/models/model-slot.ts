/** A place under a name at which one model is served after another, without a request that notices. */
import { DataError, takesImagesOneByOne } from '@adfw/core';
import type { ScoringWorker } from '@adfw/runner';
import { type Admission, admission } from '../guard/admission.js';
import type { Limits } from '../guard/limits.js';
import { type BatchScorer, batchScorer, batchSizes } from '../predict/batch-scorer.js';

/** A model that scores in a thread of its own, as `createScoringWorker` makes it. */
export type ServableModel = Pick<ScoringWorker, 'detector' | 'manifest' | 'engine' | 'ended' | 'close'>;

/** A model that has scored a test pass, and what is settled about it. */
export interface ReadyModel {
  readonly model: ServableModel;
  readonly scorer: BatchScorer;
  /** null: there are no verdicts. */
  readonly threshold: number | null;
  readonly hasMaps: boolean;
  readonly limits: Limits;
  /** When it was put in its place. */
  readonly since: Date;
}

export interface ModelSlot {
  readonly name: string;
  /** The model that the next request is answered with. */
  readonly current: ReadyModel;
  /** Who may come in; of each slot, so that a slow model keeps nobody from another one. */
  readonly doors: Admission;
  /** Whether what its folder holds now could not be loaded, so that the model is an earlier one. */
  isStale: boolean;
  /** Does `work` with the current model, which lives until it is done. */
  use<T>(work: (ready: ReadyModel) => Promise<T>): Promise<T>;
  /** Answers the requests that begin from now on with this model. @returns resolves when the one before is used no more. */
  replace(next: ReadyModel): Promise<void>;
}

export function modelSlot(name: string, first: ReadyModel): ModelSlot {
  let current = { ready: first, uses: 0, unused: () => {} };
  return {
    name,
    get current() {
      return current.ready;
    },
    doors: admission(first.limits, () => current.ready.scorer.secondsPerImage),
    isStale: false,
    async use(work) {
      const used = current;
      used.uses++;
      try {
        return await work(used.ready);
      } finally {
        used.uses--;
        if (used.uses === 0 && used !== current) used.unused();
      }
    },
    replace(next) {
      const before = current;
      current = { ready: next, uses: 0, unused: () => {} };
      return new Promise((resolve) => {
        before.unused = resolve;
        if (before.uses === 0) resolve();
      });
    },
  };
}

export interface ReadyOptions {
  readonly limits: Limits;
  /** In place of the model's own. */
  readonly threshold?: number | undefined;
  readonly onBatch: (images: number, seconds: number) => void;
}

/**
 * Has a model score a test pass, so that no request waits for what is loaded and compiled once.
 * @throws what the detector throws; DataError where its scores are no numbers.
 */
export async function readyModel(
  model: ServableModel,
  { limits: given, threshold, onBatch }: ReadyOptions,
): Promise<ReadyModel> {
  // A batch of searches, or of images with tiles, is no quicker, and its first image would wait for the last one.
  const limits = takesImagesOneByOne(model.detector) ? { ...given, batch: 1 } : given;
  const hasMaps = await testPass(model, limits.batch);
  return {
    model,
    scorer: batchScorer(model.detector, { ...limits, onBatch }),
    threshold: threshold ?? model.manifest.thresholds.deployed,
    hasMaps,
    limits,
    since: new Date(),
  };
}

/**
 * Batches of all sizes, twice each: an engine keeps what was asked for twice. The steps of a search are asked for often enough in one.
 * @returns whether the model has anomaly maps.
 */
async function testPass(
  { detector, manifest: { imageSize } }: Pick<ServableModel, 'detector' | 'manifest'>,
  largest: number,
): Promise<boolean> {
  let hasMaps = false;
  const { height, width } = imageSize;
  const image = { height, width, data: new Uint8Array(height * width * 3) };
  for (const size of batchSizes(largest))
    for (let round = 0; round < (takesImagesOneByOne(detector) ? 1 : 2); round++) {
      const detected = await detector.detect(Array(size).fill(image));
      const wrong = detected.find(({ score }) => !Number.isFinite(score));
      if (wrong)
        throw new DataError(`The model gives a black image the score ${wrong.score}, which is no number.`);
      hasMaps = detected.some(({ map }) => map !== null);
    }
  return hasMaps;
}
