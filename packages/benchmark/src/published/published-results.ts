/** What was published about methods, and which experiments it is to be compared with. */
import type { ResolvedExperiment } from '@adfw/core';
import { type Difference, differences } from '../differences.js';
import { anomalib2022 } from './anomalib-2022.js';
import { polidori2022 } from './polidori-2022.js';
import type { PublishedResults } from './publication.js';

export const publications: readonly PublishedResults[] = [...polidori2022, ...anomalib2022];

/** What was published about the method that an experiment is, whatever its other settings. */
export const publishedFor = (experiment: ResolvedExperiment): PublishedResults[] =>
  publications.filter(({ identity }) => differences(identity, experiment).length === 0);

/** Which of the settings that a publication states an experiment has otherwise. */
export const settingsThatDiffer = (
  { settings }: PublishedResults,
  experiment: ResolvedExperiment,
): Difference[] => differences(settings, experiment);
