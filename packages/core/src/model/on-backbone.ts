import type { Backbone } from '../contracts/backbone.js';
import type { Model } from '../contracts/model.js';
import type { Stateful } from '../contracts/stateful.js';
import { imagenetNormalization } from '../tensors/normalization.js';

/** What a model has that works on a frozen network: the network, its normalisation, and what it has learnt itself. */
export const onBackbone = (
  backbone: Backbone,
  learnt: Stateful,
): Pick<Model, 'normalization' | keyof Stateful> & { readonly backbone: Backbone } => ({
  backbone,
  normalization: backbone.normalization ?? imagenetNormalization,
  ...learnt,
  dispose() {
    learnt.dispose();
    backbone.dispose();
  },
});
