/** What `adfw report` does, and `adfw run` at its end. */
import { type ReportOptions, type RunPictures, type WrittenReport, writeReport } from '@adfw/report';
import { count } from '../../shared/format.js';
import type { ProgressView } from '../../shared/progress-view.js';

export interface ReportFlags {
  out?: string | undefined;
}

/** @throws what {@link writeReport} throws. */
export async function performReport(
  runs: readonly string[],
  { out, drawn }: ReportFlags & Pick<ReportOptions, 'drawn'>,
  progress: ProgressView,
  signal: AbortSignal,
): Promise<{ report: WrittenReport; text: string }> {
  progress.update({ task: 'Reading the results' });
  const report = await writeReport(runs, {
    ...(out !== undefined && { out }),
    ...(drawn && { drawn }),
    onProgress: (done, total) =>
      progress.update({ task: 'Drawing pictures', fraction: done / total, detail: `${done}/${total}` }),
    signal,
  });
  for (const note of report.notes) progress.warn(note);
  return { report, text: writtenText(report) };
}

function writtenText({ file, bytes, images, disagreements }: WrittenReport): string {
  const what =
    disagreements === null
      ? count(images, 'test image')
      : `${disagreements} of ${count(images, 'test image')} are called differently, at the deployed thresholds or at the benchmark's`;
  return `${file} (${(bytes / 2 ** 20).toFixed(1)} MiB, ${what}): open it in a browser.`;
}

/**
 * The report of a run that has just ended. The run is complete without it, so that what goes wrong is a warning.
 * @returns the file; null where there is none.
 */
export async function reportOfRun(
  folder: string,
  progress: ProgressView,
  signal: AbortSignal,
  pictures: RunPictures,
): Promise<string | null> {
  try {
    return (await performReport([folder], { drawn: await pictures.all() }, progress, signal)).report.file;
  } catch (error) {
    signal.throwIfAborted();
    const { name, message } = error as Error;
    if (name !== 'ConfigurationError' && name !== 'DataError') throw error;
    progress.warn(`The report was not written. ${message}`);
    return null;
  }
}
