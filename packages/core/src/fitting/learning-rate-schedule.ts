import type { JsonSchema } from '../contracts/part.js';

/** How the learning rate goes over a training, whatever the optimizer. */
export interface LearningRateSchedule {
  /** The part of all steps in which it rises to its full height, 0 to 1; 0 for none. */
  readonly warmUp: number;
  /** What it does then: nothing, or fall to 0 along half a cosine. */
  readonly decay: 'none' | 'cosine';
}

export const learningRateScheduleOptions = {
  warmUp: {
    type: 'number',
    minimum: 0,
    maximum: 1,
    default: 0,
    description:
      'The part of all steps over which the learning rate rises from 0 to its full height (Goyal et al. 2017, section 2.2); 0 for none.',
  },
  decay: {
    enum: ['none', 'cosine'],
    default: 'none',
    description:
      'What the learning rate does after that: nothing, or fall to 0 along half a cosine (Loshchilov and Hutter 2017, eq. 5, without restarts).',
  },
} as const satisfies Record<string, JsonSchema>;

/**
 * What the learning rate is multiplied with: rising linearly from 0 to 1 during the warm-up, then 1, or ½ (1 + cos πt) with t
 * from 0 to 1 over what is left.
 * @param progress in the whole training, 0 to 1. The middle of a step is a good value for it: neither its first nor its last step
 *   is then wasted.
 */
export function learningRateFactor({ warmUp, decay }: LearningRateSchedule, progress: number): number {
  if (progress < warmUp) return progress / warmUp;
  if (decay === 'none') return 1;
  return (1 + Math.cos((Math.PI * (progress - warmUp)) / (1 - warmUp))) / 2;
}
