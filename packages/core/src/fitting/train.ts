import { type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { ByLearner, EpochRecord } from '../contracts/checkpoint.js';
import type { RgbImage } from '../contracts/dataset.js';
import { DataError } from '../contracts/errors.js';
import type { Learnable } from '../contracts/model.js';
import type { Seen } from '../contracts/seen.js';
import type { Learner, TrainStage } from '../contracts/stage.js';
import {
  type BatchReader,
  batchReader,
  type ImageSource,
  joinedImages,
  type ReadBatch,
} from '../images/image-source.js';
import { namedRandom } from '../images/named-random.js';
import { inBatches, randomOrder } from '../images/random-order.js';
import { spanned } from '../profile/spans.js';
import { prefixed, withPrefix } from '../tensors/stateful.js';
import { type AugmentedBatch, augmentedBatch } from './augmented-batch.js';
import { type Best, bestOf, learnerVariables } from './best.js';
import type { FrozenFeatures } from './frozen-features.js';
import { preciseStatistics } from './precise-batch-norm.js';
import { batchMemory, disposeSeen, seeImages, seeKept } from './see.js';
import { type LossValue, lossOf, type StepOptions, trainStep } from './step.js';
import { stopwatch } from './stopwatch.js';
import { type WeightAverage, weightAverage } from './weight-average.js';

export type TrainEvent =
  | {
      type: 'step';
      stage: string;
      epoch: number;
      epochs: number;
      step: number;
      steps: number;
      /** Mean over the learners. */
      loss: number;
      imagesPerSecond: number;
      secondsLeft: number;
    }
  | { type: 'epoch'; epochs: number; record: EpochRecord };

export interface TrainRun {
  readonly train: ImageSource;
  /** Nominal images on which the learners are tried after each epoch; may be empty. */
  readonly heldOut: ImageSource;
  readonly batchSize: number;
  /** Decides the order of the images, together with the epoch's number. */
  readonly seed: number;
  /** Of the training images, followed by the held-out ones; asked for where there is something left to train. */
  features(): Promise<FrozenFeatures>;
  /** What was saved after the last epoch, where training goes on. */
  readonly saved?: {
    readonly history: readonly EpochRecord[];
    readonly tensors: Readonly<Record<string, Tensor>>;
  };
  /** After each epoch: the records of this stage, and all beside what the model has learnt that the next epoch depends on. */
  onEpoch?(history: readonly EpochRecord[], tensors: Readonly<Record<string, Tensor>>): Promise<void>;
  readonly onProgress?: (event: TrainEvent) => void;
  readonly signal?: AbortSignal;
}

/** Statistics of batch normalisation are means over all positions of all images, so that these many say all. */
const MEASURED_IMAGES = 128;

interface Trainee {
  readonly learner: Learner;
  readonly best: Best;
  /** Stands for its weights wherever it is tried or kept; null for the weights themselves. */
  readonly average: WeightAverage | null;
}

/**
 * Trains the learners of a stage; they end in the state of their best epoch. All see the same images in the same order.
 * @throws DataError where a loss stops being a number; the signal's reason when it is aborted, after the step under way.
 */
export async function train(
  learnable: Learnable,
  stage: TrainStage,
  run: TrainRun,
): Promise<readonly EpochRecord[]> {
  const { averageDecay = 0 } = stage;
  const trainees = stage.learners.map(
    (learner): Trainee => ({
      learner,
      best: bestOf(learner),
      average: averageDecay > 0 ? weightAverage(learnerVariables(learner), averageDecay) : null,
    }),
  );
  try {
    const { saved } = run;
    if (saved) for (const trainee of trainees) resume(trainee, saved.tensors);
    const history = await trainEpochs(learnable, stage, trainees, run);
    for (const { best } of trainees) best.apply();
    return history;
  } finally {
    for (const { learner, best, average } of trainees) {
      best.dispose();
      average?.dispose();
      learner.optimizer.dispose();
    }
  }
}

function resume({ learner, best, average }: Trainee, tensors: Readonly<Record<string, Tensor>>): void {
  learner.optimizer.restore(withPrefix(tensors, `optimizer/${learner.name}`));
  average?.restore(withPrefix(tensors, `average/${learner.name}`));
  best.restore(withPrefix(tensors, `best/${learner.name}`));
}

async function trainEpochs(
  learnable: Learnable,
  stage: TrainStage,
  trainees: readonly Trainee[],
  { train, heldOut, batchSize, seed, features, saved, onEpoch, onProgress, signal }: TrainRun,
): Promise<readonly EpochRecord[]> {
  const { name, epochs, keep = 'best', schedule = () => 1, clipNorm = null, patience = null } = stage;
  const { preciseBatchNorm = false, stepsPerEpoch = Math.ceil(train.length / batchSize) } = stage;
  const learners = trainees.map(({ learner }) => learner);
  const history: EpochRecord[] = [...(saved?.history ?? [])];
  const isOver = () => history.length >= epochs || isPatienceOver(history, patience);
  if (isOver()) return history;

  const reader = batchReader(joinedImages(train, heldOut));
  const heldOutBatches = inBatches(
    Array.from({ length: heldOut.length }, (_, index) => train.length + index),
    batchSize,
  );
  const kept = await features();
  const see = seeing(learnable, stage, kept, seed);
  const augmented = await augmentedBatch(stage, seed);
  const seeTraining = augmented ? seeing(learnable, stage, kept, seed, augmented) : see;
  const order = (epoch: number) =>
    epochBatches(train.length, { batchSize, seed, epoch, steps: stepsPerEpoch });
  let batches = order(history.length + 1);
  const imagesPerEpoch = batches.flat().length;
  const speed = stopwatch(imagesPerEpoch);

  while (!isOver()) {
    const epoch = history.length + 1;
    const start = performance.now();
    const nextBatches = epoch < epochs ? order(epoch + 1) : [];
    const sums = lossMeans(learners);
    let step = 0;
    for await (const { indices, batch } of reader.batches(batches, [...heldOutBatches, ...nextBatches])) {
      signal?.throwIfAborted();
      const progress = ((epoch - 1) * batches.length + step + 0.5) / (epochs * batches.length);
      const rate = schedule(progress);
      const random = namedRandom(seed, `${name}/${epoch}/${step}/loss`);
      const losses = await spanned('training steps', async () =>
        onBatch(await seeTraining(indices, batch, `${epoch}/${step}`), (seen) =>
          trainees.map(({ learner, average }) => {
            const loss = trainStep(learner, seen, { rate, clipNorm, random, progress });
            average?.update();
            return loss;
          }),
        ),
      );
      losses.forEach(({ total }, index) => {
        refuseDivergence('loss', learners[index] as Learner, epoch, total);
      });
      sums.add(losses, 1);
      speed.count(indices.length);
      step += 1;
      onProgress?.({
        type: 'step',
        stage: name,
        epoch,
        epochs,
        step,
        steps: batches.length,
        loss: mean(losses.map(({ total }) => total)),
        imagesPerSecond: speed.imagesPerSecond(),
        secondsLeft: speed.secondsLeft(epochs - epoch),
      });
    }
    const trainedSeconds = (performance.now() - start) / 1000;

    const tryOut = async () => {
      if (preciseBatchNorm && (heldOut.length > 0 || epoch === epochs))
        await measureStatistics(
          learners,
          reader,
          batches.slice(0, Math.ceil(MEASURED_IMAGES / batchSize)),
          see,
          (position) => ({
            random: namedRandom(seed, `${name}/measured/${position}/loss`),
            progress: epoch / epochs,
          }),
        );
      const heldOutLoss =
        heldOut.length > 0
          ? await validate(learners, reader.batches(heldOutBatches, nextBatches), see, epoch / epochs)
          : null;
      for (const learner of learners)
        if (heldOutLoss)
          refuseDivergence('loss on held-out images', learner, epoch, heldOutLoss[learner.name] as number);
      const best = byLearner(
        learners,
        ({ name }) => keep === 'last' || isBestEpoch(heldOutLoss, history, name),
      );
      for (const trainee of trainees) if (best[trainee.learner.name]) trainee.best.take();
      return { heldOutLoss, best };
    };
    const tried = await spanned('validation', () => whileAveraged(trainees, tryOut));
    history.push({
      stage: name,
      epoch,
      loss: sums.loss(),
      ...sums.terms(),
      ...tried,
      imagesPerSecond: imagesPerEpoch / trainedSeconds,
      seconds: (performance.now() - start) / 1000,
    });
    await onEpoch?.(history, Object.assign({}, ...trainees.map(traineeState)));
    onProgress?.({ type: 'epoch', epochs, record: history.at(-1) as EpochRecord });
    batches = nextBatches;
  }
  return history;
}

const traineeState = ({ learner, best, average }: Trainee): Record<string, Tensor> => ({
  ...prefixed(learner.optimizer.state(), `optimizer/${learner.name}`),
  ...prefixed(average?.state() ?? {}, `average/${learner.name}`),
  ...prefixed(best.state(), `best/${learner.name}`),
});

/** The batches of an epoch: all images in a random order, and again in others while steps are left. */
function epochBatches(
  length: number,
  { batchSize, seed, epoch, steps }: { batchSize: number; seed: number; epoch: number; steps: number },
): number[][] {
  const rounds = Math.ceil(steps / Math.ceil(length / batchSize));
  const batches = Array.from({ length: rounds }, (_, round) =>
    inBatches(randomOrder(length, seed, (epoch - 1) * rounds + round + 1), batchSize),
  );
  return batches.flat().slice(0, steps);
}

/** What the learners are given of a batch, in memory that the next one is written into; `position` names the step, for the random numbers of `augment`. */
type See = (indices: readonly number[], batch: readonly RgbImage[], position: string) => Promise<Seen>;

function seeing(
  learnable: Learnable,
  { name, augment }: TrainStage,
  features: FrozenFeatures,
  seed: number,
  augmented: AugmentedBatch | null = null,
): See {
  const memory = batchMemory();
  if (!augment && !augmented) return (indices, batch) => seeKept(learnable, features, indices, batch, memory);
  return async (_indices, batch, position) => {
    const own = await spanned('augmentation', async () => {
      const changed = augmented ? await augmented(batch, position) : batch;
      return augment ? augment(changed, namedRandom(seed, `${name}/${position}`)) : changed;
    });
    return seeImages(learnable, own, memory);
  };
}

/** The losses that `work` computes. The batch goes before they are read: an engine that computes then needs not keep it. */
async function onBatch(seen: Seen, work: (seen: Seen) => LossValue[]): Promise<LossNumbers[]> {
  let losses: LossValue[];
  try {
    losses = work(seen);
  } finally {
    disposeSeen(seen);
  }
  const numbers: LossNumbers[] = [];
  for (const { total, terms } of losses) {
    const read: Record<string, number> = {};
    for (const [name, term] of Object.entries(terms)) read[name] = await numberOf(term);
    numbers.push({ total: await numberOf(total), terms: read });
  }
  return numbers;
}

interface LossNumbers {
  readonly total: number;
  readonly terms: Readonly<Record<string, number>>;
}

async function numberOf(scalar: Tensor): Promise<number> {
  const value = (await scalar.data())[0] as number;
  scalar.dispose();
  return value;
}

/** Weighted means of each learner's losses. */
function lossMeans(learners: readonly Learner[]) {
  const totals = learners.map(() => 0);
  const terms: Record<string, number>[] = learners.map(() => ({}));
  let weights = 0;
  return {
    add(losses: readonly LossNumbers[], weight: number): void {
      losses.forEach((loss, index) => {
        totals[index] = (totals[index] as number) + loss.total * weight;
        const sums = terms[index] as Record<string, number>;
        for (const [name, value] of Object.entries(loss.terms))
          sums[name] = (sums[name] ?? 0) + value * weight;
      });
      weights += weight;
    },
    loss: (): ByLearner => byLearner(learners, (_, index) => (totals[index] as number) / weights),
    terms: (): Pick<EpochRecord, 'terms'> =>
      terms.every((sums) => Object.keys(sums).length === 0)
        ? {}
        : {
            terms: byLearner(learners, (_, index) =>
              divided(terms[index] as Record<string, number>, weights),
            ),
          },
  };
}

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

const divided = (values: Readonly<Record<string, number>>, divisor: number): Record<string, number> =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name, value / divisor]));

