import {
  type Scalar,
  type Tensor,
  type Tensor4D,
  tidy,
  type Variable,
  variableGrads,
} from '@tensorflow/tfjs-core';
import type { Backbone } from '../contracts/backbone.js';
import type { CheckpointStore, EpochRecord } from '../contracts/checkpoint.js';
import type { RgbImage } from '../contracts/dataset.js';
import type { DistillationLoss } from '../contracts/distillation-loss.js';
import { DataError } from '../contracts/errors.js';
import type { FeaturePyramid } from '../contracts/feature-pyramid.js';
import type { Optimizer } from '../contracts/optimizer.js';
import { checkMapSizes } from '../distillation/map-sizes.js';
import {
  type ImageSource,
  imageBatches,
  imagesTensor,
  type PixelBuffer,
  readBatch,
} from '../images/image-source.js';
import type { MemoryBudget } from '../images/memory-budget.js';
import { inBatches, randomOrder } from '../images/random-order.js';
import {
  backboneState,
  copyState,
  disposeAll,
  prefixed,
  restoreState,
  withPrefix,
} from '../tensors/stateful.js';
import { clipGradients } from './clip-gradients.js';
import { type TeacherFeatures, teacherFeatures } from './frozen-features.js';
import { type LearningRateSchedule, learningRateFactor } from './learning-rate-schedule.js';
import { preciseStatistics } from './precise-batch-norm.js';
import { type WeightAverage, weightAverage } from './weight-average.js';

/** Feature-based distillation: students learn, on nominal images, to give the teacher's feature pyramid. */
export interface Distillation {
  teacher: Backbone;
  students: readonly Backbone[];
  /** One for each student. */
  optimizers: readonly Optimizer[];
  loss: DistillationLoss;
  /** Nominal images to learn from. */
  train: ImageSource;
  /** Nominal images held out: after each epoch the students are tried on them, and each keeps its best epoch. May be empty. */
  validation: ImageSource;
  epochs: number;
  batchSize: number;
  /** How the learning rate goes; without it, it stays the optimizer's own. */
  schedule?: LearningRateSchedule;
  /** What the norm of a student's gradients is scaled down to, where it is larger; null or missing for no limit. */
  clipNorm?: number | null;
  /** Decay of the `weightAverage` that is tried on held-out images and kept in place of the weights; 0 or missing for none. */
  averageDecay?: number;
  /** Whether statistics of batch normalisation are computed anew for weights that are tried on held-out images or kept. */
  preciseBatchNorm?: boolean;
  /** Training ends after so many epochs in a row that were no student's best; null or missing for all epochs. */
  patience?: number | null;
  /** Decides the order of the images, together with the epoch's number. */
  seed: number;
  /** For the teacher's features, which are reused from epoch to epoch. */
  budget: MemoryBudget;
  checkpoints?: CheckpointStore;
  onProgress?: (event: DistillationEvent) => void;
  /** Stops after the step under way; training goes on from the last checkpoint when called again. */
  signal?: AbortSignal;
}

export type DistillationEvent =
  /** Training images that the teacher was fitted to, where it takes something from them; images whose features are kept. */
  | { type: 'fitting' | 'teacher'; done: number; total: number }
  /** After which epoch, and the seconds that the epochs so far took. */
  | { type: 'resumed'; epoch: number; seconds: number }
  | {
      type: 'step';
      epoch: number;
      epochs: number;
      step: number;
      steps: number;
      /** Mean over the students. */
      loss: number;
      imagesPerSecond: number;
      secondsLeft: number;
    }
  | { type: 'epoch'; epochs: number; record: EpochRecord };

export interface DistillationResult {
  history: EpochRecord[];
  /** The epoch each student was kept from. */
  bestEpochs: number[];
}

/**
 * Trains the students; they end in the state of their best epoch. All students see the same images in the same order and differ
 * in their initialisation alone (thesis 5.2.2).
 *
 * @throws DataError where there are no images, or the loss stops being a number.
 * @throws ConfigurationError where a student's maps have another size than the teacher's.
 * @throws the signal's reason when it is aborted.
 */
