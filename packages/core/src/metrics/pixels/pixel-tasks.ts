/** All tasks of images, for threads, which know them by name. A measure that brings another adds it here. */
import type { PixelSource } from '../../contracts/threshold.js';
import { highestKeys, imageOverlap } from './aupimo.js';
import { regionAreas } from './aupro.js';
import { overlaps } from './dice.js';
import { type PixelTask, readImage, type Workplace } from './each-image.js';
import { classCounts, defectiveKeys, nominalCounts } from './pixel-ranking.js';
import type { PixelMemory } from './pixels.js';

const tasks: readonly PixelTask<never, unknown>[] = [
  classCounts,
  defectiveKeys,
  nominalCounts,
  overlaps,
  highestKeys,
  regionAreas,
  imageOverlap,
];
const byName = new Map(tasks.map((task) => [task.name, task]));

/** For a thread: does tasks on one image after another. */
export interface PixelWork {
  /**
   * @returns what each gave; null where the image has no mask.
   * @throws what they throw, and what `pixels` does.
   */
  on(index: number, tasks: readonly { name: string; given: unknown }[]): Promise<unknown[] | null>;
}

/** @param pixels of all images, as every other thread has them. */
export function pixelWork(pixels: PixelSource, workplace: Workplace): PixelWork {
  const memory: PixelMemory[] = [];
  return {
    async on(index, given) {
      const wanted = given.map(({ name }) => byName.get(name) as PixelTask<unknown, unknown>);
      const image = await readImage(pixels, index, wanted, memory.pop());
      if (!image) return null;
      const results = wanted.map((task, i) => task.of(image, given[i]?.given, workplace));
      memory.push(image);
      return results;
    },
  };
}
