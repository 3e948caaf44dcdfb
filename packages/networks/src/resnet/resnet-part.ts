import { type Backbone, ConfigurationError, type ContextOf, type JsonSchema, type Part } from '@adfw/core';
import { type PartStart, residualScaleOption } from '../layers/initialization.js';
import {
  type ResNetArchitecture,
  type ResNetVariation,
  resNetShape,
  STANDARD_WIDTH,
} from './architectures.js';
import { builtInVariation } from './built-in.js';
import { builtInWeights } from './built-in-file.js';
import { imagenetWeights } from './imagenet.js';
import { describeNetwork } from './network.js';
import { classesOption, createNetworkPart } from './network-part.js';
import { layerNames } from './network-shape.js';

/** Options that every part made of a standard ResNet has. */
export const commonOptions = {
  width: {
    type: 'integer',
    minimum: 1,
    default: STANDARD_WIDTH,
    description: `Channels of conv1 and layer1; every other width is a multiple. ${STANDARD_WIDTH} is the paper's.`,
  },
  weights: {
    anyOf: [{ enum: ['random', 'imagenet', 'built-in'] }, { type: 'string', format: 'path' }],
    default: 'random',
    description:
      "What it starts from: `random` (from the seed; its features are weak), `imagenet` (torchvision's, downloaded once), `built-in` (a small network that comes with adfw: resnet18 with half of the channels inside its blocks, up to layer3), or a .safetensors or .pth file with torchvision's names.",
  },
  residualScale: residualScaleOption,
} as const satisfies Record<string, JsonSchema>;

const innerChannels: JsonSchema = {
  type: 'object',
  properties: Object.fromEntries(layerNames.map((name) => [name, { type: 'integer', minimum: 1 }])),
  additionalProperties: false,
  default: {},
  description:
    'Channels inside the blocks of a layer, by its name, where they should differ from the standard ones: fewer make a bottleneck.',
};

export interface ResNetPartOptions extends ResNetVariation, PartStart {
  readonly width: number;
  readonly weights: string;
}

/**
 * A ResNet as an experiment describes it: with its weights, and frozen where it is not to be trained.
 *
 * @throws ConfigurationError for layers it does not have, or options that the ImageNet or built-in weights do not suit.
 * @throws DataError for a file of weights that is damaged or another network's.
 */
export async function createResNetPart(
  architecture: ResNetArchitecture,
  { weights, residualScale = null, ...variation }: ResNetPartOptions,
  context: ContextOf<'backbone'>,
): Promise<Backbone> {
  const isBuiltIn = weights === 'built-in';
  const own = isBuiltIn ? builtInVariation(architecture, variation, context.layers) : variation;
  const shape = resNetShape(architecture, own);
  if (context.restoring) return createNetworkPart(shape, { weights: 'random' }, context);
  if (isBuiltIn) return createNetworkPart(shape, { weights: builtInWeights(), residualScale }, context);
  if (weights !== 'imagenet') return createNetworkPart(shape, { weights, residualScale }, context);
  const { width, innerChannels = {} } = variation;
  if (width !== STANDARD_WIDTH || Object.keys(innerChannels).length > 0)
    throw new ConfigurationError(
      `The ImageNet weights are for ${architecture} of width ${STANDARD_WIDTH} without innerChannels; use "weights": "random" or a file for another one.`,
    );
  // Before a download, which takes long.
  describeNetwork(shape, context.layers);
  const { report, signal } = context;
  const path = await imagenetWeights(architecture, { ...(report && { report }), ...(signal && { signal }) });
  return createNetworkPart(shape, { weights: path, residualScale }, context);
}

export const resnetPart = (
  architecture: ResNetArchitecture,
  summary: string,
  reference: string,
): Part<'backbone'> => ({
  kind: 'backbone',
  name: architecture,
  summary,
  reference,
  options: { ...commonOptions, innerChannels, classes: classesOption },
  create: (options: ResNetPartOptions, context) => createResNetPart(architecture, options, context),
});
