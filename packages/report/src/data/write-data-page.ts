import type { AuditReport } from '@adfw/audit';
import type { Dataset } from '@adfw/core';
import { checkFolderOf, refuseReplacing, writeFile } from '@adfw/runner';
import { pageAssets } from '../page-assets.js';
import { DATA_GENERATOR, reportHtml } from '../report-html.js';
import { type DataDocument, dataSections } from './data-document.js';
import { drawPictures } from './draw-pictures.js';

export interface WrittenDataPage {
  /** The HTML file. */
  readonly file: string;
  readonly bytes: number;
}

/**
 * To be asked before a data set is looked at.
 * @throws ConfigurationError where a file is in the way that is no such page, and where there is no folder to write to.
 */
export async function checkDataPage(file: string): Promise<void> {
  await refuseReplacing([file], {
    ours: { are: 'page of adfw data', known: (start) => start.includes(DATA_GENERATOR) },
    remedy: 'name another file with --html',
  });
  await checkFolderOf(file);
}

/**
 * Writes what was found in a data set as one HTML file that opens offline, with pictures of what it speaks of.
 * @param dataset whose images are shown; null where it cannot be opened.
 * @throws as {@link checkDataPage}; DataError where it cannot be written, the signal's reason when it is aborted.
 */
export async function writeDataPage(
  file: string,
  report: AuditReport,
  dataset: Dataset | null,
  options: {
    readonly onProgress?: (done: number, total: number) => void;
    readonly signal?: AbortSignal;
  } = {},
): Promise<WrittenDataPage> {
  await checkDataPage(file);
  const pictures = dataset ? await drawPictures(dataSections(report), dataset, options) : {};
  const document: DataDocument = { report, pictures };
  const html = reportHtml(
    `Data of ${report.contents?.name ?? report.layout.dataset ?? 'an unknown layout'}`,
    document,
    new Map(),
    await pageAssets('data-page'),
    DATA_GENERATOR,
  );
  await writeFile(file, html);
  return { file, bytes: Buffer.byteLength(html) };
}