export async function distill(distillation: Distillation): Promise<DistillationResult> {
  const { teacher, students, train } = distillation;
  if (train.length === 0) throw new DataError('There are no nominal images to train on.');
  const first = imagesTensor(await readBatch(train, [0]));
  try {
    checkMapSizes(teacher, students, first);
  } finally {
    first.dispose();
  }
  const { averageDecay = 0 } = distillation;
  const averages =
    averageDecay > 0 ? students.map((s) => weightAverage(backboneState(s), averageDecay)) : null;
  const best: Record<string, Tensor>[] = [];
  try {
    return await trainStudents(distillation, averages, best);
  } finally {
    for (const state of best) disposeAll(state);
    for (const average of averages ?? []) average.dispose();
  }
}

/**
 * @param averages of the students' weights, which stand for them wherever a student is tried or kept; null for the weights themselves.
 * @param best takes each student's state after its best epoch, for the caller to dispose.
 */
async function trainStudents(
  distillation: Distillation,
  averages: readonly WeightAverage[] | null,
  best: Record<string, Tensor>[],
): Promise<DistillationResult> {
  const { teacher, students, optimizers, loss, train, validation, epochs, batchSize, seed } = distillation;
  const {
    schedule = constantRate,
    clipNorm = null,
    preciseBatchNorm = false,
    patience = null,
  } = distillation;
  const { budget, checkpoints, onProgress, signal } = distillation;
  const history: EpochRecord[] = [];
  const saved = await checkpoints?.load();
  if (saved) {
    history.push(...saved.history);
    try {
      students.forEach((student, index) => {
        restoreState(student, withPrefix(saved.tensors, `student${index}`));
        optimizers[index]?.restore(withPrefix(saved.tensors, `optimizer${index}`));
        averages?.[index]?.restore(withPrefix(saved.tensors, `average${index}`));
        best[index] = cloneAll(withPrefix(saved.tensors, `best${index}`));
      });
    } finally {
      disposeAll(saved.tensors);
    }
    const seconds = history.reduce((sum, record) => sum + record.seconds, 0);
    onProgress?.({ type: 'resumed', epoch: history.length, seconds });
  }

  await teacher.fit?.(
    imageBatches(train, {
      batchSize,
      onProgress: (done, total) => onProgress?.({ type: 'fitting', done, total }),
      ...(signal && { signal }),
    }),
  );
  const images = joined(train, validation);
  const features =
    history.length < epochs && !isPatienceOver(history, patience)
      ? await teacherFeatures(teacher, images, {
          batchSize,
          budget,
          onProgress: (done, total) => onProgress?.({ type: 'teacher', done, total }),
          ...(signal && { signal }),
        })
      : null;
  const validationIndices = Array.from({ length: validation.length }, (_, index) => train.length + index);
  const speed = stopwatch(train.length);
  const buffer: PixelBuffer = { pixels: new Float32Array(0) };

  for (
    let epoch = history.length + 1;
    features && epoch <= epochs && !isPatienceOver(history, patience);
    epoch++
  ) {
    const start = performance.now();
    const batches = inBatches(randomOrder(train.length, seed, epoch), batchSize);
    const lossSums = students.map(() => 0);
    await eachBatch(images, batches, async (indices, batch, step) => {
      signal?.throwIfAborted();
      const progress = ((epoch - 1) * batches.length + step + 0.5) / (epochs * batches.length);
      const rate = learningRateFactor(schedule, progress);
      const losses = await onBatch(buffer, features, indices, batch, (pyramid, tensor) =>
        students.map((student, index) => {
          const optimizer = optimizers[index] as Optimizer;
          const value = trainStep({ student, optimizer, loss, rate, clipNorm }, pyramid, tensor);
          averages?.[index]?.update();
          return value;
        }),
      );
      losses.forEach((value, student) => {
        refuseDivergence('loss', student, epoch, value);
        lossSums[student] = (lossSums[student] as number) + value;
      });
      speed.count(indices.length);
      onProgress?.({
        type: 'step',
        epoch,
        epochs,
        step: step + 1,
        steps: batches.length,
        loss: mean(losses),
        imagesPerSecond: speed.imagesPerSecond(),
        secondsLeft: speed.secondsLeft(epochs - epoch),
      });
    });
    const trainedSeconds = (performance.now() - start) / 1000;

    const { validationLoss, isBest } = await whileAveraged(averages ?? [], async () => {
      if (preciseBatchNorm && (validation.length > 0 || epoch === epochs))
        await measureStatistics(
          students,
          features,
          images,
          batches.slice(0, Math.ceil(MEASURED_IMAGES / batchSize)),
        );
      const validationLoss =
        validation.length > 0
          ? await validate(students, loss, features, images, inBatches(validationIndices, batchSize))
          : null;
      validationLoss?.forEach((value, student) => {
        refuseDivergence('loss on held-out images', student, epoch, value);
      });
      const isBest = students.map((_, student) => isBestEpoch(validationLoss, history, student));
      students.forEach((student, index) => {
        const previous = best[index];
        if (previous && !isBest[index]) return;
        best[index] = copyState(student);
        if (previous) disposeAll(previous);
      });
      return { validationLoss, isBest };
    });
    history.push({
      epoch,
      loss: lossSums.map((sum) => sum / batches.length),
      validationLoss,
      best: isBest,
      imagesPerSecond: train.length / trainedSeconds,
      seconds: (performance.now() - start) / 1000,
    });
    await checkpoints?.save({
      history,
      tensors: Object.assign(
        {},
        ...students.map((student, index) => ({
          ...prefixed({ ...student.parameters, ...student.statistics }, `student${index}`),
          ...prefixed((optimizers[index] as Optimizer).state(), `optimizer${index}`),
          ...prefixed(averages?.[index]?.state() ?? {}, `average${index}`),
          ...prefixed(best[index] as Record<string, Tensor>, `best${index}`),
        })),
      ),
    });
    onProgress?.({ type: 'epoch', epochs, record: history.at(-1) as EpochRecord });
  }

  // A fit to other images may follow.
  features?.release();
  students.forEach((student, index) => {
    restoreState(student, best[index] as Record<string, Tensor>);
  });
  const bestEpochs = students.map((_, student) => history.findLast(({ best }) => best[student])?.epoch ?? 0);
  return { history, bestEpochs };
}

