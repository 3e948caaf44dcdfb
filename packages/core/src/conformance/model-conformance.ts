/**
 * What must hold for a model: a tiny fit lowers the loss of its learners; scores and maps are finite and an image's do not depend on
 * the others; the saved model gives the same, bit for bit; so does a fit that was interrupted; nothing is left behind.
 */
import { dispose, memory, type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { RgbImage } from '../contracts/dataset.js';
import type { Report, Trial } from '../contracts/kind.js';
import type { Model } from '../contracts/model.js';
import { imagesTensor } from '../images/image-source.js';
import { detectorOf } from '../model/detector.js';
import { freezeAll } from '../model/saved-model.js';
import { backboneState, prefixed, restoreState, withPrefix } from '../tensors/stateful.js';
import { checkLearnable, tinyImage, trainImages } from './learnable-conformance.js';
import { type Reading, showShape, whereFar, whereNotFinite, whereNotSame } from './reading.js';
import { savedCopy } from './saved-copy.js';
import { attempt, stop } from './trial.js';

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
  const model = await checkLearnable(create, images, report);
  freezeAll(model);
  await checkShapes(model, images, report);
  const found = await detectionsOf(model, images, report);
  const odd = whereNotFinite(found);
  if (odd !== undefined) stop(report, `must give finite scores and maps once it is fitted; found ${odd}`);
  const differs = whereNotSame(found, await detectionsOf(model, images, report));
  if (differs !== undefined)
    stop(report, `must give the same scores and maps for the same images; ${differs}`);
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
}

async function checkShapes(model: Model, images: readonly RgbImage[], report: Report): Promise<void> {
  const { tensors, normalization } = detectorOf(model);
  const { height, width } = images[0] as RgbImage;
  await attempt(report, 'detect()', () =>
    tidy(() => {
      const given = tensors(imagesTensor(images, normalization));
      const check = (what: string, tensor: Tensor, expected: readonly number[]) => {
        if (`${tensor.shape}` !== `${expected}`)
          stop(
            report,
            `must give ${what} of the shape ${showShape(expected)}; found ${showShape(tensor.shape)}`,
          );
      };
      check('scores', given.scores, [images.length]);
      if (given.maps) check('maps', given.maps, [images.length, height, width]);
    }),
  );
  const { parameters, multiplyAdds = null } = model.cost?.() ?? { parameters: 0 };
  for (const [name, count] of Object.entries({ parameters, ...(multiplyAdds !== null && { multiplyAdds }) }))
    if (!Number.isInteger(count) || count < 0)
      report(`must say what it costs in whole numbers; cost().${name} is ${count}`);
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
    readings[`the score of image ${index}`] = { shape: [1], values: Float32Array.of(score) };
    if (map) readings[`the map of image ${index}`] = { shape: [1, height, width], values: map };
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
