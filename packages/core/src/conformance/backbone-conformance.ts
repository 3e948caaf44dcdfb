/**
 * What must hold for a backbone, frozen and trained: the layers it is asked for, with the channels it says; the same
 * numbers for the same seed; evaluation that changes nothing and does not mix images; training that reaches the parameters and lowers
 * the loss; a state that can be saved; nothing left behind when it is disposed of.
 */
import {
  addN,
  dispose,
  div,
  mean,
  memory,
  randomUniform,
  type Scalar,
  slice,
  squaredDifference,
  type Tensor,
  type Tensor4D,
  tensor,
  tidy,
  type Variable,
  variableGrads,
} from '@tensorflow/tfjs-core';
import type { Backbone, Mode } from '../contracts/backbone.js';
import type { FeaturePyramid } from '../contracts/feature-pyramid.js';
import type { Report, Trial } from '../contracts/kind.js';
import type { ContextOf } from '../contracts/part.js';
import { adam } from '../optimizers/adam.js';
import { freeze } from '../tensors/freeze.js';
import { backboneState, restoreState } from '../tensors/stateful.js';
import {
  isTensor,
  mapReadings,
  ofImage,
  peekAll,
  type Reading,
  showShape,
  takeAll,
  whereFar,
  whereNotFinite,
  whereNotSame,
} from './reading.js';
import { savedCopy } from './saved-copy.js';
import { tinyNetwork } from './tiny-network.js';
import { mapPyramid } from './tiny-pyramids.js';
import { attempt, stop } from './trial.js';

const images = 3;
/** Part of the largest feature by which an image's may differ in another batch: sums may be taken in another order. */
const batchTolerance = 1e-3;
const fitSteps = 8;

export async function checkBackbone(trial: Trial<'backbone'>): Promise<void> {
  for (const frozen of trial.frozen) {
    const report: Report = (message) => trial.report(`${frozen ? 'frozen' : 'trained'}, it ${message}`);
    const before = memory().numTensors;
    await checkUse({ ...trial, report }, frozen);
    const left = memory().numTensors - before;
    if (left > 0) report(`must dispose of all its tensors in dispose(); ${left} were left`);
  }
}

/** A batch, and for a network that learns what another sees in it. */
interface Batch {
  readonly pixels: Tensor4D;
  readonly given?: FeaturePyramid;
}

async function checkUse(
  { create, layers, imageSize, report }: Trial<'backbone'>,
  frozen: boolean,
): Promise<void> {
  const owned: { dispose(): void }[] = [];
  const own = <T extends { dispose(): void }>(value: T): T => {
    owned.push(value);
    return value;
  };
  try {
    const target = own(tinyNetwork(layers, 99));
    const context: Partial<ContextOf<'backbone'>> = {
      frozen,
      ...(!frozen && { target: { layers: target.layers, channels: target.channels } }),
    };
    const createWith = async (more: Partial<ContextOf<'backbone'>>): Promise<Backbone> =>
      own(await create({ ...context, ...more }));
    const pixels = own(randomUniform([images, ...imageSize, 3], -2, 2, 'float32', 5) as Tensor4D);
    const seen = target.features(pixels, 'eval');
    for (const features of Object.values(seen)) own(features);
    const batch: Batch = { pixels, ...(!frozen && { given: seen }) };

    const network = await createWith({ seed: 1 });
    checkLayers(network, layers, report);
    const features = await featuresOf(network, batch, 'eval', report);
    checkFeatures(network, features, imageSize, report);
    await checkEvaluation(network, batch, features, report);
    const otherSeed = await createWith({ seed: 2 });
    await checkSeeds(network, await createWith({ seed: 1 }), otherSeed, frozen, batch, report);
    if (!frozen) await checkTraining(network, otherSeed, batch, report);
    await checkSaved(network, await createWith({ seed: 3, restoring: true }), batch, report);
  } finally {
    for (const value of owned) value.dispose();
  }
}

function checkLayers({ layers, channels }: Backbone, asked: readonly string[], report: Report): void {
  if (`${layers}` !== `${asked}`)
    stop(
      report,
      `must give the layers it is asked for, ${asked.join(', ')}; its layers are ${[...layers].join(', ') || 'none'}`,
    );
  for (const layer of layers) {
    const count = channels[layer];
    if (count === undefined || !Number.isInteger(count) || count < 1)
      stop(report, `must say how many channels each layer has; channels.${layer} is ${count}`);
  }
}