function refuseDivergence(what: string, student: number, epoch: number, value: number): void {
  if (Number.isFinite(value)) return;
  throw new DataError(
    `Training diverged: the ${what} of student ${student + 1} became ${value} in epoch ${epoch}. Lower training.optimizer.learningRate.`,
  );
}

const constantRate: LearningRateSchedule = { warmUp: 0, decay: 'none' };

/** Whether there were `patience` epochs since one that was a student's best. */
function isPatienceOver(history: readonly EpochRecord[], patience: number | null): boolean {
  if (patience === null) return false;
  return history.length > patience && history.slice(-patience).every(({ best }) => !best.includes(true));
}

/** Does `work` while all networks have their averaged weights. */
const whileAveraged = <T>(
  [first, ...others]: readonly WeightAverage[],
  work: () => Promise<T>,
): Promise<T> => (first ? first.whileApplied(() => whileAveraged(others, work)) : work());

interface Step {
  readonly student: Backbone;
  readonly optimizer: Optimizer;
  readonly loss: DistillationLoss;
  /** Of the learning rate. */
  readonly rate: number;
  readonly clipNorm: number | null;
}

/** One step of one student; the loss before it. */
function trainStep(
  { student, optimizer, loss, rate, clipNorm }: Step,
  teacher: FeaturePyramid,
  images: Tensor4D,
): Scalar {
  return tidy(() => {
    const variables = Object.entries(student.parameters);
    const { value, grads } = variableGrads(
      () => loss(teacher, student.features(images, 'train', teacher)),
      variables.map(([, variable]) => variable as Variable),
    );
    const byParameter = Object.fromEntries(
      variables.flatMap(([name, variable]) =>
        grads[variable.name] ? [[name, grads[variable.name] as Tensor]] : [],
      ),
    );
    const clipped = clipNorm === null ? byParameter : clipGradients(byParameter, clipNorm);
    optimizer.step(student.parameters, clipped, rate);
    return value as Scalar;
  });
}

/** Statistics of batch normalisation are means over all positions of all images, so that these many say all. */
const MEASURED_IMAGES = 128;

