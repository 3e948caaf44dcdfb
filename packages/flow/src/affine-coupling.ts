/** Affine coupling layers (Dinh et al. 2017, "Density estimation using Real NVP", eqs. 7 and 8), the step of every flow here. */
import { tf } from '@adfw/core';
import type { Permutation } from './permutation.js';

/** What a half of the channels says of the other: `[…, C]` to `[…, 2 D]`, scales and then offsets for the other half's D channels. */
export type Subnet = <T extends tf.Tensor>(half: T) => T;

/** An invertible step, and the logarithm of how much it stretches space. */
export interface FlowStep {
  /** @returns z, and log |det ∂z/∂x| of each image, `[N]`. */
  forward<T extends tf.Tensor>(x: T): { readonly z: T; readonly logDeterminant: tf.Tensor1D };
  /** The x that {@link forward} makes z of. */
  inverse<T extends tf.Tensor>(z: T): T;
}

export interface AffineCouplingOptions {
  /** Of x and z. */
  readonly channels: number;
  /** Applied to x before it is split. */
  readonly permutation: Permutation;
  readonly subnet: Subnet;
  /** α: no channel is stretched by more than e^α, or pressed by more than e^-α. */
  readonly clamp: number;
}

/** How many channels the half has that is left as it is. */
export const keptChannels = (channels: number): number => channels - Math.floor(channels / 2);

/**
 * Of the permuted x, the first half x₁ is kept, and the second becomes z₂ = x₂ · exp(s(x₁)) + t(x₁): s and t are the subnet's, s
 * softly clamped, so that log |det| is the sum of s.
 */
export function affineCoupling({ channels, permutation, subnet, clamp }: AffineCouplingOptions): FlowStep {
  const kept = keptChannels(channels);
  const changed = channels - kept;
  const parts = <T extends tf.Tensor>(x: T) => tf.split(x, [kept, changed], -1) as [T, T];
  const scaleAndOffset = <T extends tf.Tensor>(half: T) => {
    const [scale, offset] = tf.split(subnet(half), [changed, changed], -1) as [T, T];
    return { scale: softClamp(scale, clamp), offset };
  };
  return {
    forward: <T extends tf.Tensor>(x: T) => {
      const [half, other] = parts(permutation.apply(x));
      const { scale, offset } = scaleAndOffset(half);
      const z = tf.add(tf.mul(other, tf.exp(scale)), offset);
      return { z: tf.concat([half, z as T], -1) as T, logDeterminant: sumOfImage(scale) };
    },
    inverse: <T extends tf.Tensor>(z: T) => {
      const [half, other] = parts(z);
      const { scale, offset } = scaleAndOffset(half);
      const x = tf.mul(tf.sub(other, offset), tf.exp(tf.neg(scale)));
      return permutation.undo(tf.concat([half, x as T], -1) as T);
    },
  };
}

/** 2α/π · atan(x / α), between -α and α (Ardizzone et al. 2019, "Guided image generation with conditional invertible neural networks"). */
const softClamp = <T extends tf.Tensor>(x: T, clamp: number): T =>
  tf.mul(tf.atan(tf.div(x, clamp)), (2 * clamp) / Math.PI) as T;

const sumOfImage = (values: tf.Tensor): tf.Tensor1D =>
  tf.sum(values, values.shape.map((_, axis) => axis).slice(1)) as tf.Tensor1D;

/** Several steps, one after another. */
export const composedFlow = (steps: readonly FlowStep[]): FlowStep => ({
  forward: <T extends tf.Tensor>(x: T) => {
    const determinants: tf.Tensor1D[] = [];
    let z = x;
    for (const step of steps) {
      const next = step.forward(z);
      z = next.z;
      determinants.push(next.logDeterminant);
    }
    return { z, logDeterminant: tf.addN(determinants) as tf.Tensor1D };
  },
  inverse: <T extends tf.Tensor>(z: T) => steps.reduceRight((value, step) => step.inverse(value), z),
});
