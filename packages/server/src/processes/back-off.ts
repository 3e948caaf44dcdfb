/** How long to wait before what has died is started again: longer each time, while it does not live. */

const FIRST_MILLISECONDS = 100;
const MOST_MILLISECONDS = 30_000;
/** One that has served for so long is taken to be sound. */
const SOUND_MILLISECONDS = 60_000;

export interface BackOff {
  /** @param served how long it had served, in milliseconds; 0 where it never did. @returns how long to wait, in milliseconds. */
  died(served: number): number;
}

export function backOff(): BackOff {
  let deaths = 0;
  return {
    died(served) {
      if (served >= SOUND_MILLISECONDS) deaths = 0;
      return Math.min(MOST_MILLISECONDS, FIRST_MILLISECONDS * 2 ** deaths++);
    },
  };
}
