/** Augmentation of training images: what nominal images may differ by. */
import { definePlugin } from '@adfw/core';
import { brightnessPart } from './brightness.js';
import { contrastPart } from './contrast.js';
import { flipPart } from './flip.js';
import { noisePart } from './noise.js';
import { rotatePart } from './rotate.js';
import { shiftPart } from './shift.js';

export { adjustedBrightness } from './brightness.js';
export { adjustedContrast } from './contrast.js';
export { flipped } from './flip.js';
export { rotated } from './rotate.js';
export { shifted } from './shift.js';

export const plugin = definePlugin({
  name: '@adfw/augmentation',
  parts: [flipPart, rotatePart, shiftPart, brightnessPart, contrastPart, noisePart],
});
export default plugin;
