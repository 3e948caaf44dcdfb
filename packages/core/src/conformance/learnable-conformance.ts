/** What the checks of all that is fitted in stages have in common: a tiny fit, its checkpoints, and going on from them. */
import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import type { Checkpoint, CheckpointStore, EpochRecord } from '../contracts/checkpoint.js';
import type { RgbImage } from '../contracts/dataset.js';
import type { Report } from '../contracts/kind.js';
import type { Learnable } from '../contracts/model.js';
import type { Learner, TrainStage } from '../contracts/stage.js';
import { fit, gatherFrom, heldOutStages } from '../fitting/fit.js';
import { disposeSeen, seeImages } from '../fitting/see.js';
import { trainStep } from '../fitting/step.js';
import type { ImageSource } from '../images/image-source.js';
import { memoryBudget } from '../images/memory-budget.js';
import { namedRandom } from '../images/named-random.js';
import { peekAll, whereNotFinite, whereNotSame } from './reading.js';
import { savedCopy } from './saved-copy.js';
import { attempt, stop } from './trial.js';

/** Images of a tiny fit, and in a batch of it. */
export const trainImages = 4;

/**
 * Fits one to the first images, and then others: one from the beginning, and each of the rest from a checkpoint, before a stage or in it.
 * @param create makes another one, which the caller disposes.
 * @param images more than {@link trainImages}.
 * @returns the one that learnt.
 */
export async function checkLearnable<T extends Learnable>(
  create: () => Promise<T>,
  images: readonly RgbImage[],
  report: Report,
): Promise<T> {
  const { height, width } = images[0] as RgbImage;
  const source: ImageSource = {
    length: trainImages,
    size: [height, width],
    image: async (index) => images[index] as RgbImage,
  };
  const fitted = await create();
  checkStages(fitted, report);
  const store = memoryStore();
  try {
    const history = await fitTiny(fitted, source, report, store);
    await checkLearns(history, (name) => learningAlone(fitted, create, images, name, report), report);
    const learnt = await peekAll(fitted.state());
    const notFinite = whereNotFinite(learnt);
    if (notFinite !== undefined) stop(report, `must learn finite numbers; found ${notFinite}`);
    for (const checkpoint of [null, ...store.taken]) {
      const again = await create();
      await fitTiny(again, source, report, {
        load: async () => checkpoint && copied(checkpoint),
        save: async () => undefined,
      });
      const differs = whereNotSame(learnt, await peekAll(again.state()));
      if (differs === undefined) continue;
      // What is drawn otherwise each time cannot be repeated from a checkpoint either.
      if (!checkpoint) stop(report, `must learn the same from the same seed; ${differs}`);
      report(`must learn the same where a fit goes on from a checkpoint; ${differs}`);
    }
  } finally {
    for (const { tensors } of store.taken) dispose(tensors as Record<string, Tensor>);
  }
  return fitted;
}

function checkStages({ stages }: Learnable, report: Report): void {
  const twice = (names: readonly string[]) => names.find((name, index) => names.indexOf(name) !== index);
  const stage = twice(stages.map(({ name }) => name));
  if (stage !== undefined) stop(report, `must give every stage a name of its own; two are called "${stage}"`);
  for (const { name, ...stage } of stages) {
    const learner = 'learners' in stage ? twice(stage.learners.map(({ name }) => name)) : undefined;
    if (learner !== undefined)
      stop(report, `must give every learner of "${name}" a name of its own; two are called "${learner}"`);
  }
  const isLate = stages.map((stage) => 'gather' in stage && stage.on === 'heldOut');
  if (isLate.slice(isLate.indexOf(true) + 1).includes(false) && isLate.includes(true))
    report('must have its stages on held-out images last: they are fitted after all others');
}

async function fitTiny(
  learnable: Learnable,
  source: ImageSource,
  report: Report,
  checkpoints: CheckpointStore,
): Promise<readonly EpochRecord[]> {
  const run = { batchSize: trainImages, seed: 1, budget: memoryBudget(2 ** 24) };
  const history = await attempt(report, 'its tiny fit', () =>
    fit(learnable, { train: source, heldOut: { ...source, length: 0 } }, { ...run, checkpoints }),
  );
  for (const stage of heldOutStages(learnable))
    await attempt(report, `its stage "${stage.name}"`, () => gatherFrom(learnable, stage, source, run));
  return history;
}

