import { type FeaturePyramid, tf } from '@adfw/core';
import type { Pass, TensorSpec } from '@adfw/networks';
import type { MapSize, PyramidLevel } from './pyramid-levels.js';
import { type BlockShape, residualBlocks } from './residual-blocks.js';

export interface Decoder {
  readonly tensors: readonly TensorSpec[];
  /**
   * @param embedding what the embedding gives, of half the size of the deepest level.
   * @param sizes of the maps at each level, which are cropped to it: doubling gives even sizes only.
   * @returns the maps of the levels that the teacher gives.
   */
  apply(embedding: tf.Tensor4D, sizes: readonly MapSize[], pass: Pass): FeaturePyramid;
}

/**
 * The student decoder of Deng and Li 2022, section 3.1: a ResNet turned round, which from the embedding gives the teacher's
 * layers back, the deepest first. A stage of residual blocks a level doubles height and width.
 *
 * @param inputs channels of the embedding.
 * @param blocks how many there are in the stage of a level.
 */
export function decoder(
  levels: readonly PyramidLevel[],
  inputs: number,
  blocks: (level: string) => number,
  shape: BlockShape,
): Decoder {
  const stages = levels.map(({ name, channels, given }, index) => ({
    name,
    given,
    blocks: residualBlocks(`decoder.${name}`, blocks(name), {
      ...shape,
      inputs: levels[index + 1]?.channels ?? inputs,
      outputs: channels,
      resampling: 'up',
    }),
  }));
  return {
    tensors: stages.flatMap(({ blocks }) => blocks.flatMap(({ tensors }) => tensors)),
    apply(embedding, sizes, pass) {
      const pyramid: FeaturePyramid = {};
      let x = embedding;
      for (const [index, { name, given, blocks }] of [...stages.entries()].reverse()) {
        for (const block of blocks) x = cropped(block.apply(x, pass), sizes[index] as MapSize);
        if (given) pyramid[name] = x;
      }
      // Shallow to deep, as the teacher's.
      return Object.fromEntries(Object.entries(pyramid).reverse());
    },
  };
}

function cropped(x: tf.Tensor4D, [height, width]: MapSize): tf.Tensor4D {
  const [images, rows, columns, channels] = x.shape;
  return rows === height && columns === width
    ? x
    : tf.slice(x, [0, 0, 0, 0], [images, height, width, channels]);
}
