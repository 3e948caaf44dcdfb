/** Runs adfw experiments on Node: engines, plugins, run directories, models and pictures. */
export {
  type AnomalyMapManifest,
  readAnomalyMaps,
  type SavedAnomalyMap,
  writeAnomalyMaps,
} from './anomaly-maps.js';
export { notWritten, writeFile } from './atomic-file.js';
export { type ColorScale, colorAt, colorScale, scoreColors } from './color-scale.js';
export { readDataRecord } from './data-record.js';
export {
  type EngineInfo,
  type EngineName,
  type EngineOptions,
  engineNames,
  providerNames,
  useEngine,
} from './engine.js';
export { EXPORT_TOLERANCE, type ExportComparison } from './export-comparison.js';
export { type ExportedPreprocessing, exportMetadata } from './export-metadata.js';
export { type ExportOptions, type ExportReport, exportRun } from './export-run.js';
export { type FitEvent, type FitReport, fitModel, type ModelFit } from './fit-model.js';
export { type FittingOptions, fitInThread } from './fitting-worker.js';
export { whileClaimed } from './folder-claim.js';
export { checkFolderOf } from './folder-of-file.js';
export { type ImageInput, readInput } from './image-input.js';
export { remarkWarnings, type SeenImage } from './image-warnings.js';
export { openDataset } from './open-dataset.js';
export { drawOverlay, type OverlayRequest } from './overlay-gallery.js';
export { fileKey, overlayNames } from './overlay-names.js';
export { isMarked, marked } from './picture-mark.js';
export { absolutePlugin, builtInPlugins, loadRegistry } from './plugins.js';
export {
  type DetailedPrediction,
  type Prediction,
  type PredictOptions,
  predictFiles,
  predictImage,
} from './predict.js';
export { type ExperimentRequest, type PreparedExperiment, prepareExperiment } from './prepare-experiment.js';
export {
  type PretrainingManifest,
  type PretrainingReport,
  type PretrainingRun,
  type PretrainingRunEvent,
  preparePretraining,
  pretrainingEngine,
  pretrainingPaths,
  readPretraining,
  resumePretraining,
  runPretraining,
} from './pretrain-run.js';
export { pretrainingKinds } from './pretraining-kinds.js';
export { readData } from './read-data.js';
export { type Replacing, refuseReplacing, startOf } from './replaceable.js';
export { createFolder, runPaths } from './run-directory.js';
export {
  type RunEvent,
  type RunOptions,
  type RunReport,
  readRunEngine,
  readRunExperiment,
  resumeExperiment,
  runExperiment,
} from './run-experiment.js';
export {
  copyModel,
  loadModel,
  type ModelManifest,
  modelFolder,
  readManifest,
  type SavedModel,
  setThreshold,
} from './saved-model.js';
export { checkScoresFile, createScoresFile, type ScoreEntry, type ScoresFile } from './scores-file.js';
export { createScoringWorker, type ScoringWorker, type ScoringWorkerOptions } from './scoring-worker.js';
