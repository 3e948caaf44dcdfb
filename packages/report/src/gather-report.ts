/** Gathers what a report holds out of run directories and their dataset. */
import { normalizedName } from '@adfw/core';
import { disagree, refuseOtherDatasets, runNames } from './comparison.js';
import { drawPicture, pictureSides } from './pictures.js';
import type { Picture, ReportDocument, RunDocument } from './report-document.js';
import { type RunRecord, readRun } from './run-record.js';
import { scoreLevels } from './score-levels.js';
import { openTestImages } from './test-images.js';

interface GatherOptions {
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
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
  const scores = new Map(record.scores.map(({ id, score }) => [normalizedName(id), score]));
  return {
    name,
    method,
    dataset,
    metrics,
    timings,
    engine,
    bestEpochs,
    thresholds,
    scores: listed.map(({ id }) => scores.get(normalizedName(id)) as number),
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
