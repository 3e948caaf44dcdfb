/**
 * The kinds of knowledge that can be distilled (thesis section 4.2.1), as losses: features (`l2`, `l1`), relations between
 * layers (`relation`), and the answers of a classification head (`response`). With them what
 * methods share: the loss and the score of STFPM (section 4.4).
 */
import { definePlugin } from '@adfw/core';
import { l1LossPart } from './losses/l1-loss.js';
import { l2LossPart } from './losses/l2-loss.js';
import { relationLossPart } from './losses/relation-loss.js';
import { responseLossPart } from './losses/response-loss.js';

export { cosineLoss, cosineLossPart, type FeatureVectors } from './losses/cosine-loss.js';
export { l1Loss } from './losses/l1-loss.js';
export { type L2Options, l2Loss } from './losses/l2-loss.js';
export type { FeatureOptions } from './losses/layerwise-loss.js';
export * from './losses/reduction.js';
export { gramMatrix, type LayerPairs, type RelationOptions, relationLoss } from './losses/relation-loss.js';
export { type ResponseOptions, responseLoss } from './losses/response-loss.js';
export { distance, distanceScorePart } from './scores/distance-score.js';

export const plugin = definePlugin({
  name: '@adfw/distillation',
  parts: [l2LossPart, l1LossPart, relationLossPart, responseLossPart],
});
export default plugin;
