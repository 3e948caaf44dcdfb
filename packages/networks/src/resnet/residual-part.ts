import type { JsonSchema, Part } from '@adfw/core';
import { type PartStart, residualScaleOption } from '../layers/initialization.js';
import { classesOption, createNetworkPart } from './network-part.js';
import { layerNames } from './network-shape.js';
import { type ResidualShapeOptions, residualShape } from './residual-shape.js';

const count = { type: 'integer', minimum: 1 } as const satisfies JsonSchema;
const perBlock = {
  anyOf: [count, { type: 'array', items: count, minItems: 1 }],
} as const satisfies JsonSchema;

const byLayer = (
  schema: JsonSchema,
  description: string,
  more: Record<string, JsonSchema> = {},
): JsonSchema => ({
  type: 'object',
  properties: { ...more, ...Object.fromEntries(layerNames.map((name) => [name, schema])) },
  additionalProperties: false,
  default: {},
  description,
});

const options = {
  width: {
    ...count,
    default: 16,
    description:
      'Channels of the stem and of layer1; each layer after it has twice as many as the one before.',
  },
  block: {
    enum: ['basic', 'bottleneck'],
    default: 'basic',
    description:
      'What a block is: two 3x3 convolutions (basic), or a 3x3 one between two 1x1 ones (bottleneck).',
  },
  blocks: byLayer(count, 'Blocks of a layer, by its name; one where nothing is said.'),
  channels: byLayer(
    perBlock,
    'Channels that the stem or a layer gives, by its name, where they differ from those of `width`; a list has one number for each block.',
    { stem: count },
  ),
  innerChannels: byLayer(
    perBlock,
    'Channels inside the blocks of a layer, by its name; without it those that the block gives (basic) or a quarter of them (bottleneck).',
  ),
  weights: {
    anyOf: [{ enum: ['random'] }, { type: 'string', format: 'path' }],
    default: 'random',
    description:
      "What it starts from: `random` (from the seed), or a .safetensors or .pth file of such a network with torchvision's names.",
  },
  residualScale: residualScaleOption,
  classes: classesOption,
} as const satisfies Record<string, JsonSchema>;

export const residualPart: Part<'backbone'> = {
  kind: 'backbone',
  name: 'residual',
  summary: 'A residual network of any depth and width, as thin as you like: one block a layer by default.',
  reference: 'He et al. 2016, with 1x1 convolutions in residual connections: thesis chapter 7',
  options,
  create: (
    { weights, residualScale, ...shape }: ResidualShapeOptions & Required<PartStart> & { weights: string },
    context,
  ) => createNetworkPart(residualShape(shape), { weights, residualScale }, context),
};
