import { type Backbone, ConfigurationError, type JsonSchema, type Part, type PartContext } from '@adfw/core';
import { layerNames, type ResNetArchitecture } from './architectures.js';
import { describeNetwork, type NetworkOptions, STANDARD_WIDTH } from './network.js';
import { createResNet } from './resnet.js';
import { checkFits } from './weights/fit.js';
import { imagenetWeights } from './weights/imagenet.js';
import type { StateDict } from './weights/state-dict.js';
import { loadWeights } from './weights/weight-file.js';

/** Options that every part made of a ResNet has. */
export const commonOptions = {
  width: {
    type: 'integer',
    minimum: 1,
    default: STANDARD_WIDTH,
    description: `Channels of conv1 and layer1; every other width is a multiple. ${STANDARD_WIDTH} is the paper's.`,
  },
  weights: {
    anyOf: [{ enum: ['random', 'imagenet'] }, { type: 'string', format: 'path' }],
    default: 'random',
    description:
      "What it starts from: `random` (from the seed; it makes a weak teacher), `imagenet` (torchvision's, downloaded once), or a .safetensors or .pth file with torchvision's names.",
  },
} as const satisfies Record<string, JsonSchema>;

const innerChannels: JsonSchema = {
  type: 'object',
  properties: Object.fromEntries(layerNames.map((name) => [name, { type: 'integer', minimum: 1 }])),
  additionalProperties: false,
  default: {},
  description:
    'Channels inside the blocks of a layer, by its name, where they should differ from the standard ones: fewer make a bottleneck.',
};

export interface ResNetPartOptions {
  readonly width: number;
  readonly weights: string;
  readonly innerChannels?: NetworkOptions['innerChannels'];
}

/**
 * A ResNet as an experiment describes it: with its weights, and frozen where it is the teacher.
 *
 * @throws ConfigurationError for layers it does not have, or options the ImageNet weights do not suit.
 * @throws DataError for a file of weights that is damaged or another network's.
 */
export async function createResNetPart(
  architecture: ResNetArchitecture,
  { weights, width, innerChannels = {} }: ResNetPartOptions,
  context: PartContext,
): Promise<Backbone> {
  const network: NetworkOptions = { layers: context.layers, width, innerChannels };
  const state = await stateFor(architecture, network, weights, context);
  const isTeacher = context.role === 'teacher';
  return createResNet(architecture, {
    ...network,
    seed: context.seed,
    calibrated: isTeacher && !state && !context.restoring,
    frozen: isTeacher,
    ...(state && { state }),
  });
}

async function stateFor(
  architecture: ResNetArchitecture,
  network: NetworkOptions,
  weights: string,
  { report, signal, restoring }: PartContext,
): Promise<StateDict | undefined> {
  if (weights === 'random' || restoring) return undefined;
  const needed = new Set(describeNetwork(architecture, network).tensors.map(({ name }) => name));
  const isStandard =
    network.width === STANDARD_WIDTH && Object.keys(network.innerChannels ?? {}).length === 0;
  if (weights === 'imagenet' && !isStandard)
    throw new ConfigurationError(
      `The ImageNet weights are for ${architecture} of width ${STANDARD_WIDTH} without innerChannels; use "weights": "random" or a file for another one.`,
    );
  const path =
    weights === 'imagenet'
      ? await imagenetWeights(architecture, { ...(report && { report }), ...(signal && { signal }) })
      : weights;
  const { shapes, state } = await loadWeights(path, (name) => needed.has(name));
  checkFits(architecture, network, shapes, path);
  return state;
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
  options: { ...commonOptions, innerChannels },
  create: (options: ResNetPartOptions, context) => createResNetPart(architecture, options, context),
});
