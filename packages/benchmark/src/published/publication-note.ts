/** Says where published numbers come from, and what an experiment that is compared with them does otherwise. */
import type { PartChoice } from '@adfw/core';
import type { MethodReport } from '../benchmark-report.js';
import type { PublishedResults } from './publication.js';
import { settingsThatDiffer } from './published-results.js';

/** `stfpm, thesis: STFPM, A. Polidori …; section 6.4.1, p. 52. Here fit.batchSize is 8 instead of 32.` */
export function publicationNote({ name, experiment }: MethodReport, results: PublishedResults): string {
  const { source, method, citation, quantities } = results;
  const places = [...new Set(Object.values(quantities).map(({ where }) => where))];
  const different = settingsThatDiffer(results, experiment).map(
    ({ path, expected, found }) =>
      `${path} is ${JSON.stringify(found)} instead of ${JSON.stringify(expected)}`,
  );
  // Published numbers are those of ImageNet's weights; a file may hold them.
  const weights = (experiment.model.teacher as PartChoice | undefined)?.weights;
  if (weights === 'random' || weights === 'built-in')
    different.push(`the teacher's weights are ${weights} instead of ImageNet's`);
  const here = different.length > 0 ? ` Here ${different.join(', ')}.` : '';
  return `${name}, ${source}: ${method} in ${citation}; ${places.join('; ')}.${here}`;
}
