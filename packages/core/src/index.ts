export { corePlugin } from './built-in.js';
export { type ConformanceOptions, checkConformance } from './conformance/check-conformance.js';
export type { PartTrial } from './conformance/trial.js';
export type { Augmentation } from './contracts/augmentation.js';
export type { Backbone, Cost, Mode, Normalization } from './contracts/backbone.js';
export type { ByLearner, Checkpoint, CheckpointStore, EpochRecord } from './contracts/checkpoint.js';
export type {
  Dataset,
  ImageReading,
  LeftOut,
  Mask,
  RgbImage,
  Sample,
  SampleChecksums,
  SampleFiles,
  UnlabelledSample,
} from './contracts/dataset.js';
export type { DistillationLoss } from './contracts/distillation-loss.js';
export { ConfigurationError, DataError, type Fault } from './contracts/errors.js';
export type { FeaturePyramid } from './contracts/feature-pyramid.js';
export { defineKind, type Kind, type Members, type Report, type Trial } from './contracts/kind.js';
export type { Detection, Learnable, Model, Pretraining, Search } from './contracts/model.js';
export type { Optimizer } from './contracts/optimizer.js';
export type {
  ContextOf,
  JsonSchema,
  Make,
  Method,
  Part,
  PartChoice,
  PartContext,
  PartContexts,
  PartKind,
  PartKinds,
  Slot,
} from './contracts/part.js';
export { definePlugin, type Plugin } from './contracts/plugin.js';
export type { ObservedBatch, ScoreFunction } from './contracts/score-function.js';
export type { Seen } from './contracts/seen.js';
export type { Frame, ImageFit, Size } from './contracts/size.js';
export type { GatherContext, GatherStage, Learner, Stage, TrainStage } from './contracts/stage.js';
export type { Stateful, Tensors } from './contracts/stateful.js';
export type { EachImage, PixelSource, ScoredImages, Thresholder } from './contracts/threshold.js';

