import type { Part } from '../contracts/part.js';
import { imageF1 } from './image-f1.js';
import { maxFalseNegativeRate } from './max-false-negative-rate.js';
import { nominalQuantile } from './nominal-quantile.js';
import { pixelF1 } from './pixel-f1.js';

/** The ways to choose a threshold that come with the framework. */
export const thresholdParts: readonly Part<'threshold'>[] = [
  imageF1,
  pixelF1,
  maxFalseNegativeRate,
  nominalQuantile,
];
