/** The thresholds of a run for a person. */
import { formatScore, shellCommand } from './format.js';
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
  const was = previous === undefined ? '' : `; was ${show(previous)}`;
  const rows = [
    [
      'Deployed',
      bold(show(deployed)),
      dim(`adfw predict calls images with this score or more defective${was}`),
    ],
    ['Benchmark', show(benchmark), dim('chosen on the test set, for comparing methods')],
    ['Held out', String(heldOut?.count ?? 0), dim(heldOut === null ? 'nominal images' : scoresOf(heldOut))],
  ];
  const change = shellCommand(['adfw', 'threshold', run, 'SCORE']);
  return `${formatTable(rows, { align: ['left', 'right'] })}\n\nChange it with: ${change}`;
}

const scoresOf = ({ count, min, max }: { count: number; min: number; max: number }): string =>
  `nominal image${count === 1 ? '' : 's'}, which scored ${formatScore(min)} to ${formatScore(max)}`;
