/**
 * What must hold for a model: a tiny fit lowers the loss of its learners; scores and maps are finite and an image's do not depend on
 * the others; a search ends when it is told to; the saved model gives the same, bit for bit; so does a fit that was interrupted;
 * nothing is left behind.
 */
import { dispose, memory, type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { RgbImage } from '../contracts/dataset.js';
import type { Report, Trial } from '../contracts/kind.js';
import type { Detection, Model, Search } from '../contracts/model.js';
import type { Seen } from '../contracts/seen.js';
import { imagesTensor } from '../images/image-source.js';
import { namedRandom } from '../images/named-random.js';
import { detectorOf, type SearchProgress } from '../model/detector.js';
import { freezeAll } from '../model/saved-model.js';
import { backboneState, prefixed, restoreState, withPrefix } from '../tensors/stateful.js';
import { checkLearnable, tinyImage, trainImages } from './learnable-conformance.js';
import { type Reading, showShape, whereFar, whereNotFinite, whereNotSame } from './reading.js';
import { savedCopy } from './saved-copy.js';
import { attempt, messageOf, stop } from './trial.js';

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
  if (model.search) await checkSearch(model, model.search, images, report);

  const restored = await create(true);
  await attempt(report, 'loading its saved model', () => copyModel(model, restored));
  freezeAll(restored);
  const lost = whereNotSame(found, await detectionsOf(restored, images, report));
  if (lost !== undefined) report(`must give the same scores and maps after it was saved and loaded; ${lost}`);
}

/** A search ends when it is told to, with the reason, and leaves nothing; elsewhere the same image is found the same, bit for bit. */
async function checkSearch(
  model: Model,
  { steps }: Search,
  images: readonly RgbImage[],
  report: Report,
): Promise<void> {
  const detector = detectorOf(model);
  const before = memory().numTensors;
  for (const after of new Set([1, steps])) {
    const ending = new AbortController();
    const reason = new Error('the kit ended it');
    const onSearch = ({ done }: SearchProgress) => {
      if (done === after) ending.abort(reason);
    };
    const failure = await detector.detect(images, { signal: ending.signal, onSearch }).then(
      () => null,
      (error: unknown) => error,
    );
    if (failure !== reason)
      stop(
        report,
        `must end its search when it is told to; after step ${after} of ${steps} it ${failure === null ? 'went on' : `threw "${messageOf(failure)}"`}`,
      );
  }
  const left = memory().numTensors - before;
  if (left > 0) report(`must leave no tensor where its search is ended; ${left} were left`);
  const forwards = await detectionsOf(model, images, report);
  const backwards = await detectionsOf(model, [...images].reverse(), report);
  const turned = Object.fromEntries(
    Object.entries(backwards).map(([name, reading]) => [
      name.replace(/\d+$/, (index) => `${images.length - 1 - Number(index)}`),
      reading,
    ]),
  );
  const differs = whereNotSame(forwards, turned);
  if (differs !== undefined)
    report(`must find the same for an image whatever it found before; in the opposite order ${differs}`);
}

async function checkShapes(model: Model, images: readonly RgbImage[], report: Report): Promise<void> {
  const { steps = 1 } = model.search ?? {};
  if (!Number.isInteger(steps) || steps < 1)
    stop(report, `must say in a whole number how many steps its search takes; search.steps is ${steps}`);
  const { height, width } = images[0] as RgbImage;
  // A search is of one image.
  for (const batch of model.search ? images.map((image) => [image]) : [images])
    await attempt(report, 'detect()', () =>
      tidy(() => {
        const given = detectionOf(model, batch);
        const check = (what: string, tensor: Tensor, expected: readonly number[]) => {
          if (`${tensor.shape}` !== `${expected}`)
            stop(
              report,
              `must give ${what} of the shape ${showShape(expected)}; found ${showShape(tensor.shape)}`,
            );
        };
        check('scores', given.scores, [batch.length]);
        if (given.maps) check('maps', given.maps, [batch.length, height, width]);
      }),
    );
  const { parameters, multiplyAdds = null } = model.cost?.() ?? { parameters: 0 };
  for (const [name, count] of Object.entries({ parameters, ...(multiplyAdds !== null && { multiplyAdds }) }))
    if (!Number.isInteger(count) || count < 0)
      report(`must say what it costs in whole numbers; cost().${name} is ${count}`);
}

/** As tensors; of a search one step. */
function detectionOf(model: Model, images: readonly RgbImage[]): Detection {
  const { backbone, normalization, search } = model;
  const seen: Seen = { images: imagesTensor(images, normalization), features: {} };
  if (!search) return detectorOf(model).tensors(seen.images);
  const whole = { ...seen, features: backbone?.features(seen.images, 'eval') ?? {} };
  const at = search.step(whole, search.begin(whole, namedRandom(1, 'search')));
  return model.detect(whole, at);
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
