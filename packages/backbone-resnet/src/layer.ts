/** The pieces a network is put together from, as values: what each computes, and the tensors it needs for it, by name. */
import { type BackboneMode, tf } from '@adfw/core';
import { type BatchNormVariables, batchNormEval, batchNormTrain } from './batch-norm.js';
import * as kernels from './convolution.js';

/** What a tensor of a network is for, which decides how it starts and whether it is learnt or counted. */
export type TensorRole = 'kernel' | 'scale' | 'offset' | 'mean' | 'variance';

export interface TensorSpec {
  /** torchvision's name: `layer1.0.conv1.weight`. */
  readonly name: string;
  readonly role: TensorRole;
  /** `[kh, kw, C, K]` for a kernel, `[C]` for the rest. */
  readonly shape: readonly number[];
}

/** What a layer runs with: the network's variables by name, and the mode. */
export interface Pass {
  readonly variables: Readonly<Record<string, tf.Variable>>;
  readonly mode: BackboneMode;
  /** How far training moves the running statistics to those of the batch, PyTorch's tenth by default. */
  readonly momentum?: number;
}

export interface Layer {
  readonly tensors: readonly TensorSpec[];
  /** `[N, H, W, C]` to `[N, H', W', C']`. */
  apply(x: tf.Tensor4D, pass: Pass): tf.Tensor4D;
}

export const sequence = (...layers: readonly Layer[]): Layer => ({
  tensors: layers.flatMap(({ tensors }) => tensors),
  apply: (x, pass) => layers.reduce((value, layer) => layer.apply(value, pass), x),
});

/** relu(branch(x) + shortcut(x)): He et al. 2016, eqs 1 and 2. */
export const residual = (branch: Layer, shortcut: Layer): Layer => ({
  tensors: [...branch.tensors, ...shortcut.tensors],
  apply: (x, pass) => tf.relu(tf.add(branch.apply(x, pass), shortcut.apply(x, pass))) as tf.Tensor4D,
});

export const identity: Layer = { tensors: [], apply: (x) => x };
export const relu: Layer = { tensors: [], apply: (x) => tf.relu(x) };
export const maxPool: Layer = { tensors: [], apply: kernels.maxPool };

export function convolution(
  name: string,
  inputs: number,
  outputs: number,
  { size, stride = 1 }: { size: number; stride?: number },
): Layer {
  const kernel: TensorSpec = { name: `${name}.weight`, role: 'kernel', shape: [size, size, inputs, outputs] };
  return {
    tensors: [kernel],
    apply: (x, { variables }) =>
      kernels.convolution(x, variables[kernel.name] as tf.Variable<tf.Rank.R4>, stride),
  };
}

export function batchNorm(name: string, channels: number): Layer {
  const { tensors, variablesIn } = batchNormTensors(name, channels);
  return {
    tensors,
    apply: (x, pass) =>
      pass.mode === 'train'
        ? batchNormTrain(x, variablesIn(pass), pass.momentum)
        : batchNormEval(x, variablesIn(pass)),
  };
}

function batchNormTensors(name: string, channels: number) {
  const tensor = (key: string, role: TensorRole): TensorSpec => ({
    name: `${name}.${key}`,
    role,
    shape: [channels],
  });
  const scale = tensor('weight', 'scale');
  const offset = tensor('bias', 'offset');
  const mean = tensor('running_mean', 'mean');
  const variance = tensor('running_var', 'variance');
  const variablesIn = ({ variables }: Pass): BatchNormVariables => {
    const variable = ({ name }: TensorSpec) => variables[name] as tf.Variable<tf.Rank.R1>;
    return {
      scale: variable(scale),
      offset: variable(offset),
      runningMean: variable(mean),
      runningVariance: variable(variance),
    };
  };
  return { tensors: [scale, offset, mean, variance], variablesIn };
}

/**
 * What a ResNet begins with: a convolution of 7x7 with stride 2, batch normalisation, ReLU and the pooling of
 * {@link maxPool}, of 3 to `channels` channels. In training the pooling comes first, since the image is four times as large
 * before it; the kernel takes the signs of the scale, with which that gives the same.
 */
export function stem(convolutionName: string, batchNormName: string, channels: number): Layer {
  const size = { size: 7, stride: 2 };
  const first = convolution(convolutionName, 3, channels, size);
  const { tensors, variablesIn } = batchNormTensors(batchNormName, channels);
  const inOrder = sequence(first, batchNorm(batchNormName, channels), relu, maxPool);
  const [kernel] = first.tensors as [TensorSpec];
  return {
    tensors: [...first.tensors, ...tensors],
    apply(x, pass) {
      if (pass.mode === 'eval') return inOrder.apply(x, pass);
      const variables = variablesIn(pass);
      const signs = tf.sub(tf.mul(tf.step(variables.scale), 2), 1);
      const flipped = tf.mul(pass.variables[kernel.name] as tf.Variable<tf.Rank.R4>, signs) as tf.Tensor4D;
      const pooled = batchNormTrain(kernels.convolution(x, flipped, size.stride), variables, pass.momentum, {
        pool: kernels.maxPool,
        unpool: kernels.maxPoolGradient,
        flip: (vector) => tf.mul(vector, signs),
      });
      return tf.relu(pooled);
    },
  };
}
