import { definePlugin } from './contracts/plugin.js';
import { adamPart } from './optimizers/adam.js';
import { sgdPart } from './optimizers/sgd.js';
import { thresholdParts } from './thresholds/index.js';

/** The parts that belong to no method: optimizers and thresholds. */
export const corePlugin = definePlugin({ name: '@adfw/core', parts: [sgdPart, adamPart, ...thresholdParts] });
