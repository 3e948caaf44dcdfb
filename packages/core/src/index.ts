export * from './adapter.js';
export * from './apply.js';
export * from './backbone.js';
export * from './backbone-state.js';
export * from './base-experiment.js';
export * from './checkpoint.js';
export * from './composition.js';
export { type ConformanceOptions, checkConformance } from './conformance/check-conformance.js';
export type { PartTrial } from './conformance/trial.js';
export * from './core-plugin.js';
export * from './create-registry.js';
export * from './data-fingerprint.js';
export * from './dataset.js';
export * from './detector.js';
export * from './distillation.js';
export * from './distillation-loss.js';
export * from './drop-alpha.js';
export * from './errors.js';
export {
  type ExperimentLayer,
  type PartChoice,
  type ResolvedExperiment,
  resolveExperiment,
  type StudentChoice,
  studentChoice,
  type TeacherChoice,
} from './experiment.js';
export { experimentSchema, type PartSlot, partSlots, resolvedExperimentSchema } from './experiment-schema.js';
export * from './feature-pyramid.js';
export * from './fit-detector.js';
export * from './fit-score.js';
export * from './float32.js';
export * from './frame-count.js';
export * from './freeze.js';
export * from './gaussian-smoothing.js';
export * from './half-precision.js';
export * from './hold-out.js';
export * from './image-source.js';
export * from './inversify.js';
export * from './l2-normalize.js';
export * from './layerwise-score.js';
export { type LearningRateSchedule, learningRateFactor } from './learning-rate-schedule.js';
export * from './memory-budget.js';
export * from './metrics/index.js';
export * from './named-random.js';
export * from './nearest-name.js';
export * from './normalized-name.js';
export * from './optimizer.js';
export * from './optimizers/adam.js';
export * from './optimizers/sgd.js';
export * from './part.js';
export * from './path-options.js';
export * from './plugin.js';
export { checkPlugin } from './plugin-check.js';
export * from './predict-image.js';
export * from './random-order.js';
export * from './reduction.js';
export * from './registry.js';
export * from './repeated-images.js';
export * from './resize.js';
export * from './resize-mask.js';
export * from './running-moments.js';
export * from './safetensors.js';
export * from './saved-model.js';
export { describeSchema, faultsError, schemaFaults } from './schema-faults.js';
export * from './score-function.js';
export * from './score-range.js';
export * from './setting.js';
export * from './shell-command.js';
export * from './standardize.js';
export * from './standardized-features.js';
export {
  type SyntheticDefect,
  type SyntheticDefectKind,
  syntheticDefect,
  syntheticDefectKinds,
} from './synthetic-defects.js';
export { evaluateSynthetic, type SyntheticEvaluation } from './synthetic-evaluation.js';
export * from './teacher-features.js';
export * from './tensor-bytes.js';
export * from './tf.js';
export * from './thresholder.js';
export * from './thresholds/false-alarm-bound.js';
export { nominalQuantile } from './thresholds/nominal-quantile.js';
export * from './value-range.js';
