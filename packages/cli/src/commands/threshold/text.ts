/** The thresholds of a run for a person. */
import { falseAlarmBound, type ModelManifest, valueRange } from '@adfw/core';
import { formatBound, formatScore, shellCommand } from '../../shared/format.js';
import type { Colours } from '../../shared/streams.js';
import { formatTable } from '../../shared/table.js';

export interface ThresholdReport {
  /** From which score on `adfw predict` calls an image defective; null where none is set. */
  deployed: number | null;
  /** Chosen on the test set; null where it has no defective images. */
  benchmark: number | null;
  /** Scores of the nominal images that were held out of training; null where none were. */
  heldOut: { count: number; min: number; max: number } | null;
  /** How likely the deployed one calls the next nominal image defective, at most; null where nothing says. */
  falseAlarmBound: number | null;
  /** How many held-out images the quantile that was asked for needs, where there are fewer. */
  heldOutWanted?: number;
}

/** @param heldOutWanted of the quantile that was asked for. */
export function thresholdReport(
  { thresholds, heldOutScores }: Pick<ModelManifest, 'thresholds' | 'heldOutScores'>,
  heldOutWanted?: number,
): ThresholdReport {
  const { deployed } = thresholds;
  const hasHeldOut = heldOutScores.length > 0;
  return {
    ...thresholds,
    heldOut: hasHeldOut ? { count: heldOutScores.length, ...valueRange([heldOutScores]) } : null,
    falseAlarmBound: deployed === null ? null : falseAlarmBound(heldOutScores, deployed),
    ...(heldOutWanted !== undefined && { heldOutWanted }),
  };
}

export function thresholdText(
  { deployed, benchmark, heldOut, falseAlarmBound }: ThresholdReport,
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
    ...(falseAlarmBound === null
      ? []
      : [
          [
            '',
            formatBound(falseAlarmBound),
            dim('at most, the chance of a false alarm on a further image like the held-out ones'),
          ],
        ]),
    ['Benchmark', show(benchmark), dim('chosen on the test set, for comparing methods')],
    ['Held out', String(heldOut?.count ?? 0), dim(heldOut === null ? 'nominal images' : scoresOf(heldOut))],
  ];
  const change = shellCommand(['adfw', 'threshold', run, 'SCORE']);
  return `${formatTable(rows, { align: ['left', 'right'] })}\n\nChange it with: ${change}`;
}

const scoresOf = ({ count, min, max }: { count: number; min: number; max: number }): string =>
  `nominal image${count === 1 ? '' : 's'}, which scored ${formatScore(min)} to ${formatScore(max)}`;
