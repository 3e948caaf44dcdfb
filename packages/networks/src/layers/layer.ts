/** The pieces a network is put together from, as values: what each computes, and the tensors it needs for it, by name. */
import { type Mode, tf } from '@adfw/core';
import { type BatchNormVariables, batchNormEval, batchNormTrain } from './batch-norm.js';
import * as kernels from './convolution.js';

/** What a tensor of a network is for, which decides how it starts and whether it is learnt or counted. */
export type TensorRole = 'kernel' | 'matrix' | ScaleRole | 'offset' | 'mean' | 'variance';
/** Of batch normalisation: any, or the last one of a residual block's branch. */
export type ScaleRole = 'scale' | 'residual-scale';

export interface TensorSpec {
  /** torchvision's name: `layer1.0.conv1.weight`. */
  readonly name: string;
  readonly role: TensorRole;
  /** `[kh, kw, C, K]` for a kernel, `[C, K]` for the matrix of a fully connected layer, `[C]` for the rest. */
  readonly shape: readonly number[];
}

/** What a layer runs with: the network's variables by name, and whether batch normalisation takes the batch's statistics. */
export interface Pass {
  readonly variables: Readonly<Record<string, tf.Variable>>;
  readonly mode: 'train' | 'eval';
  /** How far training moves the running statistics to those of the batch, PyTorch's tenth by default. */
  readonly momentum?: number;
}

/** How layers run for a network's mode. */
export const passOf = (variables: Pass['variables'], mode: Mode): Pass =>
  mode === 'measure' ? { variables, mode: 'train', momentum: 1 } : { variables, mode };

/** Height and width of a feature map. */
export type MapSize = readonly [height: number, width: number];

export interface Work {
  /** Multiplications that are added up, in convolutions and fully connected layers, for one image. */
  readonly multiplyAdds: number;
  /** The size of the maps that come out. */
  readonly size: MapSize;
}

export interface Layer {
  readonly tensors: readonly TensorSpec[];
  /** `[N, H, W, C]` to `[N, H', W', C']`. */
  apply(x: tf.Tensor4D, pass: Pass): tf.Tensor4D;
  /** What `apply` takes for one image whose maps have this size. */
  work(size: MapSize): Work;
}

export const sequence = (...layers: readonly Layer[]): Layer => ({
  tensors: layers.flatMap(({ tensors }) => tensors),
  apply: (x, pass) => layers.reduce((value, layer) => layer.apply(value, pass), x),
  work: (size) =>
    layers.reduce<Work>(
      (before, layer) => {
        const after = layer.work(before.size);
        return { multiplyAdds: before.multiplyAdds + after.multiplyAdds, size: after.size };
      },
      { multiplyAdds: 0, size },
    ),
});

/** relu(branch(x) + shortcut(x)): He et al. 2016, eqs 1 and 2. */
export const residual = (branch: Layer, shortcut: Layer): Layer => ({
  tensors: [...branch.tensors, ...shortcut.tensors],
  apply: (x, pass) => tf.relu(tf.add(branch.apply(x, pass), shortcut.apply(x, pass))) as tf.Tensor4D,
  work: (size) => {
    const { multiplyAdds, size: after } = branch.work(size);
    return { multiplyAdds: multiplyAdds + shortcut.work(size).multiplyAdds, size: after };
  },
});

const noMultiplyAdds = (size: MapSize): Work => ({ multiplyAdds: 0, size });
const strided = (size: MapSize, stride: number): MapSize => [
  Math.ceil(size[0] / stride),
  Math.ceil(size[1] / stride),
];

export const identity: Layer = { tensors: [], apply: (x) => x, work: noMultiplyAdds };
export const relu: Layer = { tensors: [], apply: (x) => tf.relu(x), work: noMultiplyAdds };
export const leakyRelu = (slope: number): Layer => ({
  tensors: [],
  apply: (x) => tf.leakyRelu(x, slope),
  work: noMultiplyAdds,
});
export const sigmoid: Layer = { tensors: [], apply: (x) => tf.sigmoid(x), work: noMultiplyAdds };
export const tanh: Layer = { tensors: [], apply: (x) => tf.tanh(x), work: noMultiplyAdds };
export const maxPool: Layer = {
  tensors: [],
  apply: kernels.maxPool,
  work: (size) => noMultiplyAdds(strided(size, 2)),
};

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
    work: (before) => {
      const after = strided(before, stride);
      return { multiplyAdds: size * size * inputs * outputs * after[0] * after[1], size: after };
    },
  };
}

export function batchNorm(name: string, channels: number, role: ScaleRole = 'scale'): Layer {
  const { tensors, variablesIn } = batchNormTensors(name, channels, role);
  return {
    tensors,
    apply: (x, pass) =>
      pass.mode === 'train'
        ? batchNormTrain(x, variablesIn(pass), pass.momentum)
        : batchNormEval(x, variablesIn(pass)),
    // A multiplication and an addition a value, which the convolution before it can take into its kernel.
    work: noMultiplyAdds,
  };
}

function batchNormTensors(name: string, channels: number, scaleRole: ScaleRole) {
  const tensor = (key: string, role: TensorRole): TensorSpec => ({
    name: `${name}.${key}`,
    role,
    shape: [channels],
  });
  const scale = tensor('weight', scaleRole);
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
  const { tensors, variablesIn } = batchNormTensors(batchNormName, channels, 'scale');
  const inOrder = sequence(first, batchNorm(batchNormName, channels), relu, maxPool);
  const [kernel] = first.tensors as [TensorSpec];
  return {
    tensors: [...first.tensors, ...tensors],
    work: inOrder.work,
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

/** What a ResNet ends with: the mean over all positions, and a fully connected layer; `[N, H, W, C]` to `[N, 1, 1, K]`. */
export function classifier(name: string, inputs: number, outputs: number): Layer {
  const matrix: TensorSpec = { name: `${name}.weight`, role: 'matrix', shape: [inputs, outputs] };
  const offset: TensorSpec = { name: `${name}.bias`, role: 'offset', shape: [outputs] };
  return {
    tensors: [matrix, offset],
    apply(x, { variables }) {
      const pooled = tf.mean<tf.Tensor2D>(x, [1, 2]);
      const product = tf.matMul(pooled, variables[matrix.name] as tf.Variable<tf.Rank.R2>);
      return tf.reshape(tf.add(product, variables[offset.name] as tf.Variable), [-1, 1, 1, outputs]);
    },
    work: () => ({ multiplyAdds: inputs * outputs, size: [1, 1] }),
  };
}
