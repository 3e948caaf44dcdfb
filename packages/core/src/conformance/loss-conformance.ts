/**
 * What must hold for a distillation loss: a scalar; finite, also at zeros; the gradient that finite differences give; lowest where
 * the student gives what the teacher gives; lowered by following the gradient.
 */
import {
  add,
  dispose,
  mul,
  type Scalar,
  sub,
  type Tensor,
  type Tensor4D,
  tensor,
  tidy,
  type Variable,
  variable,
  variableGrads,
} from '@tensorflow/tfjs-core';
import type { DistillationLoss } from '../contracts/distillation-loss.js';
import type { FeaturePyramid } from '../contracts/feature-pyramid.js';
import type { Report, Trial } from '../contracts/kind.js';
import { adam } from '../optimizers/adam.js';
import { isTensor, showShape, take, takeAll, whereNotFinite } from './reading.js';
import { mapPyramid, teacherPyramid, withNoise, withPyramids, zeroPyramid } from './tiny-pyramids.js';
import { attempt, stop } from './trial.js';

const images = 2;
/**
 * How far finite differences go, beside features of about 1. One of the two has to agree: the longer one where numbers are rounded,
 * the shorter one where a loss has kinks, as a sum of absolute values has.
 */
const steps = [5e-3, 1e-3] as const;
/** Part of the gradient's length by which a slope may differ: steps are finite, and float32 rounds. */
const slopeTolerance = 0.03;
const fitSteps = 12;

export async function checkLoss({
  create,
  layers,
  imageSize,
  minimalAtTeacher,
  report,
}: Trial<'loss'>): Promise<void> {
  const loss = await create();
  await withPyramids(async (own) => {
    const teacher = own(teacherPyramid(layers, images, imageSize, 1));
    const student = own(withNoise(teacher, 1, 2));
    const zeros = own(zeroPyramid(teacher));
    const valueAt = (t: FeaturePyramid, s: FeaturePyramid) => lossValue(loss, t, s, report);

    const value = await valueAt(teacher, student);
    if (!Number.isFinite(value)) stop(report, `must give a finite number; found ${value}`);
    const again = await valueAt(teacher, student);
    if (again !== value)
      report(`must give the same value for the same features; found ${value}, then ${again}`);

    const edges: [where: string, t: FeaturePyramid, s: FeaturePyramid][] = [
      ['where teacher and student are equal', teacher, teacher],
      ['where the student gives zeros', teacher, zeros],
      ['where the teacher gives zeros', zeros, student],
      ['where both give zeros', zeros, zeros],
    ];
    for (const [where, t, s] of edges) {
      const found = await valueAt(t, s);
      if (!Number.isFinite(found)) report(`must be finite ${where}; found ${found}`);
      const notFinite = whereNotFinite(await gradientsOf(loss, t, s, report));
      if (notFinite !== undefined) report(`must have a finite gradient ${where}; found ${notFinite}`);
    }

    await checkGradient(loss, teacher, student, report);
    if (minimalAtTeacher) await checkMinimum(loss, teacher, report);
    await checkFit(loss, teacher, student, report);
  });
}

async function lossValue(
  loss: DistillationLoss,
  teacher: FeaturePyramid,
  student: FeaturePyramid,
  report: Report,
): Promise<number> {
  const given: unknown = await attempt(report, 'the loss', () =>
    tidy(() => mustBeScalar(loss(teacher, student), report)),
  );
  return (await take(given as Tensor)).values[0] as number;
}

function mustBeScalar(given: unknown, report: Report): Scalar {
  if (!isTensor(given))
    stop(report, `must give a scalar tensor; found ${given instanceof Promise ? 'a promise' : typeof given}`);
  if (given.shape.length > 0)
    stop(report, `must give a scalar; found a tensor of shape ${showShape(given.shape)}`);
  return given as Scalar;
}

