/** How long runs of a benchmark will take, from how long others took. */
import type { CellReport } from './benchmark-report.js';
import { mean } from './statistics.js';

type Place = Pick<CellReport, 'method' | 'category'>;

/**
 * A run takes as long as those of its method on its category took; where there are none, as those of its method; else as all.
 * @returns seconds; null where no run is complete yet.
 */
export function expectedSeconds(runs: readonly CellReport[], of: readonly Place[]): number | null {
  const complete = runs.filter((run) => run.status === 'complete');
  if (complete.length === 0) return null;
  const secondsOf = (those: typeof complete) => mean(those.map(({ report }) => report.timings.totalSeconds));
  return of.reduce((sum, { method, category }) => {
    const ofMethod = complete.filter((run) => run.method === method);
    const alike = ofMethod.filter((run) => run.category === category);
    const known = [alike, ofMethod, complete].find((those) => those.length > 0) as typeof complete;
    return sum + secondsOf(known);
  }, 0);
}
