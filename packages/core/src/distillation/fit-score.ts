import type { Tensor4D } from '@tensorflow/tfjs-core';
import { dispose, tidy } from '@tensorflow/tfjs-core';
import type { Backbone } from '../contracts/backbone.js';
import type { ObservedBatch, ScoreFunction } from '../contracts/score-function.js';
import { freeze } from '../tensors/freeze.js';

/**
 * Fits a score to what trained networks see in nominal images; a score that takes nothing from them is left alone.
 * @param batches `[N, H, W, 3]`, standardised; each holds until the next one is asked for.
 */
export async function fitScore(
  score: ScoreFunction,
  teacher: Backbone,
  students: readonly Backbone[],
  batches: AsyncIterable<Tensor4D>,
): Promise<void> {
  await score.fit?.(observed(teacher, students, batches));
  for (const value of Object.values(score.statistics ?? {})) freeze(value);
}

async function* observed(
  teacher: Backbone,
  students: readonly Backbone[],
  batches: AsyncIterable<Tensor4D>,
): AsyncGenerator<ObservedBatch> {
  for await (const images of batches) {
    const [, height, width] = images.shape;
    const seen = tidy(() => {
      const pyramid = teacher.features(images, 'eval');
      return {
        teacher: pyramid,
        students: students.map((student) => student.features(images, 'eval', pyramid)),
      };
    });
    try {
      yield { ...seen, size: [height, width] };
    } finally {
      dispose(seen);
    }
  }
}
