import { type Tensor4D, tidy } from '@tensorflow/tfjs-core';
import type { Backbone } from '../contracts/backbone.js';
import { ConfigurationError } from '../contracts/errors.js';

/**
 * Tries whether students give maps of the teacher's size, position for position. With an engine that computes only what is read
 * this costs nothing, as nothing is.
 * @param images `[N, H, W, 3]`, standardised.
 * @throws ConfigurationError that names the first layer where they don't, and both sizes.
 */
export function checkMapSizes(teacher: Backbone, students: readonly Backbone[], images: Tensor4D): void {
  tidy(() => {
    const pyramid = teacher.features(images, 'eval');
    for (const student of students)
      for (const [layer, maps] of Object.entries(student.features(images, 'eval', pyramid))) {
        const [expected, found] = [sizeOf(pyramid[layer] as Tensor4D), sizeOf(maps)];
        if (expected === found) continue;
        throw new ConfigurationError(
          `$.student must give maps of the teacher's size; in "${layer}" the student's are ${found}, the teacher's ${expected}. ` +
            'Give both the same stride, or take another student.',
        );
      }
  });
}

const sizeOf = ({ shape: [, height, width] }: Tensor4D): string => `${height}x${width}`;
