/** Serves models of runs over HTTP: predictions, health, metrics, an OpenAPI document and a page. */
export type { Limits } from './guard/limits.js';
export { defaultLimits } from './guard/limits.js';
export type { ServableModel } from './models/model-slot.js';
export { type ModelSource, type NamedModel, openNamedModel } from './models/reload.js';
export { checkModelNames } from './models/served-models.js';
export type { ImageAnswer, PredictionAnswer, Region } from './predict/prediction-answer.js';
export {
  checkServerOptions,
  type LogLevel,
  logLevels,
  type PredictionServer,
  type ServerOptions,
  startServer,
} from './prediction-server.js';
export { startProcesses } from './processes/processes.js';
export { type Serving, type ServingTask, startServing } from './processes/serving.js';
