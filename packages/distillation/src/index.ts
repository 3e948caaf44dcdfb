/**
 * Distillation: the kinds of knowledge that can be distilled (thesis section 4.2.1), as losses: features (`l2`, `l1`), relations between
 * layers (`relation`), and the answers of a classification head (`response`); the loss and the score of STFPM (section 4.4); and the
 * model of teacher and students that they are for.
 */
import { definePlugin } from '@adfw/core';
import { distillationPart } from './distillation-model.js';
import { cosineLossPart } from './losses/cosine-loss.js';
import { l1LossPart } from './losses/l1-loss.js';
import { l2LossPart } from './losses/l2-loss.js';
import { relationLossPart } from './losses/relation-loss.js';
import { responseLossPart } from './losses/response-loss.js';
import { distanceScorePart } from './scores/distance-score.js';

export { withAdapter } from './adapter.js';
export { cosineLoss, type FeatureVectors } from './losses/cosine-loss.js';
export { l1Loss } from './losses/l1-loss.js';
export { type L2Options, l2Loss } from './losses/l2-loss.js';
export type { FeatureOptions } from './losses/layerwise-loss.js';
export type { Reduction } from './losses/reduction.js';
export { gramMatrix, type LayerPairs, type RelationOptions, relationLoss } from './losses/relation-loss.js';
export { type ResponseOptions, responseLoss } from './losses/response-loss.js';
export { distance } from './scores/distance-score.js';
export { type LayerScore, layerwiseScore } from './scores/layerwise-score.js';
export { type StandardizedFeatures, standardizedFeatures } from './standardized-features.js';

export const plugin = definePlugin({
  name: '@adfw/distillation',
  parts: [
    distillationPart,
    cosineLossPart,
    l2LossPart,
    l1LossPart,
    relationLossPart,
    responseLossPart,
    distanceScorePart,
  ],
});
export default plugin;
