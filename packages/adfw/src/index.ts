/**
 * Visual anomaly detection in a program on Node: fit a detector on images of good parts, then score images with it. What fits and
 * scores runs in threads of its own. A saved detector is a model like those of `adfw run`: `adfw predict`, `adfw serve` and `adfw
 * export` take it, and `adfw/browser` loads it in a browser.
 */
export { ConfigurationError, DataError, type LeftOut, type ModelManifest, type RgbImage } from '@adfw/core';
export type { EngineInfo, EngineName, FitEvent, ImageInput } from '@adfw/runner';
export { createDetector } from './create-detector.js';
export type { Detector, FitOptions, FitResult } from './detector.js';
export type * from './detector-options.js';
export { type LoadOptions, loadDetector, type SavedDetector } from './load-detector.js';
export type { AnomalyMap, Prediction, PredictOptions } from './prediction.js';
