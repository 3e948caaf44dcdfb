import { between, type Part, type RgbImage } from '@adfw/core';
import { movedImage } from './moved-image.js';

export const rotatePart: Part<'augmentation'> = {
  kind: 'augmentation',
  name: 'rotate',
  summary: 'Turns each image about its middle; beyond its edges it is mirrored.',
  options: {
    degrees: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 180,
      default: 10,
      description: 'How far at most, either way.',
    },
  },
  create:
    ({ degrees }: { degrees: number }) =>
    (image, random) =>
      rotated(image, between(random, -degrees, degrees)),
};

/** The image turned counter-clockwise about its middle, bilinearly, and mirrored beyond its edges. */
export function rotated(image: RgbImage, degrees: number): RgbImage {
  const angle = (degrees * Math.PI) / 180;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [middleX, middleY] = [(image.width - 1) / 2, (image.height - 1) / 2];
  return movedImage(image, (x, y) => {
    const [dx, dy] = [x - middleX, y - middleY];
    return [middleX + cos * dx - sin * dy, middleY + sin * dx + cos * dy];
  });
}
