import { resolve } from 'node:path';
import { ConfigurationError } from '@adfw/core';
import { checkFolderOf, refuseReplacing, runPaths, writeFile } from '@adfw/runner';
import { gatherReport } from './gather/gather-report.js';
import { pageAssets } from './page-assets.js';
import type { Picture, ReportDocument, RunDocument } from './report-document.js';
import { GENERATOR, reportHtml } from './report-html.js';

export interface ReportOptions {
  /** The HTML file; by default `report.html` in the folder of the run, and for several `adfw-comparison.html` in the working directory. */
  readonly out?: string;
  /** Of one run: pictures that were drawn while it ran, those that `runPictures` gives. */
  readonly drawn?: ReadonlyMap<string, Picture>;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

export interface WrittenReport {
  /** The HTML file. */
  readonly file: string;
  readonly bytes: number;
  /** Test images. */
  readonly images: number;
  /** Of several runs: how many images their verdicts differ on. */
  readonly disagreements: number | null;
  /** What could not be shown, and what does not compare, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Writes the report of a run, or the comparison of several: one HTML file that opens offline.
 * @param folders run directories.
 * @throws ConfigurationError for a folder that is no run or whose run is not complete, runs tested on different images, a file
 * in the way that is no report, and no folder to write to; DataError for damaged files, and where the report cannot be written.
 */
export async function writeReport(
  folders: readonly string[],
  { out, drawn, onProgress, signal }: ReportOptions = {},
): Promise<WrittenReport> {
  const distinct = new Set(folders.map((folder) => resolve(folder)));
  if (folders.length === 0 || distinct.size < folders.length)
    throw new ConfigurationError(
      folders.length === 0
        ? 'Name a run directory.'
        : 'A run cannot be compared with itself; name each once.',
    );
  const [first] = folders as [string];
  const file = out ?? (folders.length === 1 ? runPaths(first).report : 'adfw-comparison.html');
  // A report may be made again; any other file is left alone.
  await refuseReplacing([file], {
    ours: { are: 'report of adfw', known: (start) => start.includes(GENERATOR) },
    remedy: 'name another file with --out',
  });
  if (out !== undefined) await checkFolderOf(out);
  const { document, pictures } = await gatherReport(folders, { drawn, onProgress, signal });
  const html = reportHtml(titleOf(document), document, pictures, await pageAssets('page'));
  await writeFile(file, html);
  return {
    file,
    bytes: Buffer.byteLength(html),
    images: document.images.length,
    disagreements: folders.length === 1 ? null : document.images.filter(({ disputed }) => disputed).length,
    notes: document.notes,
  };
}

function titleOf({ runs }: ReportDocument): string {
  const [{ method, dataset }] = runs as [RunDocument];
  const on = [dataset.name, dataset.category].filter(Boolean).join(' / ');
  return runs.length === 1 ? `${method} on ${on}` : `${runs.length} runs on ${on}`;
}
