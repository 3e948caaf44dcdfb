import { type FeaturePyramid, tf } from '@adfw/core';
import {
  batchNorm,
  convolution,
  type Layer,
  type Pass,
  relu,
  sequence,
  type TensorSpec,
} from '@adfw/networks';
import type { PyramidLevel } from './pyramid-levels.js';
import { type BlockShape, residualBlocks } from './residual-blocks.js';

/** What of the layers, brought to one size, enters the embedding. */
export type Fusion = 'convolution' | 'concatenation';

export interface EmbeddingOptions extends BlockShape {
  readonly blocks: number;
  readonly fusion: Fusion;
  /** Channels of the embedding. */
  readonly outputs: number;
}

/** The trainable one-class bottleneck embedding: a teacher's pyramid to its compact code. */
export interface BottleneckEmbedding {
  readonly tensors: readonly TensorSpec[];
  /** @returns `[N, ⌈Hₖ / 2⌉, ⌈Wₖ / 2⌉, outputs]`, of the size of the deepest layer. */
  apply(pyramid: FeaturePyramid, pass: Pass): tf.Tensor4D;
}

/**
 * OCBE of Deng and Li 2022, section 3.2. Multi-scale feature fusion (`mff`): each layer goes through as many 3x3 convolutions
 * of stride 2, with batch normalisation and ReLU, as bring it to the size of the deepest; all are joined along the channels, and a
 * 1x1 convolution makes them as many as the deepest layer has. One-class embedding (`oce`): a stage of residual blocks that
 * halves height and width, ResNet's fourth.
 */
export function bottleneckEmbedding(
  levels: readonly PyramidLevel[],
  { blocks, fusion, outputs, ...shape }: EmbeddingOptions,
): BottleneckEmbedding {
  const deepest = (levels.at(-1) as PyramidLevel).channels;
  const branches = levels.flatMap(({ name, channels, given }, index) =>
    given ? [{ name, ...alignment(name, channels, deepest, levels.length - 1 - index) }] : [],
  );
  const joined = branches.reduce((sum, { outputs }) => sum + outputs, 0);
  const fused = fusion === 'convolution' ? normalized('mff.fusion', joined, deepest, { size: 1 }) : undefined;
  const embedding = sequence(
    ...(fused ? [fused] : []),
    ...residualBlocks('oce', blocks, {
      ...shape,
      inputs: fused ? deepest : joined,
      outputs,
      resampling: 'down',
    }),
  );
  return {
    tensors: [...branches.flatMap(({ layer }) => layer.tensors), ...embedding.tensors],
    apply(pyramid, pass) {
      const aligned = branches.map(({ name, layer }) => layer.apply(pyramid[name] as tf.Tensor4D, pass));
      return embedding.apply(tf.concat(aligned, -1), pass);
    },
  };
}

/** Halves height and width `halvings` times, doubling the channels up to those of the deepest layer. */
function alignment(
  name: string,
  channels: number,
  deepest: number,
  halvings: number,
): { layer: Layer; outputs: number } {
  let outputs = channels;
  const steps = Array.from({ length: halvings }, (_, step) => {
    const inputs = outputs;
    outputs = step === halvings - 1 ? deepest : Math.min(2 * inputs, deepest);
    return normalized(`mff.${name}.${step}`, inputs, outputs, { size: 3, stride: 2 });
  });
  return { layer: sequence(...steps), outputs };
}

const normalized = (
  name: string,
  inputs: number,
  outputs: number,
  kernel: { size: number; stride?: number },
): Layer =>
  sequence(convolution(`${name}.conv`, inputs, outputs, kernel), batchNorm(`${name}.bn`, outputs), relu);
