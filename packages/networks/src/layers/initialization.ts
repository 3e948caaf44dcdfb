import type { JsonSchema } from '@adfw/core';
import { mersenne } from 'pure-rand/generator/mersenne';
import type { TensorSpec } from './layer.js';

/** What a network that starts at random starts with, beside its random numbers. */
export interface Start {
  /**
   * The scale of the last batch normalisation in the branch of each residual block, 0 to 1, {@link residualScaleOption}.
   */
  readonly residualScale?: number;
  /** The standard deviation of all kernels, in place of the one that He et al. derive. */
  readonly deviation?: number;
}

/** What {@link Start.residualScale} is for a network that is trained, without its own: it learns nearly as fast as from 0, and finds what one from 1 finds (docs/training.md). */
export const TRAINED_RESIDUAL_SCALE = 0.5;

const residualScaleMeaning =
  "What the scale of the last batch normalisation of each residual block starts at, for a network that starts at random: 1 is torchvision's, with 0 each block starts as its shortcut alone (Goyal et al. 2017, section 5.1).";

/** Of networks that are trained or frozen. */
export const residualScaleOption = {
  type: ['number', 'null'],
  minimum: 0,
  maximum: 1,
  default: null,
  description: `${residualScaleMeaning} null is ${TRAINED_RESIDUAL_SCALE} for a network that is trained, and 1 for one that is frozen.`,
} as const satisfies JsonSchema;

/** Of networks that start as in torchvision. */
export const standardResidualScaleOption = {
  type: 'number',
  minimum: 0,
  maximum: 1,
  default: 1,
  description: residualScaleMeaning,
} as const satisfies JsonSchema;

/** {@link residualScaleOption} as it is given. */
export interface PartStart {
  readonly residualScale?: number | null;
}

/**
 * What a tensor of a new network holds: kernels are drawn from He et al. 2015's normal distribution (section 2.2, the
 * backward case, fan-out: variance 2 / (kh·kw·K); torchvision's `kaiming_normal_`), the matrix of a fully connected layer
 * uniformly between ±1/√C (PyTorch's `Linear`), and batch normalisation begins as the identity, the last one of a residual
 * block's branch multiplied with `residualScale`. Offsets are zero. With `deviation` kernels have that one.
 *
 * Each tensor has a stream of random numbers of its own, which depends on `seed` and the tensor's name alone: two networks that
 * share a tensor begin with the same numbers in it, however many layers each has.
 */
export function initialValues(
  { name, role, shape }: TensorSpec,
  seed: number,
  { residualScale = 1, deviation }: Start = {},
): Float32Array<ArrayBuffer> {
  const values = new Float32Array(shape.reduce((product, length) => product * length, 1));
  if (role === 'scale' || role === 'variance') values.fill(1);
  if (role === 'residual-scale') values.fill(residualScale);
  if (role === 'kernel') {
    const [height, width, , outputs] = shape as [number, number, number, number];
    fillNormal(values, deviation ?? Math.sqrt(2 / (height * width * outputs)), hash(`${seed}/${name}`));
  }
  if (role === 'matrix') {
    const [inputs] = shape as [number, number];
    const next = uniformNumbers(hash(`${seed}/${name}`));
    for (let index = 0; index < values.length; index++) values[index] = (2 * next() - 1) / Math.sqrt(inputs);
  }
  return values;
}

/** Box and Muller 1958: two uniform numbers make two normal ones. */
function fillNormal(values: Float32Array, deviation: number, seed: number): void {
  const uniform = uniformNumbers(seed);
  for (let index = 0; index < values.length; index += 2) {
    const radius = deviation * Math.sqrt(-2 * Math.log(uniform()));
    const angle = 2 * Math.PI * uniform();
    values[index] = radius * Math.cos(angle);
    if (index + 1 < values.length) values[index + 1] = radius * Math.sin(angle);
  }
}

/** Between 0 and 1, and neither. */
function uniformNumbers(seed: number): () => number {
  const generator = mersenne(seed);
  return () => ((generator.next() >>> 0) + 0.5) / 2 ** 32;
}

/** FNV-1a, 32 bits, over UTF-16 code units. */
function hash(text: string): number {
  let value = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    value = Math.imul(value ^ text.charCodeAt(index), 0x01000193);
  return value;
}