export { baseExperiment } from './experiment/base-experiment.js';
export { datasetCategories, findCategory } from './experiment/categories.js';
export {
  type ComposeContext,
  type Composition,
  compose,
  createPart,
  datasetIdentifier,
  deployedThresholderIdentifier,
  experimentIdentifier,
  modelIdentifier,
  openDataset,
  thresholderIdentifier,
} from './experiment/compose.js';
export { createRegistry, uncheckedRegistry } from './experiment/create-registry.js';
export {
  draftExperiment,
  type ExperimentLayer,
  imageSizeOf,
  type ResolvedExperiment,
  resolveExperiment,
  tilesOf,
} from './experiment/experiment.js';
export { resolvePaths } from './experiment/path-options.js';
export { checkPlugin } from './experiment/plugin-check.js';
export { pretrainedSlots } from './experiment/pretrained-slots.js';
export { documentSlots, experimentSchema, resolvedExperimentSchema } from './experiment/schema.js';
export { parseSetting } from './experiment/setting.js';
export { isSlot } from './experiment/slots.js';
export { type FitEvent, type FitImages, type FitRun, fit, gatherFrom, heldOutStages } from './fitting/fit.js';
export {
  type FeatureBuffers,
  type FrozenFeatures,
  type FrozenFeaturesOptions,
  frozenFeatures,
} from './fitting/frozen-features.js';
export { holdOut, type ImageGroups, nominalSplit } from './fitting/hold-out.js';
export { type LearningRateSchedule, learningRateFactor } from './fitting/learning-rate-schedule.js';
export { lossOf, type StepOptions, trainStep } from './fitting/step.js';
export type { TrainEvent } from './fitting/train.js';
export {
  changesText,
  type DataChanges,
  type DataFingerprint,
  dataChanges,
  firstOf,
  type SampleFingerprint,
  sampleFingerprint,
} from './images/data-fingerprint.js';
export { nominalSamples, type Split, samplesOf, scoredSamples } from './images/dataset-splits.js';
export { dropAlpha } from './images/drop-alpha.js';
export { clamp, type Field, mix, smoothStep, valueNoise, wave } from './images/fields.js';
export { frameCount } from './images/frame-count.js';
export {
  type Box,
  checkShape,
  cornerIn,
  FILL,
  framed,
  framedImages,
  mapOfFrame,
  mapOfImage,
  maskInFrame,
  maskOfImage,
  NO_SCORE,
  ShapeError,
  shownBox,
  shownParts,
  shownSize,
} from './images/image-fit.js';
export {
  type ImageSource,
  imagesTensor,
  joinedImages,
  type PixelBuffer,
  pickImages,
  readBatch,
  sampleImages,
} from './images/image-source.js';
export { type MemoryBudget, memoryBudget, parseMemory } from './images/memory-budget.js';
export { between, namedRandom, type Random, randomNormal } from './images/named-random.js';
export { outlineRings, type Ring } from './images/outline.js';
export {
  checkPatchGrid,
  gridShape,
  imagePatches,
  type PatchGrid,
  patchesAt,
  patchStarts,
  randomPatch,
} from './images/patch-grid.js';
export { inBatches, randomOrder } from './images/random-order.js';
export { polygonMask, regionPixels, type SavedRegion, savedRegion } from './images/region.js';
export {
  type Pair,
  type RepeatedImages,
  repeatedImages,
  repeatedImagesNotes,
} from './images/repeated-images.js';
export { resizeBilinear, resizeNearest } from './images/resize.js';
export { resizeMask } from './images/resize-mask.js';
export {
  type SyntheticDefect,
  type SyntheticDefectKind,
  syntheticDefect,
  syntheticDefectKinds,
} from './images/synthetic-defects.js';
export { type TileGrid, type Tiles, tileCount, tiledImages, tileGrid, tilesInside } from './images/tiles.js';
export { falseAlarmBound } from './metrics/false-alarm-bound.js';
export {
  AUPIMO_BOUNDS,
  type AurocDifference,
  areasUnderSpro,
  aupimo,
  aupro,
  auroc,
  aurocDifference,
  aurocInterval,
  averagePrecision,
  type BestF1,
  bestF1,
  type Confusion,
  confusion,
  connectedComponents,
  countDefective,
  countsBytes,
  type DefectRegion,
  defectRegion,
  diceGlobal,
  diceMean,
  type Evaluation,
  type EvaluationInput,
  type EvaluationOptions,
  evaluate,
  type Interval,
  type KindMeasures,
  normalizeScores,
  type PartMeasures,
  type PrecisionRecallCurve,
  pixelAuroc,
  pixelAveragePrecision,
  pixelsInMemory,
  precisionRecallCurve,
  type RocCurve,
  rocCurve,
  type SaturatedOverlap,
  type WholeGroups,
} from './metrics/index.js';
export {
  combinedMap,
  type LayerCombination,
  layerCombinationOptions,
  smoothingOption,
} from './model/combined-map.js';
export {
  type DetectedImage,
  type DetectOptions,
  type Detector,
  detectorOf,
  type ScoredImage,
  type ScoreOptions,
  type SearchProgress,
  scoreImages,
  type TensorDetector,
  takesImagesOneByOne,
} from './model/detector.js';
export { disposingOnError } from './model/disposing-on-error.js';
export {
  type DetectorFitEvent,
  type FitOptions,
  type FittedDetector,
  type FoldCheckpoints,
  type FoldRecord,
  fitDetector,
  type StageTraining,
} from './model/fit-model.js';
export { fromMaps } from './model/from-maps.js';
export { type Held, held } from './model/held.js';
export { joined, networkState, variablesState } from './model/joined.js';
export { onBackbone } from './model/on-backbone.js';
export { layersOption, slot, type Training, trainedBy, trainingOption } from './model/options.js';
export { type ImagePrediction, predictImage } from './model/predict.js';
export {
  freezeAll,
  type LoadedModel,
  type ModelManifest,
  manifestText,
  modelFiles,
  parseManifest,
  restoreModel,
  type SavedModel,
  serializeModel,
} from './model/saved-model.js';
export { rangeOf, type ScoreRange, scoreRange } from './model/score-range.js';
export { evaluateSynthetic, type SyntheticEvaluation } from './model/synthetic-evaluation.js';
export { imageDetector } from './model/tiled.js';
export { type ValueRange, valueRange } from './model/value-range.js';
export { type AdamOptions, adam } from './optimizers/adam.js';
export { type SgdOptions, sgd } from './optimizers/sgd.js';
export {
  Container,
  ContainerModule,
  inject,
  injectable,
  multiInject,
  named,
  optional,
  type ServiceIdentifier,
} from './plugins/inversify.js';
export { isRecord, type JsonRecord } from './plugins/json.js';
export { nearestName } from './plugins/nearest-name.js';
export { foldedName, normalizedName, printableName } from './plugins/normalized-name.js';
export {
  findKind,
  findMethod,
  findPart,
  kindIdentifier,
  listKinds,
  listMethods,
  listParts,
  methodIdentifier,
  partIdentifier,
  pluginModule,
  type RegisteredKind,
  type RegisteredMethod,
  type RegisteredPart,
  type Registry,
} from './plugins/registry.js';
export { describeSchema, faultsError, schemaFaults } from './plugins/schema-faults.js';
export { shellCommand } from './plugins/shell-command.js';
export {
  type EndSpan,
  observeSpans,
  type SpanObserver,
  spanned,
  spannedBeside,
} from './profile/spans.js';
export { groupBy } from './statistics/group-by.js';
export { ledoitWolf } from './statistics/ledoit-wolf.js';
export { gaussianDistances, type ShrunkGaussian, shrunkGaussian } from './statistics/shrunk-gaussian.js';
export { whitening } from './statistics/whitening.js';
export { apply, type ImageFunction } from './tensors/apply.js';
export { freeze } from './tensors/freeze.js';
export { gaussianSmoothing } from './tensors/gaussian-smoothing.js';
export { bfloat16ToFloat32, float16ToFloat32, float32ToFloat16 } from './tensors/half-precision.js';
export { inverseNorm, l2Normalize } from './tensors/l2-normalize.js';
export { imagenetNormalization, normalize } from './tensors/normalization.js';
export { parameterCount } from './tensors/parameter-count.js';
export { runningMoments } from './tensors/running-moments.js';
export {
  parseSafetensors,
  type Safetensors,
  type SafetensorsTensor,
  serializeSafetensors,
  type WrittenTensor,
} from './tensors/safetensors.js';
export {
  backboneState,
  copyTensors,
  disposeAll,
  prefixed,
  restoreState,
  restoreVariables,
  withPrefix,
} from './tensors/stateful.js';
export { parseTensors, tensorBytes } from './tensors/tensor-bytes.js';
export { tf } from './tensors/tf.js';
export { float32AtLeast } from './thresholds/float32.js';
export { nominalQuantile } from './thresholds/nominal-quantile.js';
