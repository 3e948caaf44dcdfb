import type { Backbone } from '@adfw/core';
import { type ResNetArchitecture, type ResNetVariation, resNetShape } from './architectures.js';
import { createNetwork, type NetworkOptions } from './network-backbone.js';

export interface ResNetOptions extends NetworkOptions, ResNetVariation {}

/**
 * A ResNet up to the last of `layers` (He et al. 2016, "Deep Residual Learning for Image Recognition"): {@link createNetwork}
 * of a standard shape.
 *
 * @throws ConfigurationError for layers it does not have.
 * @throws DataError where `state` lacks a tensor or has one of another shape.
 */
export const createResNet = (architecture: ResNetArchitecture, options: ResNetOptions): Backbone =>
  createNetwork(resNetShape(architecture, options), options);
