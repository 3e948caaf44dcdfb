import { between, type Part, type RgbImage } from '@adfw/core';
import { mappedPixels } from './mapped-pixels.js';

export const contrastPart: Part<'augmentation'> = {
  kind: 'augmentation',
  name: 'contrast',
  summary: 'Brings the values of each image closer together or further apart.',
  options: {
    amount: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.1,
      description:
        'How far values lie from the mean grey is multiplied with a number between 1 - amount and 1 + amount.',
    },
  },
  create:
    ({ amount }: { amount: number }) =>
    (image, random) =>
      adjustedContrast(image, between(random, 1 - amount, 1 + amount)),
};

/** Differences from the mean grey times a factor, as torchvision's `adjust_contrast` (which takes the mean of grey values that are whole). */
export function adjustedContrast(image: RgbImage, factor: number): RgbImage {
  const { data } = image;
  let sum = 0;
  for (let i = 0; i < data.length; i += 3)
    sum += Math.trunc(
      0.2989 * (data[i] as number) + 0.587 * (data[i + 1] as number) + 0.114 * (data[i + 2] as number),
    );
  const mean = sum / (data.length / 3);
  return mappedPixels(image, (value) => factor * value + (1 - factor) * mean);
}
