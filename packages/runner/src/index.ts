/** Runs adfw experiments on Node: engines, plugins, run directories, models and pictures. */
export { dataDocument, placeOption, usualDataset } from './data/data-document.js';
export { readDataRecord } from './data/data-record.js';
export { rangeWarning, remarkWarnings, type SeenImage } from './data/image-warnings.js';
export { openDataset } from './data/open-dataset.js';
export { readData } from './data/read-data.js';
export {
  type EngineInfo,
  type EngineName,
  type EngineOptions,
  engineNames,
  providerNames,
  useEngine,
} from './engine.js';
export type { ExportComparison } from './export/export-comparison.js';
export { type ExportedPreprocessing, exportMetadata } from './export/export-metadata.js';
export { type ExportOptions, type ExportReport, exportRun } from './export/export-run.js';
export { EXPORT_TOLERANCE } from './export/export-tolerance.js';
export { notWritten, writeFile } from './files/atomic-file.js';
export { isClaimedByOther, whileClaimed } from './files/folder-claim.js';
export { checkFolderOf } from './files/folder-of-file.js';
export { type Replacing, refuseReplacing, startOf } from './files/replaceable.js';
export { createFolder, runPaths } from './files/run-directory.js';
export { type FitEvent, type FitReport, fitModel, type ModelFit } from './model/fit-and-save.js';
export { type ImageInput, readInput } from './model/image-input.js';
export {
  copyModel,
  loadModel,
  type ModelManifest,
  modelFolder,
  readManifest,
  type SavedModel,
  setThreshold,
} from './model/model-folder.js';
export {
  type DetailedPrediction,
  type Prediction,
  type PredictOptions,
  predictFiles,
  predictImage,
} from './model/predict.js';
export { checkScoresFile, createScoresFile, type ScoreEntry, type ScoresFile } from './model/scores-file.js';
export {
  type AnomalyMapManifest,
  asSaved,
  readAnomalyMaps,
  type SavedAnomalyMap,
  writeAnomalyMaps,
} from './pictures/anomaly-maps.js';
export { type ColorScale, colorAt, colorScale, scoreColors } from './pictures/color-scale.js';
export { drawOverlay, type OverlayRequest } from './pictures/overlay-gallery.js';
export { fileKey, overlayNames } from './pictures/overlay-names.js';
export { isMarked, marked } from './pictures/picture-mark.js';
export { type ShrunkMap, shrinkMap } from './pictures/shrink-map.js';
export { absolutePlugin, builtInPlugins, loadRegistry } from './plugins/plugins.js';
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
} from './pretraining/pretrain-run.js';
export { pretrainingParts } from './pretraining/pretraining-parts.js';
export {
  type ProfilePart,
  type Profiler,
  profileParts,
  type RunProfile,
  refuseOtherProfile,
  saveProfile,
  startProfile,
} from './profile/run-profile.js';
export {
  type DependentDocument,
  draftRequest,
  type ExperimentRequest,
  type PreparedExperiment,
  prepareExperiment,
} from './run/prepare-experiment.js';
export {
  readRunEngine,
  readRunExperiment,
  resumeExperiment,
  runExperiment,
} from './run/run-experiment.js';
export {
  isSaid,
  type RunEvent,
  type RunOptions,
  type RunWatch,
  type WatchedImage,
  type WatchedMap,
} from './run/run-options.js';
export type { RunReport } from './run/run-report.js';
export { splitOf } from './run/split.js';
export { type FittingOptions, fitInThread } from './threads/fitting-client.js';
export {
  createScoringWorker,
  type ScoringWorker,
  type ScoringWorkerOptions,
} from './threads/scoring-client.js';
