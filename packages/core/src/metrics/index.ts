/** Measures of how well scores tell defective from nominal: images, and pixels where there are masks. */

export { auroc, FPR_LIMIT, pixelAuroc } from './auroc.js';
export { type AurocDifference, aurocDifference, aurocInterval, type Interval } from './auroc-interval.js';
export { averagePrecision, pixelAveragePrecision } from './average-precision.js';
export { type BestF1, bestF1, bestPixelF1 } from './best-f1.js';
export { type Confusion, confusion } from './confusion.js';
export {
  type Evaluation,
  type EvaluationInput,
  type EvaluationOptions,
  evaluate,
} from './evaluate.js';
export { normalizeScores } from './normalize-scores.js';
export type { KindMeasures, PartMeasures, SaturatedOverlap, WholeGroups } from './parts.js';
export { AUPIMO_BOUNDS, aupimo } from './pixels/aupimo.js';
export { aupro } from './pixels/aupro.js';
export { connectedComponents } from './pixels/connected-components.js';
export { diceGlobal, diceMean } from './pixels/dice.js';
export { countsBytes } from './pixels/pixel-ranking.js';
export { countDefective, pixelsInMemory } from './pixels/pixels.js';
export { areasUnderSpro, type DefectRegion, defectRegion } from './pixels/spro.js';
export { type PrecisionRecallCurve, precisionRecallCurve } from './precision-recall-curve.js';
export { type RocCurve, rocCurve } from './roc-curve.js';
