/**
 * What must hold for a method: the experiment it is a preset of composes; a tiny fit lowers the loss of its students; maps are finite
 * and an image's do not depend on the others; the saved model gives the same maps, bit for bit.
 */
import { dispose, type Tensor } from '@tensorflow/tfjs-core';
import type { RgbImage } from '../contracts/dataset.js';
import type { Method } from '../contracts/part.js';
import { fitScore } from '../distillation/fit-score.js';
import { type Composition, compose } from '../experiment/compose.js';
import { type ResolvedExperiment, resolveExperiment } from '../experiment/experiment.js';
import { distill } from '../fitting/train.js';
import { type ImageSource, imageBatches } from '../images/image-source.js';
import { memoryBudget } from '../images/memory-budget.js';
import { distillationDetector } from '../model/detector.js';
import { withOptimizers } from '../model/with-optimizers.js';
import { isRecord } from '../plugins/json.js';
import type { Registry } from '../plugins/registry.js';
import { freeze } from '../tensors/freeze.js';
import { backboneState, prefixed, restoreState, restoreVariables, withPrefix } from '../tensors/stateful.js';
import { type Reading, whereFar, whereNotFinite, whereNotSame } from './reading.js';
import { savedCopy } from './saved-copy.js';
import { tinyNetworkPart } from './tiny-network.js';
import { attempt, type Report } from './trial.js';

const trainImages = 4;
const epochs = 5;
const imageSize = [24, 32] as const;
/** Part of the largest value by which an image's map may differ in another batch: sums may be taken in another order. */
const batchTolerance = 1e-3;

/** @param settings a partial experiment, above the method's preset. */
export async function checkMethod(
  registry: Registry,
  { name, preset }: Method,
  settings: unknown,
  report: Report,
): Promise<void> {
  const experiment = await attempt(report, 'its experiment', () =>
    resolveExperiment({
      registry,
      layers: [
        { source: 'the tiny fit', document: { method: name, ...tinySettings(preset) } },
        { source: `the settings of method "${name}"`, document: settings },
      ],
    }),
  );
  const trained = await attempt(report, 'composing it', () => compose(registry, experiment));
  let loaded: Composition | undefined;
  try {
    await checkFit(trained, experiment, report);
    freezeAll(trained);
    const maps = await mapsOf(trained, batch);
    const notFinite = whereNotFinite(maps);
    if (notFinite !== undefined) report(`must give finite maps once it is fitted; found ${notFinite}`);
    const [one] = [batch[1] as RgbImage];
    const alone = await mapsOf(trained, [one]);
    const depends = whereFar({ map0: maps.map1 as Reading }, alone, batchTolerance);
    if (depends !== undefined)
      report(`must give an image the same map whatever the other images of the batch are; alone, ${depends}`);

    loaded = await attempt(report, 'composing it for a saved model', () =>
      compose(registry, experiment, { restoring: true }),
    );
    const restored = loaded;
    await attempt(report, 'loading its saved model', () => copyState(trained, restored));
    freezeAll(restored);
    const lost = whereNotSame(maps, await mapsOf(restored, batch));
    if (lost !== undefined) report(`must give the same maps after it was saved and loaded; ${lost}`);
  } finally {
    trained.dispose();
    loaded?.dispose();
  }
}

/** Small, and on the kit's own network unless the method says which teacher it is for: nothing is downloaded. */
const tinySettings = (preset: Method['preset']) => ({
  ...(teacherOf(preset) === undefined && { teacher: { type: tinyNetworkPart.name } }),
  training: { epochs, batchSize: trainImages, validationFraction: 0 },
});

const teacherOf = ({ teacher }: Method['preset']): unknown => (isRecord(teacher) ? teacher.type : undefined);

async function checkFit(
  composition: Composition,
  { seed, training }: ResolvedExperiment,
  report: Report,
): Promise<void> {
  const { teacher, students, loss, score } = composition;
  const { history } = await withOptimizers(composition, (optimizers) =>
    attempt(report, 'its tiny fit', () =>
      distill({
        teacher,
        students,
        optimizers,
        loss,
        train: source,
        validation: { ...source, length: 0 },
        epochs: training.epochs,
        batchSize: training.batchSize,
        seed,
        budget: memoryBudget(2 ** 24),
      }),
    ),
  );
  for (const student of students.keys()) {
    const losses = history.map((record) => record.loss[student] as number);
    const lowest = Math.min(...losses.slice(1));
    if (!(lowest < (losses[0] as number)))
      report(
        `must learn: the loss of student ${student + 1} was to get lower in ${training.epochs} epochs, and went ${losses.map((value) => value.toPrecision(4)).join(', ')} (see training in its preset)`,
      );
  }
  await attempt(report, 'fitting its score', () =>
    fitScore(score, teacher, students, imageBatches(source, { batchSize: trainImages })),
  );
}

const batch: readonly RgbImage[] = Array.from({ length: trainImages + 1 }, (_, index) => tinyImage(index));
const source: ImageSource = {
  length: trainImages,
  size: imageSize,
  image: async (index) => batch[index] as RgbImage,
};

/** Waves, of another phase in each image; those after the training images have a bright square. */
function tinyImage(index: number): RgbImage {
  const [height, width] = imageSize;
  const data = Uint8Array.from({ length: height * width * 3 }, (_, at) => {
    const [pixel, channel] = [Math.floor(at / 3), at % 3];
    const [y, x] = [Math.floor(pixel / width), pixel % width];
    const inSquare = index >= trainImages && Math.abs(y - 14) < 5 && Math.abs(x - 20) < 5;
    if (inSquare) return 250;
    return 120 + 50 * Math.sin(x / 3 + index) + 30 * Math.cos(y / (2 + channel) + index * 2);
  });
  return { height, width, data };
}

async function mapsOf(
  { teacher, students, score }: Composition,
  images: readonly RgbImage[],
): Promise<Record<string, Reading>> {
  const [height, width] = imageSize;
  const maps = await distillationDetector(teacher, students, score).anomalyMaps(images);
  return Object.fromEntries(
    maps.map((values, index) => [`map${index}`, { shape: [1, height, width], values }]),
  );
}

/** As a run and what loads its model do: an engine may compute with constants in another order. */
function freezeAll({ teacher, students, score }: Composition): void {
  for (const state of [...[teacher, ...students].map(backboneState), score.statistics ?? {}])
    for (const variable of Object.values(state)) freeze(variable);
}

/** What a model's file does: the state of every part, written and read back. */
async function copyState(from: Composition, to: Composition): Promise<void> {
  const stateOf = ({ teacher, students, score }: Composition): Record<string, Tensor> =>
    Object.assign(
      prefixed(backboneState(teacher), 'teacher'),
      prefixed(score.statistics ?? {}, 'score'),
      ...students.map((student, index) => prefixed(backboneState(student), `student${index}`)),
    );
  const saved = await savedCopy(stateOf(from));
  try {
    restoreState(to.teacher, withPrefix(saved, 'teacher'));
    to.students.forEach((student, index) => {
      restoreState(student, withPrefix(saved, `student${index}`));
    });
    restoreVariables(to.score.statistics ?? {}, withPrefix(saved, 'score'));
  } finally {
    dispose(saved);
  }
}
