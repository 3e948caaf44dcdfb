/**
 * What is done with the pixels of one image, wherever that is. A measure over pixels is tasks of images, which know nothing of each other,
 * and what is made of their results in the order of the images: so that it is the same number whoever did them, and how many.
 */
import type { PixelSource } from '../../contracts/threshold.js';
import { type PixelMemory, type Pixels, pixelsOf, readAhead } from './pixels.js';

/** Plain data in, plain data out. */
export interface PixelTask<Given, Result> {
  /** By which a thread knows it, in `pixel-tasks.ts`. */
  readonly name: string;
  /** Of a task that looks at masks alone: `map` is empty then. */
  readonly masksOnly?: boolean;
  /** @param image its memory is gone afterwards. */
  of(image: Pixels, given: Given, workplace: Workplace): Result;
}

/** What a task finds where it is done. */
export interface Workplace {
  /** Does work that no other thread may do at the same time, with the same part of memory that they share: parts count from 0 to {@link PARTS}. */
  exclusively(part: number, work: () => void): void;
  /** Memory for integers, the same for the same use: what was in it is there still. */
  integers(use: string, length: number): Int32Array;
}

/** Of memory that is shared. */
export const PARTS = 64;

/** A task, what it is given when an image's turn comes, and who takes what it gave. */
export interface Job {
  readonly task: PixelTask<unknown, unknown>;
  readonly given: () => unknown;
  readonly take: (result: unknown, index: number) => void;
}

export const job = <Given, Result>(
  task: PixelTask<Given, Result>,
  given: () => Given,
  take: (result: Result, index: number) => void,
): Job => ({ task, given, take }) as Job;

/**
 * Does jobs on those of the images that have a mask, each read once.
 * @throws DataError where a map or mask is not of the image's size; what a task throws.
 */
export async function eachImage(
  pixels: PixelSource,
  images: readonly number[],
  jobs: readonly Job[],
): Promise<void> {
  const take = (results: readonly unknown[], index: number) => {
    for (const [i, { take }] of jobs.entries()) take(results[i], index);
  };
  if (pixels.each)
    return pixels.each(
      images,
      jobs.map(({ task, given }) => ({ name: task.name, given })),
      take,
    );
  const workplace = workplaceOf((_, work) => work());
  const memory: PixelMemory[] = [];
  const tasks = jobs.map(({ task }) => task);
  for await (const image of readAhead(images, (index) => readImage(pixels, index, tasks, memory.pop()))) {
    if (!image) continue;
    take(
      jobs.map(({ task, given }) => task.of(image, given(), workplace)),
      image.index,
    );
    memory.push(image);
  }
}

/** What the tasks need of an image; null where it has no mask. */
export async function readImage(
  pixels: PixelSource,
  index: number,
  tasks: readonly PixelTask<never, unknown>[],
  into?: PixelMemory,
): Promise<Pixels | null> {
  if (!tasks.every(({ masksOnly }) => masksOnly)) return pixelsOf(pixels, index, into);
  const mask = await pixels.mask(index, into?.mask);
  if (!mask) return null;
  const unscored = pixels.unscored?.(index) ?? 0;
  return { index, size: pixels.size(index), unscored, map: into?.map ?? NO_MAP, mask };
}

const NO_MAP = new Float32Array(0);

export function workplaceOf(exclusively: Workplace['exclusively']): Workplace {
  const memory = new Map<string, Int32Array>();
  return {
    exclusively,
    integers(use, length) {
      const known = memory.get(use);
      if (known && known.length >= length) return known;
      const larger = new Int32Array(length);
      memory.set(use, larger);
      return larger;
    },
  };
}

/** Memory of a test set's counts: of threads, where some work on it. */
export const countsMemory = ({ each }: PixelSource, bytes: number): ArrayBufferLike =>
  each ? new SharedArrayBuffer(bytes) : new ArrayBuffer(bytes);
