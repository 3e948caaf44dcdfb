export * from './built-in.js';
export { type ConformanceOptions, checkConformance } from './conformance/check-conformance.js';
export type { PartTrial } from './conformance/trial.js';
export * from './contracts/backbone.js';
export * from './contracts/checkpoint.js';
export * from './contracts/dataset.js';
export * from './contracts/distillation-loss.js';
export * from './contracts/errors.js';
export * from './contracts/feature-pyramid.js';
export { defineKind, type Kind, type Members, type Report, type Trial } from './contracts/kind.js';
export * from './contracts/model.js';
export * from './contracts/optimizer.js';
export * from './contracts/part.js';
export * from './contracts/plugin.js';
export * from './contracts/score-function.js';
export * from './contracts/seen.js';
export * from './contracts/size.js';
export * from './contracts/stage.js';
export * from './contracts/stateful.js';
export * from './contracts/threshold.js';
export * from './experiment/base-experiment.js';
export * from './experiment/compose.js';
export * from './experiment/create-registry.js';
export {
  draftExperiment,
  type ExperimentLayer,
  imageSizeOf,
  type ResolvedExperiment,
  resolveExperiment,
} from './experiment/experiment.js';
export * from './experiment/path-options.js';
export { checkPlugin } from './experiment/plugin-check.js';
export { pretrainedSlots } from './experiment/pretrained-slots.js';
export { documentSlots, experimentSchema, resolvedExperimentSchema } from './experiment/schema.js';
export * from './experiment/setting.js';
export { isSlot } from './experiment/slots.js';
export * from './fitting/fit.js';
export * from './fitting/frozen-features.js';
export * from './fitting/hold-out.js';
export { type LearningRateSchedule, learningRateFactor } from './fitting/learning-rate-schedule.js';
export { lossOf, type StepOptions, trainStep } from './fitting/step.js';
export type { TrainEvent } from './fitting/train.js';
export * from './images/data-fingerprint.js';
export * from './images/drop-alpha.js';
export * from './images/frame-count.js';
export * from './images/image-source.js';
export * from './images/memory-budget.js';
export * from './images/named-random.js';
export * from './images/random-order.js';
export * from './images/repeated-images.js';
export * from './images/resize.js';
export * from './images/resize-mask.js';
export {
  type SyntheticDefect,
  type SyntheticDefectKind,
  syntheticDefect,
  syntheticDefectKinds,
} from './images/synthetic-defects.js';
export * from './metrics/false-alarm-bound.js';
export * from './metrics/index.js';
export * from './model/combined-map.js';
export * from './model/detector.js';
export { disposingOnError } from './model/disposing-on-error.js';
export * from './model/fit-model.js';
export * from './model/from-maps.js';
export * from './model/held.js';
export * from './model/joined.js';
export * from './model/on-backbone.js';
export * from './model/options.js';
export * from './model/predict.js';
export * from './model/saved-model.js';
export * from './model/score-range.js';
export { evaluateSynthetic, type SyntheticEvaluation } from './model/synthetic-evaluation.js';
export * from './model/value-range.js';
export * from './optimizers/adam.js';
export * from './optimizers/sgd.js';
export * from './plugins/inversify.js';
export { isRecord, type JsonRecord } from './plugins/json.js';
export * from './plugins/nearest-name.js';
export * from './plugins/normalized-name.js';
export * from './plugins/registry.js';
export { describeSchema, faultsError, schemaFaults } from './plugins/schema-faults.js';
export * from './plugins/shell-command.js';
export * from './statistics/ledoit-wolf.js';
export * from './statistics/shrunk-gaussian.js';
export * from './statistics/whitening.js';
export * from './tensors/apply.js';
export * from './tensors/freeze.js';
export * from './tensors/gaussian-smoothing.js';
export * from './tensors/half-precision.js';
export * from './tensors/l2-normalize.js';
export * from './tensors/normalization.js';
export * from './tensors/running-moments.js';
export * from './tensors/safetensors.js';
export * from './tensors/stateful.js';
export * from './tensors/tensor-bytes.js';
export * from './tensors/tf.js';
export * from './thresholds/float32.js';
export { nominalQuantile } from './thresholds/nominal-quantile.js';