const featuresOf = async (
  network: Backbone,
  { pixels, given }: Batch,
  mode: Mode,
  report: Report,
): Promise<Record<string, Reading>> =>
  takeAll(
    await attempt(report, `features(images, '${mode}')`, () =>
      tidy(() => {
        const pyramid: unknown = network.features(pixels, mode, given);
        const entries = Object.entries(Object(pyramid));
        const notTensor = entries.find(([, features]) => !isTensor(features));
        if (pyramid instanceof Promise || notTensor)
          stop(
            report,
            `must give a pyramid of tensors, not later; found ${notTensor ? `no tensor as ${notTensor[0]}` : 'a promise'}`,
          );
        return pyramid as FeaturePyramid;
      }),
    ),
  );

function checkFeatures(
  { layers, channels }: Backbone,
  features: Readonly<Record<string, Reading>>,
  [height, width]: readonly [number, number],
  report: Report,
): void {
  if (Object.keys(features).sort().join() !== [...layers].sort().join())
    stop(
      report,
      `must give a tensor for each of ${layers.join(', ')}; found ${Object.keys(features).join(', ') || 'none'}`,
    );
  for (const [layer, { shape }] of Object.entries(features)) {
    const [n, h = 0, w = 0, c] = shape;
    if (shape.length !== 4 || n !== images || c !== channels[layer])
      stop(
        report,
        `must give ${layer} the shape [${images}, height, width, ${channels[layer]}]; found ${showShape(shape)}`,
      );
    if ((height < width && h > w) || (height > width && h < w))
      report(`must keep height before width; ${layer} of images ${height}x${width} is ${showShape(shape)}`);
  }
  const notFinite = whereNotFinite(features);
  if (notFinite !== undefined) stop(report, `must give finite features; found ${notFinite}`);
}

async function checkEvaluation(
  network: Backbone,
  batch: Batch,
  features: Record<string, Reading>,
  report: Report,
): Promise<void> {
  const before = await peekAll(backboneState(network));
  const differs = whereNotSame(features, await featuresOf(network, batch, 'eval', report));
  if (differs !== undefined) report(`must give the same features for the same images in 'eval'; ${differs}`);
  const changed = whereNotSame(before, await peekAll(backboneState(network)));
  if (changed !== undefined) report(`must change nothing in 'eval'; ${changed}`);

  const only = (maps: Tensor4D) => slice(maps, [1], [1]);
  const pixels = tidy(() => only(batch.pixels));
  const given = batch.given && mapPyramid(batch.given, only);
  try {
    const depends = whereFar(
      mapReadings(features, (layer) => ofImage(layer, 1)),
      await featuresOf(network, { pixels, ...(given && { given }) }, 'eval', report),
      batchTolerance,
    );
    if (depends !== undefined)
      report(
        `must give an image the same features in 'eval' whatever the other images of the batch are; alone, ${depends}`,
      );
  } finally {
    dispose([pixels, ...Object.values(given ?? {})]);
  }
}

async function checkSeeds(
  network: Backbone,
  same: Backbone,
  other: Backbone,
  frozen: boolean,
  batch: Batch,
  report: Report,
): Promise<void> {
  const state = await peekAll(backboneState(network));
  const drawnAgain = whereNotSame(state, await peekAll(backboneState(same)));
  if (drawnAgain !== undefined) report(`must draw the same numbers from the same seed; ${drawnAgain}`);
  else {
    const [first, again] = [
      await featuresOf(network, batch, 'eval', report),
      await featuresOf(same, batch, 'eval', report),
    ];
    const differs = whereNotSame(first, again);
    if (differs !== undefined) report(`must give the same features from the same seed; ${differs}`);
  }
  // A frozen network may come from a file; those of an ensemble differ in their seed alone.
  if (frozen || Object.keys(network.parameters).length === 0) return;
  if (whereNotSame(state, await peekAll(backboneState(other))) === undefined)
    report('must draw other numbers from another seed; two networks had the same parameters');
}

