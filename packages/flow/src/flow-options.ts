/** Options of every model whose density is of the features of a network. */
import { type JsonSchema, slot } from '@adfw/core';

export const backboneOption = slot(
  'backbone',
  'The network whose features the density is of; it is never trained.',
  { default: { type: 'resnet18', weights: 'imagenet' }, pretrained: true },
);

export const stepsOption = {
  type: 'integer',
  minimum: 1,
  default: 8,
  description: 'Coupling steps of a flow.',
} as const satisfies JsonSchema;

/** Soft clamping (Ardizzone et al. 2019); the default is the method's own. */
export const clampOption = {
  type: 'number',
  exclusiveMinimum: 0,
  description: 'By how much a step may stretch or press a channel at most, as a power of e.',
} as const satisfies JsonSchema;
