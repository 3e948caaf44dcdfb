import { between, type Part, type RgbImage } from '@adfw/core';
import { movedImage } from './moved-image.js';

export const shiftPart: Part<'augmentation'> = {
  kind: 'augmentation',
  name: 'shift',
  summary: 'Moves each image to the side and up or down; beyond its edges it is mirrored.',
  options: {
    part: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.05,
      description: 'How far at most, either way, as a part of its width and of its height.',
    },
  },
  create:
    ({ part }: { part: number }) =>
    (image, random) =>
      shifted(image, {
        x: between(random, -part, part) * image.width,
        y: between(random, -part, part) * image.height,
      }),
};

/** The image moved by so many pixels, to the right and down, bilinearly, and mirrored beyond its edges. */
export const shifted = (image: RgbImage, by: { readonly x: number; readonly y: number }): RgbImage =>
  movedImage(image, (x, y) => [x - by.x, y - by.y]);
