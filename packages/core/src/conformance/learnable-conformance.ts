/** What the checks of all that is fitted in stages have in common: a tiny fit, its checkpoints, and going on from them. */
import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import type { Checkpoint, CheckpointStore, EpochRecord } from '../contracts/checkpoint.js';
import type { RgbImage } from '../contracts/dataset.js';
import type { Learnable } from '../contracts/model.js';
import { fit, gatherFrom, heldOutStages } from '../fitting/fit.js';
import type { ImageSource } from '../images/image-source.js';
import { memoryBudget } from '../images/memory-budget.js';
import { peekAll, type Reading, whereNotFinite, whereNotSame } from './reading.js';
import { savedCopy } from './saved-copy.js';
import { attempt, type Report, stop } from './trial.js';

/** Images of a tiny fit, and in a batch of it. */
export const trainImages = 4;

/**
 * Fits one to the first images, and as many more as it made checkpoints of other stages, each from one of them.
 * @param images more than {@link trainImages}.
 * @returns what was learnt, and the one that learnt it.
 */
export async function checkLearnable<T extends Learnable>(
  create: () => Promise<T>,
  images: readonly RgbImage[],
  report: Report,
): Promise<{ fitted: T; learnt: Record<string, Reading> }> {
  const { height, width } = images[0] as RgbImage;
  const source: ImageSource = {
    length: trainImages,
    size: [height, width],
    image: async (index) => images[index] as RgbImage,
  };
  const fitted = await create();
  const store = memoryStore();
  checkLearns(await fitTiny(fitted, source, report, store), report);
  const learnt = await peekAll(fitted.state());
  const notFinite = whereNotFinite(learnt);
  if (notFinite !== undefined) stop(report, `must learn finite numbers; found ${notFinite}`);
  for (const checkpoint of store.taken) {
    const resumed = await create();
    await fitTiny(resumed, source, report, {
      load: async () => copied(checkpoint),
      save: async () => undefined,
    });
    const differs = whereNotSame(learnt, await peekAll(resumed.state()));
    if (differs !== undefined)
      report(`must learn the same where a fit goes on from a checkpoint; ${differs}`);
    resumed.dispose();
  }
  for (const { tensors } of store.taken) dispose(tensors as Record<string, Tensor>);
  return { fitted, learnt };
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

/** A store that keeps the first checkpoint of each stage: where a stage has several epochs, it is under way then. */
function memoryStore(): CheckpointStore & { readonly taken: Checkpoint[] } {
  const taken: Checkpoint[] = [];
  return {
    taken,
    load: async () => null,
    async save(checkpoint) {
      if (taken.every(({ stage }) => stage !== checkpoint.stage)) taken.push(await copied(checkpoint));
    },
  };
}

const copied = async ({ history, tensors, ...rest }: Checkpoint): Promise<Checkpoint> => ({
  ...rest,
  history: [...history],
  tensors: await savedCopy(tensors),
});

function checkLearns(history: readonly EpochRecord[], report: Report): void {
  const lines = new Map<string, number[]>();
  for (const { stage, loss } of history)
    for (const [learner, value] of Object.entries(loss)) {
      const name = `${learner} in the stage "${stage}"`;
      lines.set(name, [...(lines.get(name) ?? []), value]);
    }
  for (const [name, losses] of lines) {
    const lowest = Math.min(...losses.slice(1));
    if (losses.length > 1 && !(lowest < (losses[0] as number)))
      report(
        `must learn: the loss of ${name} was to get lower in ${losses.length} epochs, and went ${losses.map((value) => value.toPrecision(4)).join(', ')}`,
      );
  }
}

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