async function checkTraining(
  network: Backbone,
  target: Backbone,
  batch: Batch,
  report: Report,
): Promise<void> {
  const before = await peekAll(network.parameters);
  if (Object.keys(before).length === 0) stop(report, 'must have parameters to train; it has none');
  const features = await featuresOf(network, batch, 'train', report);
  checkFeatures(network, features, [1, 1], report);
  const moved = whereNotSame(before, await peekAll(network.parameters));
  if (moved !== undefined)
    report(`must leave its parameters to the optimizer; features() in 'train' changed them: ${moved}`);
  const notFinite = whereNotFinite(await peekAll(network.statistics));
  if (notFinite !== undefined) stop(report, `must keep its statistics finite in 'train'; found ${notFinite}`);

  const goal = await featuresOf(target, batch, 'eval', report);
  const optimizer = adam({ learningRate: 0.005, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 });
  const losses: number[] = [];
  try {
    for (let index = 0; index < fitSteps; index++) {
      const { value, gradients } = await attempt(report, 'a training step', () =>
        tidy(() => trainingGradients(network, batch, goal)),
      );
      if (index === 0) await checkGradients(network, gradients, report);
      optimizer.step(network.parameters, gradients);
      dispose(gradients);
      losses.push((await value.data())[0] as number);
      value.dispose();
    }
  } finally {
    optimizer.dispose();
  }
  const [first, last] = [losses[0] as number, losses.at(-1) as number];
  if (!(last < first))
    report(
      `must learn: in ${fitSteps} steps the distance from another network's features was to get lower, and went from ${first} to ${last}`,
    );
}

function trainingGradients(
  network: Backbone,
  { pixels, given }: Batch,
  goal: Readonly<Record<string, Reading>>,
): { value: Scalar; gradients: Record<string, Tensor> } {
  const variables = Object.entries(network.parameters);
  const { value, grads } = variableGrads(
    () => distanceFrom(goal, network.features(pixels, 'train', given)),
    variables.map(([, parameter]) => parameter as Variable),
  );
  const gradients = variables.flatMap(([name, parameter]): [string, Tensor][] => {
    const gradient = grads[parameter.name];
    return gradient ? [[name, gradient]] : [];
  });
  return { value, gradients: Object.fromEntries(gradients) };
}

/** For each layer the mean squared distance beside the mean square of the goal, so that all weigh alike. */
const distanceFrom = (goal: Readonly<Record<string, Reading>>, pyramid: FeaturePyramid): Scalar =>
  addN(
    Object.entries(goal).map(([layer, { shape, values }]) => {
      const square = values.reduce((sum, value) => sum + value * value, 0) / values.length;
      return div(
        mean(squaredDifference(pyramid[layer] as Tensor4D, tensor(values, [...shape]))),
        Math.max(square, 1e-12),
      );
    }),
  ) as Scalar;

async function checkGradients(
  { parameters }: Backbone,
  gradients: Readonly<Record<string, Tensor>>,
  report: Report,
): Promise<void> {
  const unreached = Object.keys(parameters).filter((name) => !gradients[name]);
  if (unreached.length > 0)
    report(
      `must use all of its parameters: the layers do not depend on ${unreached.slice(0, 3).join(', ')}${unreached.length > 3 ? ` and ${unreached.length - 3} others` : ''}`,
    );
  const notFinite = whereNotFinite(await peekAll(gradients));
  if (notFinite !== undefined) stop(report, `must have finite gradients in 'train'; found ${notFinite}`);
}

async function checkSaved(
  network: Backbone,
  restored: Backbone,
  batch: Batch,
  report: Report,
): Promise<void> {
  const saved = await savedCopy(backboneState(network));
  try {
    await attempt(report, 'restoring its state', () => restoreState(restored, saved));
  } finally {
    dispose(saved);
  }
  // As a run and what loads its model do: an engine may compute with constants in another order.
  for (const variable of [network, restored].flatMap((each) => Object.values(backboneState(each))))
    freeze(variable);
  const lost = whereNotSame(
    await featuresOf(network, batch, 'eval', report),
    await featuresOf(restored, batch, 'eval', report),
  );
  if (lost !== undefined)
    report(
      `must give the same features after it was saved and loaded (everything it learns in parameters and statistics); ${lost}`,
    );
}