/** Sets the statistics of the students' batch normalisation to those that their weights have on these images. */
async function measureStatistics(
  students: readonly Backbone[],
  features: TeacherFeatures,
  images: ImageSource,
  batches: readonly number[][],
): Promise<void> {
  if (students.every(({ statistics }) => Object.keys(statistics).length === 0)) return;
  const measured = students.map(preciseStatistics);
  const buffer: PixelBuffer = { pixels: new Float32Array(0) };
  try {
    await eachBatch(images, batches, async (indices, batch) => {
      await onBatch(buffer, features, indices, batch, (pyramid, tensor) => {
        students.forEach((student, index) => {
          measured[index]?.add(() => student.features(tensor, 'measure', pyramid), indices.length);
        });
        return [];
      });
    });
    for (const statistics of measured) statistics.apply();
  } finally {
    for (const statistics of measured) statistics.dispose();
  }
}

/** Each student's loss on held-out images, batches weighted by their size. */
async function validate(
  students: readonly Backbone[],
  loss: DistillationLoss,
  features: TeacherFeatures,
  images: ImageSource,
  batches: readonly number[][],
): Promise<number[]> {
  const sums = students.map(() => 0);
  const buffer: PixelBuffer = { pixels: new Float32Array(0) };
  let count = 0;
  await eachBatch(images, batches, async (indices, batch) => {
    const losses = await onBatch(buffer, features, indices, batch, (pyramid, tensor) =>
      students.map((student) => tidy(() => loss(pyramid, student.features(tensor, 'eval', pyramid)))),
    );
    losses.forEach((value, student) => {
      sums[student] = (sums[student] as number) + value * indices.length;
    });
    count += indices.length;
  });
  return sums.map((sum) => sum / count);
}

/** Without held-out images the last epoch is the best one; with them the lowest error, the earliest among equals. */
const isBestEpoch = (
  validationLoss: number[] | null,
  history: readonly EpochRecord[],
  student: number,
): boolean =>
  validationLoss === null ||
  history.every(
    ({ validationLoss: earlier }) =>
      (validationLoss[student] as number) < ((earlier as number[])[student] as number),
  );

/** Runs `work` on each batch, in order, the images of the next one being read meanwhile. */
async function eachBatch(
  images: ImageSource,
  batches: readonly number[][],
  work: (indices: readonly number[], batch: RgbImage[], position: number) => Promise<void>,
): Promise<void> {
  let next = batches[0] && readBatch(images, batches[0]);
  for (const [position, indices] of batches.entries()) {
    const batch = await (next as Promise<RgbImage[]>);
    const following = batches[position + 1];
    next = following && readBatch(images, following);
    // An image that cannot be read is reported when its batch comes, not as an unhandled rejection before.
    next?.catch(() => undefined);
    await work(indices, batch, position);
  }
}

/** The losses that `work` computes. The batch goes before they are read: an engine that computes then needs not keep it. */
async function onBatch(
  buffer: PixelBuffer,
  features: TeacherFeatures,
  indices: readonly number[],
  batch: readonly RgbImage[],
  work: (pyramid: FeaturePyramid, images: Tensor4D) => Scalar[],
): Promise<number[]> {
  const pyramid = await features.batch(indices, batch);
  const tensor = imagesTensor(batch, buffer);
  let losses: Scalar[];
  try {
    losses = work(pyramid, tensor);
  } finally {
    disposeAll({ ...pyramid, tensor });
  }
  return readScalars(losses);
}

async function readScalars(scalars: readonly Scalar[]): Promise<number[]> {
  const values: number[] = [];
  for (const scalar of scalars) {
    values.push((await scalar.data())[0] as number);
    scalar.dispose();
  }
  return values;
}

const joined = (first: ImageSource, second: ImageSource): ImageSource => ({
  length: first.length + second.length,
  size: first.size,
  image: (index) => (index < first.length ? first.image(index) : second.image(index - first.length)),
});

const cloneAll = (tensors: Record<string, Tensor>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(tensors).map(([name, tensor]) => [name, tensor.clone()]));

const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Images a second since the start, and the seconds that are left of this epoch and those after it. */
function stopwatch(imagesPerEpoch: number) {
  const start = performance.now();
  let images = 0;
  const imagesPerSecond = () => images / ((performance.now() - start) / 1000);
  return {
    count(more: number) {
      images += more;
    },
    imagesPerSecond,
    secondsLeft(epochsAfter: number) {
      const leftOfEpoch = (imagesPerEpoch - (images % imagesPerEpoch)) % imagesPerEpoch;
      return (leftOfEpoch + epochsAfter * imagesPerEpoch) / imagesPerSecond();
    },
  };
}
