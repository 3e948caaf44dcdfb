/** Gathers what a report holds out of run directories and their dataset. */
import { normalizedName } from '@adfw/core';
import { scoreLevels } from '../maps/score-levels.js';
import type { Picture, ReportDocument, RunDocument } from '../report-document.js';
import { disagree, refuseOtherDatasets, runNames } from './comparison.js';
import { drawPicture, pictureSides } from './pictures.js';
import { reportNotes, type ShownImage } from './report-notes.js';
import { type RunRecord, readRun } from './run-record.js';
import { NO_TEST_IMAGES, openTestImages } from './test-images.js';

interface GatherOptions {
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
  /** Of one run: pictures that are drawn already, by {@link normalizedName} of the image's id. */
  readonly drawn?: ReadonlyMap<string, Picture> | undefined;
}

/** Images that are read and encoded at once, in libvips' threads. */
const AT_ONCE = 4;

/** Everything that a report holds; of several runs only the pictures of images that their verdicts differ on. */
export async function gatherReport(
  folders: readonly string[],
  { onProgress, signal, drawn: before = new Map() }: GatherOptions = {},
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

  const tested = records.flatMap(({ data }) => data ?? []);
  const isDrawn = (index: number) =>
    before.has(normalizedName((listed[index] as (typeof listed)[number]).id));
  const images = shown.every(isDrawn) ? NO_TEST_IMAGES : await openTestImages(experiment, tested, signal);
  const sources = records.map(({ maps }, run) => ({ maps, levels: runs[run]?.levels ?? null }));
  const sides = pictureSides(shown.length, runs.length);
  const drawn = new Map<number, ShownImage>();
  const left = shown.values();
  const draw = async () => {
    for (const index of left) {
      signal?.throwIfAborted();
      const { id } = listed[index] as (typeof listed)[number];
      const known = before.get(normalizedName(id));
      if (known) drawn.set(index, { id, picture: known, changed: null });
      else {
        const test = await images.read(id);
        const picture = await drawPicture({ id, runs: sources, test, sides });
        drawn.set(index, { id, picture, changed: test.changed });
      }
      done += 1;
      onProgress?.(done, shown.length);
    }
  };
  let done = 0;
  await Promise.all(Array.from({ length: AT_ONCE }, draw));

  // In the order of the images, whichever was ready first.
  const pictures = new Map(
    shown.flatMap((index): [number, Picture][] => {
      const picture = drawn.get(index)?.picture;
      return picture ? [[index, picture]] : [];
    }),
  );
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
      notes: reportNotes({
        records,
        names,
        fault: images.fault,
        shown: shown.flatMap((index) => drawn.get(index) ?? []),
      }),
    },
    pictures,
  };
}

function runDocument(record: RunRecord, name: string, listed: RunRecord['scores']): RunDocument {
  const { report, thresholds, heldOutScores, history, maps, experiment } = record;
  const { method, dataset, metrics, timings, engine, training, model, synthetic } = report;
  const scores = new Map(record.scores.map(({ id, score }) => [normalizedName(id), score]));
  return {
    name,
    method,
    dataset,
    metrics,
    timings,
    engine,
    training,
    model,
    ...(synthetic && { synthetic }),
    thresholds,
    scores: listed.map(({ id }) => scores.get(normalizedName(id)) as number),
    heldOutScores,
    history,
    hasMaps: record.hasMaps,
    levels: maps && scoreLevels(maps.manifest, thresholds.benchmark ?? thresholds.deployed),
    experiment,
  };
}
