import type { CheckpointStore, EpochRecord } from '../contracts/checkpoint.js';
import { ConfigurationError, DataError } from '../contracts/errors.js';
import type { Learnable } from '../contracts/model.js';
import type { GatherStage, Stage } from '../contracts/stage.js';
import type { Tensors } from '../contracts/stateful.js';
import { type ImageSource, joinedImages } from '../images/image-source.js';
import type { MemoryBudget } from '../images/memory-budget.js';
import { spanned } from '../profile/spans.js';
import { disposeAll, prefixed, withPrefix } from '../tensors/stateful.js';
import { augmentationNote } from './augmented-batch.js';
import { type FrozenFeatures, frozenFeatures, noFeatures } from './frozen-features.js';
import { seenBatches } from './gather.js';
import { type TrainEvent, train } from './train.js';

export type FitEvent =
  /** Images that a stage has looked at, and what it then makes of them. */
  | { type: 'looking' | 'gathering'; stage: string; done: number; total: number }
  /** Images whose features are kept. */
  | { type: 'features'; done: number; total: number }
  /** After which epoch of the stage under way, and the seconds that the epochs so far took. */
  | { type: 'resumed'; stage: string; epoch: number; seconds: number }
  /** What the run is to keep among its notes. */
  | { type: 'note'; message: string }
  | TrainEvent;

/** The nominal images of a fit. */
export interface FitImages {
  readonly train: ImageSource;
  /** May be empty. */
  readonly heldOut: ImageSource;
}

export interface FitRun {
  readonly batchSize: number;
  /** Decides the order of the images, and what gathering draws. */
  readonly seed: number;
  /** For features that are kept; what images take of it is the source's. */
  readonly budget: MemoryBudget;
  readonly checkpoints?: CheckpointStore;
  readonly onProgress?: (event: FitEvent) => void;
  /** Stops after the step under way; fitting goes on from the last checkpoint when called again. */
  readonly signal?: AbortSignal;
}

const isGathering = (stage: Stage): stage is GatherStage => 'gather' in stage;

/** The stages at the end that look at held-out images: they take no time beside the others, and may be repeated. */
export const heldOutStages = ({ stages }: Learnable): GatherStage[] =>
  stages.filter(isGathering).filter(({ on }) => on === 'heldOut');

/**
 * Fits what is learnt in stages, but for those on held-out images ({@link gatherFrom}).
 *
 * @returns what each epoch did, of all stages.
 * @throws DataError where there are no images, or a loss stops being a number; ConfigurationError where a stage asks for
 *   held-out images that there aren't; the signal's reason when it is aborted.
 */
export async function fit(
  learnable: Learnable,
  images: FitImages,
  { batchSize, seed, budget, checkpoints, onProgress, signal }: FitRun,
): Promise<readonly EpochRecord[]> {
  if (images.train.length === 0) throw new DataError('There are no nominal images to train on.');
  const stages = learnable.stages.filter((stage) => !isGathering(stage) || stage.on !== 'heldOut');
  for (const stage of stages) checkPatience(stage, images);

  let kept: FrozenFeatures | null = null;
  const features = async () => {
    kept ??= await frozenFeatures(learnable, joinedImages(images.train, images.heldOut), {
      batchSize,
      budget,
      onProgress: (done, total) => onProgress?.({ type: 'features', done, total }),
      ...(signal && { signal }),
    });
    return kept;
  };
  const saved = await checkpoints?.load();
  try {
    const history: EpochRecord[] = [...(saved?.history ?? [])];
    const begin = saved?.stage ?? 0;
    if (saved) {
      learnable.restore(withPrefix(saved.tensors, 'model'));
      reportResumed(history, stages[begin], onProgress);
    }
    const save = async (stage: number, tensors: Tensors = {}) =>
      checkpoints?.save({ stage, history, tensors: { ...prefixed(learnable.state(), 'model'), ...tensors } });
    for (const [index, stage] of stages.entries()) {
      announce(learnable, stage, images, onProgress);
      if (index < begin) {
        review(stage, history, onProgress);
        continue;
      }
      signal?.throwIfAborted();
      const { name } = stage;
      if (isGathering(stage)) {
        await gatherFrom(learnable, stage, images.train, {
          batchSize,
          seed,
          budget,
          features,
          ...(onProgress && { onProgress }),
          ...(signal && { signal }),
        });
        if (stage.changesBackbone) {
          (kept as FrozenFeatures | null)?.release();
          kept = null;
        }
      } else {
        const before = history.filter((record) => record.stage !== name);
        const own = history.filter((record) => record.stage === name);
        const records = await train(learnable, stage, {
          ...images,
          batchSize,
          seed,
          features: stage.augment ? async () => noFeatures : features,
          ...(saved &&
            index === begin &&
            own.length > 0 && { saved: { history: own, tensors: saved.tensors } }),
          async onEpoch(records, tensors) {
            history.splice(0, history.length, ...before, ...records);
            await save(index, tensors);
          },
          ...(onProgress && { onProgress }),
          ...(signal && { signal }),
        });
        history.splice(0, history.length, ...before, ...records);
        review(stage, history, onProgress);
      }
      await save(index + 1);
    }
    return history;
  } finally {
    disposeAll(saved?.tensors ?? {});
    // A fit to other images may follow.
    (kept as FrozenFeatures | null)?.release();
    for (const stage of learnable.stages)
      if (!isGathering(stage)) for (const { optimizer } of stage.learners) optimizer.dispose();
  }
}

