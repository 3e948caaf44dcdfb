import { type Backbone, ConfigurationError, type Part, tf } from '@adfw/core';
import {
  createVariables,
  initialValues,
  passOf,
  type Start,
  standardResidualScaleOption,
} from '@adfw/networks';
import { bottleneckEmbedding, type Fusion } from './bottleneck-embedding.js';
import { decoder } from './decoder.js';
import { levelSizes, type PyramidLevel, pyramidLevels } from './pyramid-levels.js';
import type { BlockShape } from './residual-blocks.js';

export interface ReverseStudentOptions extends BlockShape, Start {
  /** Residual blocks in the embedding and in each stage of the decoder. */
  readonly blocks: number;
  /** Where a stage of the decoder has another number of blocks, by its layer. */
  readonly layerBlocks: Readonly<Record<string, number>>;
  /** Channels of the embedding, as a multiple of those of the deepest layer. */
  readonly embeddingFactor: number;
  readonly fusion: Fusion;
}

/**
 * The student of Reverse Distillation (Deng and Li 2022): it does not see the images, but decodes what the teacher saw in them
 * from a compact embedding. Its variables are `mff.…`, `oce.…` and `decoder.LAYER.…`.
 *
 * @param teacher the layers it is to give, shallow to deep, and their channels.
 * @throws ConfigurationError where `layerBlocks` names a layer that is not decoded. Its `features` throws one where it is given
 *   no pyramid, or one whose layers do not halve in size.
 */
export function createReverseStudent(
  { layers, channels }: Pick<Backbone, 'layers' | 'channels'>,
  { blocks, layerBlocks, embeddingFactor, fusion, block, innerFactor, residualScale }: ReverseStudentOptions,
  seed: number,
): Backbone {
  const levels = pyramidLevels(layers, channels);
  checkLayerBlocks(layerBlocks, levels);
  const shape: BlockShape = { block, innerFactor };
  const { channels: deepest } = levels.at(-1) as PyramidLevel;
  const outputs = Math.max(1, Math.round(deepest * embeddingFactor));
  const embedding = bottleneckEmbedding(levels, { ...shape, blocks, fusion, outputs });
  const decode = decoder(levels, outputs, (level) => layerBlocks[level] ?? blocks, shape);

  const { parameters, statistics } = createVariables(
    [...embedding.tensors, ...decode.tensors],
    (spec) => initialValues(spec, seed, residualScale === undefined ? {} : { residualScale }),
    { trainable: true },
  );
  const variables = { ...parameters, ...statistics };
  return {
    layers,
    channels,
    parameters,
    statistics,
    features(_images, mode, teacher) {
      if (!teacher)
        throw new ConfigurationError(
          "A reverse-distillation student decodes the teacher's features, and it was given none: pass the teacher's pyramid of the same images to features().",
        );
      const pass = passOf(variables, mode);
      const sizes = levelSizes(levels, teacher);
      return tf.tidy(() => decode.apply(embedding.apply(teacher, pass), sizes, pass));
    },
    dispose: () => tf.dispose(variables),
  };
}

function checkLayerBlocks(
  layerBlocks: Readonly<Record<string, number>>,
  levels: readonly PyramidLevel[],
): void {
  const names = levels.map(({ name }) => name);
  const unknown = Object.keys(layerBlocks).find((name) => !names.includes(name));
  if (unknown === undefined) return;
  throw new ConfigurationError(
    `layerBlocks names "${unknown}", which is not decoded; the layers that are: ${names.join(', ')}.`,
  );
}

export const reverseStudentPart: Part<'backbone'> = {
  kind: 'backbone',
  name: 'reverse-distillation',
  summary:
    "A student that decodes the teacher's features from a compact embedding of them, and gives its layers back from deep to shallow.",
  reference:
    'Deng and Li 2022, "Anomaly Detection via Reverse Distillation from One-Class Embedding", sections 3.1 and 3.2; thesis figure 3.7',
  options: {
    block: {
      enum: ['basic', 'bottleneck'],
      default: 'basic',
      description:
        "How its residual blocks are built, best as the teacher's: two 3x3 convolutions (ResNet-18 and 34), or a 3x3 one between two of 1x1 (ResNet-50).",
    },
    innerFactor: {
      type: 'number',
      exclusiveMinimum: 0,
      default: 1,
      description:
        'Channels inside a bottleneck block, as a multiple of a quarter of those it gives: 2 mirrors a Wide ResNet-50-2.',
    },
    blocks: {
      type: 'integer',
      minimum: 1,
      default: 2,
      description: 'Residual blocks in the embedding and for each layer of the decoder: 2 mirrors ResNet-18.',
    },
    layerBlocks: {
      type: 'object',
      additionalProperties: { type: 'integer', minimum: 1 },
      default: {},
      description:
        'Residual blocks for a layer of the decoder, by its name, where they should differ from `blocks`: {"layer2": 4}.',
    },
    embeddingFactor: {
      type: 'number',
      exclusiveMinimum: 0,
      default: 2,
      description:
        "Channels of the embedding, as a multiple of the deepest layer's: 2 is the paper's, less a narrower bottleneck.",
    },
    fusion: {
      enum: ['convolution', 'concatenation'],
      default: 'convolution',
      description:
        "What enters the embedding of the layers brought to one size: what a 1x1 convolution mixes of them, as many channels as the deepest layer has (the paper), or all of their channels (the authors' code).",
    },
    residualScale: standardResidualScaleOption,
  },
  create(options: ReverseStudentOptions, { frozen, seed, target }) {
    if (frozen || !target)
      throw new ConfigurationError(
        'This backbone can only be a student: it decodes what a teacher sees. Give the teacher another type, such as "resnet18".',
      );
    return createReverseStudent(target, options, seed);
  },
};
