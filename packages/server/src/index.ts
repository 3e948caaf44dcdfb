/** Serves the model of a run over HTTP: predictions, health, metrics, an OpenAPI document and a page. */
export type { Limits } from './guard/limits.js';
export { defaultLimits } from './guard/limits.js';
export type { ImageAnswer, PredictionAnswer, Region } from './predict/prediction-answer.js';
export {
  checkServerOptions,
  type LogLevel,
  logLevels,
  type PredictionServer,
  type ServerOptions,
  startServer,
} from './prediction-server.js';
