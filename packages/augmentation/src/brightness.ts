import { between, type Part, type RgbImage } from '@adfw/core';
import { mappedPixels } from './mapped-pixels.js';

export const brightnessPart: Part<'augmentation'> = {
  kind: 'augmentation',
  name: 'brightness',
  summary: 'Makes each image darker or brighter.',
  options: {
    amount: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.1,
      description: 'Values are multiplied with a number between 1 - amount and 1 + amount.',
    },
  },
  create:
    ({ amount }: { amount: number }) =>
    (image, random) =>
      adjustedBrightness(image, between(random, 1 - amount, 1 + amount)),
};

/** All values times a factor, cut off at 255, as torchvision's `adjust_brightness`. */
export const adjustedBrightness = (image: RgbImage, factor: number): RgbImage =>
  mappedPixels(image, (value) => value * factor);
