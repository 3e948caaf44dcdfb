import { open, readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { ConfigurationError } from '@adfw/core';
import { runPaths, writeFile } from '@adfw/runner';
import { disagree, refuseOtherDatasets, runNames } from './comparison.js';
import { drawPicture, pictureSides } from './pictures.js';
import type { Picture, ReportDocument, RunDocument } from './report-document.js';
import { GENERATOR, type PageAssets, reportHtml } from './report-html.js';
import { type RunRecord, readRun } from './run-record.js';
import { scoreLevels } from './score-levels.js';
import { openTestImages } from './test-images.js';

export interface ReportOptions {
  /** The HTML file; by default `report.html` in the folder of the run, and for several `adfw-comparison.html` in the working directory. */
  readonly out?: string;
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
  /** What could not be shown, a sentence each. */
  readonly notes: readonly string[];
}

/**
 * Writes the report of a run, or the comparison of several: one HTML file that opens offline.
 * @param folders run directories.
 * @throws ConfigurationError for a folder that is no run or whose run is not complete, runs tested on different images, and a file
 * in the way that is no report; DataError for damaged files, and where the report cannot be written.
 */
export async function writeReport(
  folders: readonly string[],
  { out, onProgress, signal }: ReportOptions = {},
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
  await refuseOtherFile(file);
  const { document, pictures } = await gatherReport(folders, { onProgress, signal });
  const html = reportHtml(titleOf(document), document, pictures, await pageAssets());
  await writeFile(file, html);
  return {
    file,
    bytes: Buffer.byteLength(html),
    images: document.images.length,
    disagreements: folders.length === 1 ? null : document.images.filter(({ disputed }) => disputed).length,
    notes: document.notes,
  };
}

interface GatherOptions {
  readonly onProgress?: ReportOptions['onProgress'] | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** Images that are read and encoded at once, in libvips' threads. */
const AT_ONCE = 4;

/** Everything that a report holds; of several runs only the pictures of images that their verdicts differ on. */
export async function gatherReport(
  folders: readonly string[],
  { onProgress, signal }: GatherOptions = {},
): Promise<{ document: ReportDocument; pictures: Map<number, Picture> }> {
  const records = await Promise.all(folders.map(readRun));
  refuseOtherDatasets(records);
  const [{ scores: listed, experiment }] = records as [RunRecord];
  const names = runNames(folders);
  const runs = records.map((record, index) => runDocument(record, names[index] as string, listed));
  const isDisputed = (index: number) =>
    disagree(
      records,
      runs.map(({ scores }) => scores[index] as number),
    );
  const disputed = listed.map((_, index) => runs.length > 1 && isDisputed(index));
  const shown = [...listed.keys()].filter((index) => runs.length === 1 || disputed[index]);

  const images = await openTestImages(experiment, signal);
  const sources = records.map(({ maps }, run) => ({ maps, levels: runs[run]?.levels ?? null }));
  const sides = pictureSides(shown.length, runs.length);
  const drawn = new Map<number, Picture>();
  const left = shown.values();
  const draw = async () => {
    for (const index of left) {
      signal?.throwIfAborted();
      const { id } = listed[index] as (typeof listed)[number];
      const picture = await drawPicture({ id, runs: sources, images, sides });
      if (picture) drawn.set(index, picture);
      done += 1;
      onProgress?.(done, shown.length);
    }
  };
  let done = 0;
  await Promise.all(Array.from({ length: AT_ONCE }, draw));

  const pictures = new Map(shown.flatMap((index) => entryOf(drawn, index)));
  return {
    document: {
      runs,
      images: listed.map(({ id, label, defect }, index) => ({
        id,
        label,
        defect,
        hasPicture: pictures.has(index),
        disputed: disputed[index] as boolean,
      })),
      notes: notesOf(records, names, images.fault, shown.length, [...pictures.values()]),
    },
    pictures,
  };
}

/** In the order of the images, whichever was ready first. */
const entryOf = <K, V>(map: ReadonlyMap<K, V>, key: K): [K, V][] =>
  map.has(key) ? [[key, map.get(key) as V]] : [];

function runDocument(record: RunRecord, name: string, listed: RunRecord['scores']): RunDocument {
  const { report, thresholds, heldOutScores, history, maps, experiment } = record;
  const { method, dataset, metrics, timings, engine, bestEpochs } = report;
  const scores = new Map(record.scores.map(({ id, score }) => [id, score]));
  return {
    name,
    method,
    dataset,
    metrics,
    timings,
    engine,
    bestEpochs,
    thresholds,
    scores: listed.map(({ id }) => scores.get(id) as number),
    heldOutScores,
    history,
    levels: maps && scoreLevels(maps.manifest, thresholds.benchmark ?? thresholds.deployed),
    experiment,
  };
}

function notesOf(
  records: readonly RunRecord[],
  names: readonly string[],
  fault: string | null,
  shown: number,
  pictures: readonly Picture[],
): string[] {
  const missing = shown - pictures.filter(({ image }) => image !== null).length;
  const whichMaps = names.filter((_, run) => records[run]?.maps === null);
  return [
    ...(fault !== null && shown > 0
      ? [`The images cannot be shown, since the dataset cannot be read. ${fault}`]
      : []),
    ...(fault === null && missing > 0
      ? [`${missing} of ${shown} images cannot be shown: they were moved, deleted or damaged since the run.`]
      : []),
    ...whichMaps.map((name) => `There are no heat maps of ${name}: its folder has no anomaly-maps.`),
  ];
}

function titleOf({ runs }: ReportDocument): string {
  const [{ method, dataset }] = runs as [RunDocument];
  const on = [dataset.name, dataset.category].filter(Boolean).join(' / ');
  return runs.length === 1 ? `${method} on ${on}` : `${runs.length} runs on ${on}`;
}

/** The built page, beside the built code and, run from the sources, in `dist` too. */
async function pageAssets(): Promise<PageAssets> {
  const text = (name: string) => readFile(new URL(`../dist/${name}`, import.meta.url), 'utf8');
  return { script: await text('page.js'), style: await text('page.css') };
}

/** A report may be made again; any other file is left alone. */
async function refuseOtherFile(path: string): Promise<void> {
  const file = await open(path).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return null;
    throw new ConfigurationError(
      `The report cannot be written to ${path} (${error.code}); name another file.`,
    );
  });
  if (!file) return;
  try {
    const isFile = (await file.stat()).isFile();
    const start = Buffer.alloc(500);
    if (isFile) await file.read(start, 0, start.length, 0);
    if (!isFile || !start.includes(GENERATOR))
      throw new ConfigurationError(
        `${path} is there and is no report of adfw, so it is not replaced; name another file with --out.`,
      );
  } finally {
    await file.close();
  }
}