async function gradientsOf(
  loss: DistillationLoss,
  teacher: FeaturePyramid,
  student: FeaturePyramid,
  report: Report,
) {
  const variables = variablesOf(student);
  try {
    const gradients = await attempt(report, 'the gradient of the loss', () =>
      lossGradients(loss, teacher, variables),
    );
    return await takeAll(gradients);
  } finally {
    dispose(variables);
  }
}

const variablesOf = (pyramid: FeaturePyramid): Record<string, Variable> =>
  Object.fromEntries(
    Object.entries(pyramid).map(([layer, features]) => [layer, tidy(() => variable(features.clone()))]),
  );

/** dL/dΦₛ by layer; layers that the loss does not look at are left out. */
function lossGradients(
  loss: DistillationLoss,
  teacher: FeaturePyramid,
  student: Readonly<Record<string, Variable>>,
): Record<string, Tensor> {
  const { value, grads } = variableGrads(
    () => loss(teacher, student as unknown as FeaturePyramid),
    Object.values(student),
  );
  value.dispose();
  return Object.fromEntries(
    Object.entries(student).flatMap(([layer, { name }]) => (grads[name] ? [[layer, grads[name]]] : [])),
  );
}

type Direction = Record<string, Float32Array>;

async function checkGradient(
  loss: DistillationLoss,
  teacher: FeaturePyramid,
  student: FeaturePyramid,
  report: Report,
): Promise<void> {
  const read = await gradientsOf(loss, teacher, student, report);
  const notFinite = whereNotFinite(read);
  if (notFinite !== undefined) stop(report, `must have a finite gradient; found ${notFinite}`);
  const gradient: Direction = Object.fromEntries(
    Object.entries(student).map(([layer, features]) => [
      layer,
      read[layer]?.values ?? new Float32Array(features.size),
    ]),
  );
  const length = Math.sqrt(dot(gradient, gradient));
  if (length === 0)
    stop(report, 'must have a gradient that the student can follow; found 0 for every feature');

  const largest = Math.max(...Object.values(gradient).map(largestOf));
  const directions: [name: string, direction: Direction][] = [
    ['along the gradient', mapDirection(gradient, (values) => values.map((value) => value / largest))],
    ...[1, 2, 3, 4].map((seed): [string, Direction] => [
      'along random signs',
      mapDirection(gradient, (values, index) => randomSigns(values.length, seed * 31 + index)),
    ]),
  ];
  for (const [name, direction] of directions) {
    const slope = dot(gradient, direction);
    const tolerance = slopeTolerance * Math.max(length, Math.abs(slope));
    const measured = await otherSlope(slope, tolerance, (distance) =>
      movedValue(loss, teacher, student, direction, distance, report),
    );
    if (measured === undefined) continue;
    report(
      `must have the gradient that finite differences give: ${name} the loss changes by ${measured.toPrecision(4)} a unit, the gradient says ${slope.toPrecision(4)}`,
    );
    return;
  }
}

/** The slope that finite differences give; undefined where it is the expected one. */
async function otherSlope(
  expected: number,
  tolerance: number,
  valueAt: (distance: number) => Promise<number>,
): Promise<number | undefined> {
  const slopes: number[] = [];
  for (const step of steps) {
    const [ahead, behind] = [await valueAt(step), await valueAt(-step)];
    const slope = (ahead - behind) / (2 * step);
    const rounding = (4 * 6e-8 * Math.abs(ahead)) / step;
    if (Math.abs(slope - expected) <= tolerance + rounding) return undefined;
    slopes.push(slope);
  }
  return slopes[0];
}

async function movedValue(
  loss: DistillationLoss,
  teacher: FeaturePyramid,
  student: FeaturePyramid,
  direction: Direction,
  distance: number,
  report: Report,
): Promise<number> {
  const moved = Object.fromEntries(
    Object.entries(student).map(([layer, features]) => [
      layer,
      tidy(() => add(features, mul(tensor(direction[layer] as Float32Array, features.shape), distance))),
    ]),
  ) as FeaturePyramid;
  try {
    return await lossValue(loss, teacher, moved, report);
  } finally {
    dispose(moved);
  }
}

