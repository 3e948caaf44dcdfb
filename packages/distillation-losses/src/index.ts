/**
 * The kinds of knowledge that can be distilled (thesis section 4.2.1), as losses: features (`l2`, `l1`), relations between
 * layers (`relation`), and the answers of a classification head (`response`).
 */
import { definePlugin } from '@adfw/core';
import { l1LossPart } from './l1-loss.js';
import { l2LossPart } from './l2-loss.js';
import { relationLossPart } from './relation-loss.js';
import { responseLossPart } from './response-loss.js';

export { l1Loss } from './l1-loss.js';
export { type L2Options, l2Loss } from './l2-loss.js';
export type { FeatureOptions } from './layerwise-loss.js';
export { gramMatrix, type LayerPairs, type RelationOptions, relationLoss } from './relation-loss.js';
export { type ResponseOptions, responseLoss } from './response-loss.js';

export const plugin = definePlugin({
  name: '@adfw/distillation-losses',
  parts: [l2LossPart, l1LossPart, relationLossPart, responseLossPart],
});
export default plugin;
