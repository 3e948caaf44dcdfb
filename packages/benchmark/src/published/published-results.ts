/** Numbers that were published about a method, and which experiments they are to be compared with. */
import type { ResolvedExperiment } from '@adfw/core';
import { type Difference, differences } from '../differences.js';
import type { QuantityId } from '../measures.js';
import { anomalib2022 } from './anomalib-2022.js';
import { polidori2022 } from './polidori-2022.js';

/** The numbers of one method in one publication. */
export interface PublishedResults {
  /** A word for the heading of a column: `thesis`. */
  readonly source: string;
  /** What the publication calls the method. */
  readonly method: string;
  readonly citation: string;
  /** The partial experiment that makes another one this method. */
  readonly identity: unknown;
  /** The partial experiment of the other settings that the publication states. */
  readonly settings: unknown;
  readonly quantities: Partial<Record<QuantityId, PublishedQuantity>>;
}

export interface PublishedQuantity {
  /** Where they stand: `table 6.1, p. 54`. */
  readonly where: string;
  /** By category, with the names of MVTec AD's folders. */
  readonly values: Readonly<Record<string, number>>;
}

export const publications: readonly PublishedResults[] = [...polidori2022, ...anomalib2022];

/** What was published about the method that an experiment is, whatever its other settings. */
export const publishedFor = (experiment: ResolvedExperiment): PublishedResults[] =>
  publications.filter(({ identity }) => differences(identity, experiment).length === 0);

/** Which of the settings that a publication states an experiment has otherwise. */
export const settingsThatDiffer = (
  { settings }: PublishedResults,
  experiment: ResolvedExperiment,
): Difference[] => differences(settings, experiment);