/** A store that keeps of each stage the checkpoint before it, and the first one of the stage under way. */
function memoryStore(): CheckpointStore & { readonly taken: Checkpoint[] } {
  const taken: Checkpoint[] = [];
  const isUnderWay = ({ tensors }: Checkpoint) =>
    Object.keys(tensors).some((name) => !name.startsWith('model/'));
  const isAlike = (one: Checkpoint, other: Checkpoint) =>
    one.stage === other.stage && isUnderWay(one) === isUnderWay(other);
  return {
    taken,
    load: async () => null,
    async save(checkpoint) {
      if (!taken.some((earlier) => isAlike(earlier, checkpoint))) taken.push(await copied(checkpoint));
    },
  };
}

const copied = async ({ history, tensors, ...rest }: Checkpoint): Promise<Checkpoint> => ({
  ...rest,
  history: [...history],
  tensors: await savedCopy(tensors),
});

interface LearnerName {
  readonly stage: string;
  readonly learner: string;
}

/** @param alone the losses of a learner that is tried alone; null where its stage has no other. */
async function checkLearns(
  history: readonly EpochRecord[],
  alone: (name: LearnerName) => Promise<number[] | null>,
  report: Report,
): Promise<void> {
  for (const { stage, learner, losses } of lossesOf(history)) {
    if (losses.length < 2 || gotLower(losses)) continue;
    // Of learners that work against each other one may raise the other's loss.
    const lossesAlone = await alone({ stage, learner });
    if (lossesAlone && gotLower(lossesAlone)) continue;
    const standing = lossesAlone
      ? `; in steps of its own, while the other learners stood still, it ${went(lossesAlone)}`
      : '';
    report(
      `must learn: the loss of ${learner} in the stage "${stage}" was to get lower in ${losses.length} epochs, and ${went(losses)}${standing}`,
    );
  }
}

function lossesOf(history: readonly EpochRecord[]): (LearnerName & { readonly losses: readonly number[] })[] {
  const stages = [...new Set(history.map(({ stage }) => stage))];
  return stages.flatMap((stage) => {
    const records = history.filter((record) => record.stage === stage);
    return Object.keys(records[0]?.loss ?? {}).map((learner) => ({
      stage,
      learner,
      losses: records.map(({ loss }) => loss[learner] as number),
    }));
  });
}

const gotLower = ([first, ...later]: readonly number[]): boolean => Math.min(...later) < (first as number);

const went = (losses: readonly number[]): string =>
  `went ${losses.map((value) => value.toPrecision(4)).join(', ')}`;

/** The losses of one of several learners in steps on the training images, from where the fit ended; the others stand still. */
async function learningAlone(
  fitted: Learnable,
  create: () => Promise<Learnable>,
  images: readonly RgbImage[],
  { stage: stageName, learner: learnerName }: LearnerName,
  report: Report,
): Promise<number[] | null> {
  const again = await create();
  const stage = again.stages.find(({ name }) => name === stageName) as TrainStage;
  const { learners, clipNorm = null, augment } = stage;
  if (learners.length < 2) return null;
  const learner = learners.find(({ name }) => name === learnerName) as Learner;
  const state = await savedCopy(fitted.state());
  try {
    again.restore(state);
  } finally {
    dispose(state);
  }
  const batch = images.slice(0, trainImages);
  return attempt(report, `steps of ${learnerName} alone`, async () => {
    const seen = seeImages(again, augment ? await augment(batch, namedRandom(1, stageName)) : batch);
    const losses: number[] = [];
    try {
      for (let step = 0; step < STEPS_ALONE; step++) {
        const { total, terms } = trainStep(learner, seen, { rate: 1, clipNorm });
        losses.push((await total.data())[0] as number);
        dispose([total, ...Object.values(terms)]);
      }
    } finally {
      disposeSeen(seen);
      learner.optimizer.dispose();
    }
    return losses;
  });
}

const STEPS_ALONE = 5;

/** Waves, of another phase in each image; those after the training images have a bright square. */
export function tinyImage(index: number, [height, width]: readonly [number, number]): RgbImage {
  const data = Uint8Array.from({ length: height * width * 3 }, (_, at) => {
    const [pixel, channel] = [Math.floor(at / 3), at % 3];
    const [y, x] = [Math.floor(pixel / width), pixel % width];
    const inSquare = index >= trainImages && Math.abs(y - 14) < 5 && Math.abs(x - 20) < 5;
    if (inSquare) return 250;
    return 120 + 50 * Math.sin(x / 3 + index) + 30 * Math.cos(y / (2 + channel) + index * 2);
  });
  return { height, width, data };
}