/** Lets a stage look at images; {@link fit} does so for those on training images. */
export async function gatherFrom(
  learnable: Learnable,
  stage: GatherStage,
  images: ImageSource,
  {
    seed,
    budget,
    onProgress,
    signal,
    ...options
  }: Pick<FitRun, 'batchSize' | 'seed' | 'budget' | 'onProgress' | 'signal'> & {
    readonly features?: () => Promise<FrozenFeatures>;
  },
): Promise<void> {
  const { name } = stage;
  const stoppable = signal && { signal };
  const batches = seenBatches(learnable, images, {
    ...options,
    onProgress: (done, total) => onProgress?.({ type: 'looking', stage: name, done, total }),
    ...stoppable,
  });
  await spanned('gathering', () =>
    stage.gather(batches, {
      total: images.length,
      seed,
      budget,
      onProgress: (done, total) => onProgress?.({ type: 'gathering', stage: name, done, total }),
      report: (message) => onProgress?.({ type: 'note', message }),
      ...stoppable,
    }),
  );
}

/** Also of a stage that began before an interruption: notes are the run's that ends. */
function announce(
  learnable: Learnable,
  stage: Stage,
  { train }: FitImages,
  onProgress: FitRun['onProgress'],
): void {
  if (isGathering(stage)) return;
  const message = augmentationNote(learnable, stage, train.length);
  if (message !== null) onProgress?.({ type: 'note', message });
}

/** Also of a stage that ended before an interruption: notes are the run's that ends. */
function review(stage: Stage, history: readonly EpochRecord[], onProgress: FitRun['onProgress']): void {
  if (isGathering(stage)) return;
  const own = history.filter((record) => record.stage === stage.name);
  for (const message of stage.review?.(own) ?? []) onProgress?.({ type: 'note', message });
}

function reportResumed(
  history: readonly EpochRecord[],
  stage: Stage | undefined,
  onProgress: FitRun['onProgress'],
): void {
  const last = history.at(-1);
  if (!last) return;
  const name = stage?.name ?? last.stage;
  onProgress?.({
    type: 'resumed',
    stage: name,
    epoch: history.filter((record) => record.stage === name).length,
    seconds: history.reduce((sum, record) => sum + record.seconds, 0),
  });
}

/** What would be ignored is refused. */
function checkPatience(stage: Stage, { heldOut }: FitImages): void {
  if (isGathering(stage) || stage.patience == null) return;
  const asked = `The stage "${stage.name}" has a patience of ${stage.patience}, but`;
  if (heldOut.length === 0)
    throw new ConfigurationError(
      `${asked} without held-out images no epoch is better than another: set $.fit.validationFraction above 0, or its patience to null.`,
    );
  if (stage.keep === 'last')
    throw new ConfigurationError(
      `${asked} keeps its last epoch, not its best one: set its patience to null.`,
    );
}
