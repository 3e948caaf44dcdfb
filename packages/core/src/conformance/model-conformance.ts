/**
 * What must hold for a model: a tiny fit lowers the loss of its learners; scores and maps are finite and an image's do not depend on
 * the others; the saved model gives the same, bit for bit; so does a fit that was interrupted; nothing is left behind.
 */
import { dispose, memory, type Tensor } from '@tensorflow/tfjs-core';
import type { Checkpoint, CheckpointStore, EpochRecord } from '../contracts/checkpoint.js';
import type { RgbImage } from '../contracts/dataset.js';
import type { Model } from '../contracts/model.js';
import { fit, gatherFrom, heldOutStages } from '../fitting/fit.js';
import type { ImageSource } from '../images/image-source.js';
import { memoryBudget } from '../images/memory-budget.js';
import { detectorOf } from '../model/detector.js';
import { freezeAll } from '../model/saved-model.js';
import { backboneState, prefixed, restoreState, withPrefix } from '../tensors/stateful.js';
import { peekAll, type Reading, whereFar, whereNotFinite, whereNotSame } from './reading.js';
import { savedCopy } from './saved-copy.js';
import { attempt, type Report, stop, type Trial } from './trial.js';

const trainImages = 4;
/** Part of the largest value by which an image's map or score may differ in another batch: sums may be taken in another order. */
const batchTolerance = 1e-3;

export async function checkModel({ create, imageSize, report }: Trial<'model'>): Promise<void> {
  const before = memory().numTensors;
  const models: Model[] = [];
  const createOne = async (restoring = false): Promise<Model> => {
    const model = await create(restoring ? { restoring } : {});
    models.push(model);
    return model;
  };
  try {
    await checkFitted(createOne, imageSize, report);
  } finally {
    for (const model of models) model.dispose();
  }
  const left = memory().numTensors - before;
  if (left > 0) report(`must dispose of all its tensors in dispose(); ${left} were left`);
}

async function checkFitted(
  create: (restoring?: boolean) => Promise<Model>,
  size: readonly [number, number],
  report: Report,
): Promise<void> {
  const images = Array.from({ length: trainImages + 1 }, (_, index) => tinyImage(index, size));
  const source: ImageSource = {
    length: trainImages,
    size,
    image: async (index) => images[index] as RgbImage,
  };
  const model = await create();
  const store = memoryStore();
  const history = await fitTiny(model, source, report, store);
  checkLearns(history, report);
  const learnt = await peekAll(model.state());
  const notFinite = whereNotFinite(learnt);
  if (notFinite !== undefined) stop(report, `must learn finite numbers; found ${notFinite}`);

  const found = await detectionsOf(model, images, report);
  const odd = whereNotFinite(found);
  if (odd !== undefined) report(`must give finite scores and maps once it is fitted; found ${odd}`);
  const alone = await detectionsOf(model, [images[1] as RgbImage], report);
  const expected = Object.fromEntries(
    Object.entries(found).flatMap(([name, reading]) =>
      name.endsWith(' 1') ? [[name.replace(/1$/, '0'), reading]] : [],
    ),
  );
  const depends = whereFar(expected, alone, batchTolerance);
  if (depends !== undefined)
    report(`must give an image the same whatever the other images of the batch are; alone, ${depends}`);

  const restored = await create(true);
  await attempt(report, 'loading its saved model', () => copyModel(model, restored));
  freezeAll(restored);
  const lost = whereNotSame(found, await detectionsOf(restored, images, report));
  if (lost !== undefined) report(`must give the same scores and maps after it was saved and loaded; ${lost}`);

  for (const checkpoint of store.taken) {
    const resumed = await create();
    await fitTiny(resumed, source, report, { load: async () => copied(checkpoint), save: async () => undefined });
    const differs = whereNotSame(learnt, await peekAll(resumed.state()));
    if (differs !== undefined)
      report(`must learn the same where a fit goes on from a checkpoint; ${differs}`);
    resumed.dispose();
  }
  for (const { tensors } of store.taken) dispose(tensors as Record<string, Tensor>);
}

async function fitTiny(
  model: Model,
  source: ImageSource,
  report: Report,
  checkpoints: CheckpointStore,
): Promise<readonly EpochRecord[]> {
  const run = { batchSize: trainImages, seed: 1, budget: memoryBudget(2 ** 24) };
  const history = await attempt(report, 'its tiny fit', () =>
    fit(model, { train: source, heldOut: { ...source, length: 0 } }, { ...run, checkpoints }),
  );
  for (const stage of heldOutStages(model))
    await attempt(report, `its stage "${stage.name}"`, () => gatherFrom(model, stage, source, run));
  freezeAll(model);
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
function tinyImage(index: number, [height, width]: readonly [number, number]): RgbImage {
  const data = Uint8Array.from({ length: height * width * 3 }, (_, at) => {
    const [pixel, channel] = [Math.floor(at / 3), at % 3];
    const [y, x] = [Math.floor(pixel / width), pixel % width];
    const inSquare = index >= trainImages && Math.abs(y - 14) < 5 && Math.abs(x - 20) < 5;
    if (inSquare) return 250;
    return 120 + 50 * Math.sin(x / 3 + index) + 30 * Math.cos(y / (2 + channel) + index * 2);
  });
  return { height, width, data };
}

async function detectionsOf(
  model: Model,
  images: readonly RgbImage[],
  report: Report,
): Promise<Record<string, Reading>> {
  const { height, width } = images[0] as RgbImage;
  const detected = await attempt(report, 'detect()', () => detectorOf(model).detect(images));
  const readings: Record<string, Reading> = {};
  for (const [index, { score, map }] of detected.entries()) {
    if (typeof score !== 'number') stop(report, `must give a score for each image; found ${score}`);
    readings[`the score of image ${index}`] = { shape: [1], values: Float32Array.of(score) };
    if (map === null) continue;
    if (map.length !== height * width)
      stop(report, `must give maps of the images' size, ${height}x${width}; found ${map.length} values an image`);
    readings[`the map of image ${index}`] = { shape: [1, height, width], values: map };
  }
  return readings;
}

/** What a model's file does: the state of all that it has learnt, written and read back. */
async function copyModel(from: Model, to: Model): Promise<void> {
  const saved = await savedCopy({
    ...(from.backbone && prefixed(backboneState(from.backbone), 'backbone')),
    ...prefixed(from.state(), 'model'),
  });
  try {
    if (to.backbone) restoreState(to.backbone, withPrefix(saved, 'backbone'));
    to.restore(withPrefix(saved, 'model'));
  } finally {
    dispose(saved);
  }
}
