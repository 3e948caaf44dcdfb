/**
 * Scores images in a browser with a model that was fitted on Node, on whatever backend of TensorFlow.js is set (WebGPU, wasm, WebGL):
 * the model's folder is fetched like any other files, and no server computes anything. Also for web workers.
 */
export {
  ConfigurationError,
  DataError,
  type ModelManifest,
  type Plugin,
  type RgbImage,
  tf,
} from '@adfw/core';
export {
  type BrowserDetector,
  type BrowserLoadOptions,
  loadDetector,
} from './browser-detector.js';
export type { BrowserImage } from './browser-image.js';
export type { AnomalyMap, Prediction, PredictOptions } from './prediction.js';