/** Part of the loss of a student that differs by 1 that may be rounding. */
const roundingOfLoss = 1e-5;

/** Neither along the gradient there, nor with longer or shorter vectors, nor with noise may anything be better than the teacher itself. */
async function checkMinimum(loss: DistillationLoss, teacher: FeaturePyramid, report: Report): Promise<void> {
  const valueAt = (student: FeaturePyramid) => lossValue(loss, teacher, student, report);
  const lowest = await valueAt(teacher);
  const gradient = await gradientsOf(loss, teacher, teacher, report);
  const largest = Math.max(...Object.values(gradient).map(({ values }) => largestOf(values)), 1e-30);
  const downhill = (features: Tensor4D, layer: string): Tensor4D => {
    const { values } = gradient[layer] ?? { values: new Float32Array(features.size) };
    return sub(features, mul(tensor(values, features.shape), 0.1 / largest));
  };
  const others: [what: string, make: () => FeaturePyramid][] = [
    [
      'a step down its gradient',
      () => mapPyramid(teacher, (features, _, layer) => downhill(features, layer)),
    ],
    ['vectors a tenth longer', () => mapPyramid(teacher, (features) => mul(features, 1.1))],
    ['vectors a tenth shorter', () => mapPyramid(teacher, (features) => mul(features, 0.9))],
    ['a little noise', () => withNoise(teacher, 0.1, 3)],
    ['much noise', () => withNoise(teacher, 1, 3)],
  ];
  const values: number[] = [];
  for (const [, make] of others) {
    const student = make();
    values.push(await valueAt(student));
    dispose(student);
  }
  const rounding = roundingOfLoss * Math.max(...values.map(Math.abs), Math.abs(lowest));
  const lower = values.findIndex((value) => value < lowest - rounding);
  if (lower >= 0)
    report(
      `must be lowest where the student gives what the teacher gives; found ${lowest} there, and ${values[lower]} with ${others[lower]?.[0]} (say minimalAtTeacher: false where that is meant)`,
    );
}

/** Features that are free to move, moved by Adam. */
async function checkFit(
  loss: DistillationLoss,
  teacher: FeaturePyramid,
  student: FeaturePyramid,
  report: Report,
): Promise<void> {
  const features = variablesOf(student);
  const optimizer = adam({ learningRate: 0.02, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 });
  const before = await lossValue(loss, teacher, student, report);
  try {
    for (let index = 0; index < fitSteps; index++)
      await attempt(report, 'a training step', () =>
        tidy(() => optimizer.step(features, lossGradients(loss, teacher, features))),
      );
    const after = await lossValue(loss, teacher, features as unknown as FeaturePyramid, report);
    if (!(after < before))
      report(`must get lower in ${fitSteps} steps of training; it was ${before} and became ${after}`);
  } finally {
    optimizer.dispose();
    dispose(features);
  }
}

const dot = (a: Direction, b: Direction): number =>
  Object.entries(a).reduce(
    (total, [layer, values]) =>
      values.reduce((sum, value, index) => sum + value * (b[layer]?.[index] as number), total),
    0,
  );

const mapDirection = (
  direction: Direction,
  change: (values: Float32Array, index: number) => Float32Array,
): Direction =>
  Object.fromEntries(
    Object.entries(direction).map(([layer, values], index) => [layer, change(values, index)]),
  );

const largestOf = (values: Float32Array): number =>
  values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);

/** A hash of the index gives each sign, so that they are the same wherever this runs. */
const randomSigns = (length: number, seed: number): Float32Array =>
  Float32Array.from({ length }, (_, index) => {
    let hash = Math.imul(index + 1, 0x9e3779b1) ^ Math.imul(seed + 1, 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 15), 0x2c1b3c6d);
    return (hash ^ (hash >>> 13)) & 1 ? 1 : -1;
  });
