/** What `adfw export` does. */
import { EXPORT_TOLERANCE, type ExportReport, exportRun } from '@adfw/runner';
import { numberOf } from '../../shared/flag-value.js';
import { count, formatScore } from '../../shared/format.js';
import type { ProgressView } from '../../shared/progress-view.js';

export interface ExportFlags {
  out: string;
  threshold?: string | undefined;
  'require-threshold'?: boolean | undefined;
  overwrite?: boolean | undefined;
}

const tasks = {
  loading: 'Loading the model',
  exporting: 'Writing the graph',
  comparing: 'Comparing with adfw predict',
};

/** @throws what {@link exportRun} throws. */
export async function performExport(
  run: string,
  { out, overwrite = false, ...flags }: ExportFlags,
  progress: ProgressView,
  signal: AbortSignal,
): Promise<{ report: ExportReport; text: string }> {
  const report = await exportRun(run, {
    out,
    overwrite,
    ...(flags.threshold !== undefined && { threshold: numberOf('--threshold', flags.threshold) }),
    requireThreshold: flags['require-threshold'] ?? false,
    onProgress: (task) => progress.update({ task: tasks[task] }),
    signal,
  });
  const { generatedBecause } = report.comparison;
  if (generatedBecause !== null)
    progress.warn(
      `The images of the run cannot be read, so the comparison was made on generated ones. ${generatedBecause}`,
    );
  return { report, text: exportText(report) };
}

function exportText({ file, bytes, threshold, comparison }: ExportReport): string {
  const { images, generatedBecause, largestDifference, batches } = comparison;
  const { anomalyMap, imageScore, normalizedScore } = largestDifference;
  const largest = Math.max(anomalyMap ?? 0, imageScore, normalizedScore ?? 0);
  return [
    `${file} (${(bytes / 2 ** 20).toFixed(1)} MiB) gives what adfw predict gives: on ${count(images, generatedBecause === null ? 'image' : 'generated image')}, in batches of ${batches.join(' and ')}, the largest difference is ${largest.toExponential(1)} of the largest value (${EXPORT_TOLERANCE} is allowed).`,
    threshold === null
      ? 'Its input threshold has no default and must be given.'
      : `Its threshold is ${formatScore(threshold)}, the default of its input threshold.`,
  ].join('\n');
}
