/** What every part made of a residual network has in common: options, weights, and whether it is frozen. */
import { type Backbone, ConfigurationError, type ContextOf, type JsonSchema } from '@adfw/core';
import { type PartStart, TRAINED_RESIDUAL_SCALE } from '../layers/initialization.js';
import type { StateDict } from '../weights/state-dict.js';
import { loadWeights } from '../weights/weight-file.js';
import { STANDARD_CLASSES } from './architectures.js';
import { checkFits } from './check-fits.js';
import { describeNetwork } from './network.js';
import { createNetwork } from './network-backbone.js';
import { logitsName, type NetworkShape } from './network-shape.js';

export const classesOption = {
  type: 'integer',
  minimum: 1,
  default: STANDARD_CLASSES,
  description: `How many numbers the layer \`${logitsName}\` gives, where it is among the layers. ${STANDARD_CLASSES} is ImageNet's.`,
} as const satisfies JsonSchema;

/**
 * A network as an experiment describes it: with its weights, and frozen where it is not to be trained. A frozen one that stays random
 * is calibrated.
 *
 * @param weights `random`, or the path of a file.
 * @throws ConfigurationError for layers it does not have, and a start where a file has the numbers.
 * @throws DataError for a file of weights that is damaged or another network's.
 */
export async function createNetworkPart(
  shape: NetworkShape,
  { weights, residualScale = null }: PartStart & { readonly weights: string },
  { layers, frozen, seed, restoring }: ContextOf<'backbone'>,
): Promise<Backbone> {
  // Where a document was written out before networks that are trained had a start of their own, one with weights has a 1.
  if (weights !== 'random' && residualScale !== null && residualScale !== 1)
    throw new ConfigurationError(
      `residualScale is ${residualScale}, but the network does not start at random: its scales are those of ${weights}. Leave it out, or use "weights": "random".`,
    );
  const state = weights === 'random' || restoring ? undefined : await readState(shape, layers, weights);
  return createNetwork(shape, {
    layers,
    seed,
    blank: restoring === true,
    calibrated: frozen && !state && !restoring,
    frozen,
    residualScale: residualScale ?? (frozen ? 1 : TRAINED_RESIDUAL_SCALE),
    ...(state && { state }),
  });
}

async function readState(shape: NetworkShape, layers: readonly string[], path: string): Promise<StateDict> {
  const needed = new Set(describeNetwork(shape, layers).tensors.map(({ name }) => name));
  const { shapes, state } = await loadWeights(path, (name) => needed.has(name));
  checkFits(shape, layers, shapes, path);
  return state;
}
