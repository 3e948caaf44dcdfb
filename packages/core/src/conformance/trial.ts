/** What the checks of every kind of part have in common: how a part is made for them, and how they say what they found. */
import type { Report } from '../contracts/kind.js';

/** How a part is tried: what its defaults do not say, or should not be in a test. */
export interface PartTrial {
  /** Options other than their defaults: those that are required, a small width. */
  readonly options?: Readonly<Record<string, unknown>>;
  /** The layers that are asked of a backbone, or given to a loss or score. */
  readonly layers?: readonly string[];
  /** Height and width of the images; by default [24, 32]. They should differ, so that swapping them shows. */
  readonly imageSize?: readonly [height: number, width: number];
  /** Whether a backbone is tried as one that is never trained, as one that is, or both, by default. */
  readonly frozen?: readonly boolean[];
  /** Whether a loss is lowest where the student gives what the teacher gives; true by default. */
  readonly minimalAtTeacher?: boolean;
}

/** Thrown where a fault has been reported and what follows would only repeat it. */
export class Stop extends Error {}

/** Reports, and ends the trial. */
export function stop(report: Report, message: string): never {
  report(message);
  throw new Stop(message);
}

/**
 * Does what the part's own code does; an error of it is a fault that ends the trial.
 * @param what as it precedes "failed": `features() in training`.
 */
export async function attempt<T>(report: Report, what: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Stop) throw error;
    return stop(report, `must not fail: ${what} threw "${messageOf(error)}"`);
  }
}

export const messageOf = (error: unknown): string => (error instanceof Error ? error.message : `${error}`);
