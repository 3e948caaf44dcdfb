/** The thresholds of a run for a person. */
import { count, formatScore, shellCommand } from './format.js';
import type { Colours } from './streams.js';
import { formatTable } from './table.js';

export interface ThresholdReport {
  /** From which score on `adfw predict` calls an image defective; null where none is set. */
  deployed: number | null;
  /** Chosen on the test set; null where it has no defective images. */
  benchmark: number | null;
  /** Scores of the nominal images that were held out of training; null where none were. */
  heldOut: { count: number; min: number; max: number } | null;
}

export function thresholdText(
  { deployed, benchmark, heldOut }: ThresholdReport,
  {
    run,
    previous,
  }: { run: string /** What the deployed one was before it was set. */; previous?: number | null },
  { bold, dim }: Colours,
): string {
  const show = (threshold: number | null) => (threshold === null ? '-' : formatScore(threshold));
  const nominal =
    heldOut === null
      ? 'no nominal image was held out'
      : `${count(heldOut.count, 'held-out nominal image')} scored ${formatScore(heldOut.min)} to ${formatScore(heldOut.max)}`;
  const was = previous === undefined ? '' : `; was ${show(previous)}`;
  const table = formatTable(
    [
      [
        'Deployed',
        bold(show(deployed)),
        dim(`adfw predict calls images with this score or more defective${was}`),
      ],
      ['Benchmark', show(benchmark), dim('chosen on the test set, for comparing methods')],
    ],
    { align: ['left', 'right'] },
  );
  return `${table}\n${dim(`${nominal}. Change it: ${shellCommand(['adfw', 'threshold', run, 'SCORE'])}`)}`;
}