const byLearner = <Value>(
  learners: readonly Learner[],
  value: (learner: Learner, index: number) => Value,
): ByLearner<Value> =>
  Object.fromEntries(learners.map((learner, index) => [learner.name, value(learner, index)]));

function refuseDivergence(what: string, learner: Learner, epoch: number, value: number): void {
  if (Number.isFinite(value)) return;
  throw new DataError(
    `Training diverged: the ${what} of ${learner.name} became ${value} in epoch ${epoch}. Lower its optimizer's learningRate.`,
  );
}

/** Whether there were `patience` epochs since one that was a learner's best. */
function isPatienceOver(history: readonly EpochRecord[], patience: number | null): boolean {
  if (patience === null) return false;
  return (
    history.length > patience &&
    history.slice(-patience).every(({ best }) => !Object.values(best).includes(true))
  );
}

/** Does `work` while all learners have their averaged weights. */
const whileAveraged = <T>([first, ...others]: readonly Trainee[], work: () => Promise<T>): Promise<T> => {
  if (!first) return work();
  const rest = () => whileAveraged(others, work);
  return first.average ? first.average.whileApplied(rest) : rest();
};

/** Sets the statistics of the learners' batch normalisation to those that their weights have on these images. */
async function measureStatistics(
  learners: readonly Learner[],
  reader: BatchReader,
  batches: readonly number[][],
  see: See,
  optionsAt: (position: number) => Pick<StepOptions, 'random' | 'progress'>,
): Promise<void> {
  const measured = learners.flatMap((learner) => {
    const { statistics = {} } = learner;
    return Object.keys(statistics).length > 0
      ? [{ learner, precise: preciseStatistics({ statistics }) }]
      : [];
  });
  if (measured.length === 0) return;
  try {
    let position = 0;
    for await (const { indices, batch } of reader.batches(batches)) {
      const seen = await see(indices, batch, `measured/${position}`);
      const options = optionsAt(position);
      position += 1;
      try {
        for (const { learner, precise } of measured)
          await precise.add(() => lossOf(learner, seen, 'measure', options), indices.length);
      } finally {
        disposeSeen(seen);
      }
    }
    for (const { precise } of measured) precise.apply();
  } finally {
    for (const { precise } of measured) precise.dispose();
  }
}

/** Each learner's loss on held-out images, batches weighted by their size. */
async function validate(
  learners: readonly Learner[],
  batches: AsyncIterable<ReadBatch>,
  see: See,
  progress: number,
): Promise<ByLearner> {
  const sums = lossMeans(learners);
  let position = 0;
  for await (const { indices, batch } of batches) {
    const seen = await see(indices, batch, `held out/${position}`);
    position += 1;
    const losses = await onBatch(seen, (seen) =>
      learners.map((learner) => ({
        total: tidy(() => lossOf(learner, seen, 'eval', { progress }).total),
        terms: {},
      })),
    );
    sums.add(losses, indices.length);
  }
  return sums.loss();
}

/** Without held-out images the last epoch is the best one; with them the lowest loss, the earliest among equals. */
const isBestEpoch = (
  heldOutLoss: ByLearner | null,
  history: readonly EpochRecord[],
  learner: string,
): boolean =>
  heldOutLoss === null ||
  history.every(
    ({ heldOutLoss: earlier }) =>
      (heldOutLoss[learner] as number) < ((earlier as ByLearner)[learner] as number),
  );
