/** What `adfw predict` does. */
import { DataError, type LeftOut } from '@adfw/core';
import { badImageRemedy, countLeftOut, describeLeftOut, listImages } from '@adfw/datasets-mvtec';
import {
  createFolder,
  createScoringWorker,
  type EngineInfo,
  type Prediction,
  predictFiles,
  readManifest,
} from '@adfw/runner';
import { type EngineFlags, engineChoice } from './engine-choice.js';
import { numberOf } from './flag-value.js';
import { shellCommand } from './format.js';
import { predictionOverlays } from './prediction-overlays.js';
import { predictionsText } from './predictions-text.js';
import type { ProgressView } from './progress-view.js';
import { coloursFor } from './streams.js';

export interface PredictFlags extends EngineFlags {
  threshold?: string | undefined;
  out?: string | undefined;
  'skip-bad-images'?: boolean | undefined;
}

export interface PredictReport {
  /** What computed. */
  engine: EngineInfo;
  /** null where the model has none and none was given. */
  threshold: number | null;
  predictions: (Prediction & { /** Its picture. */ overlay?: string })[];
  /** Images that were left out, and why. */
  skipped: string[];
  /** Files in the folders that are no images. */
  leftOut: LeftOut;
}

/** Each image once, though folders may hold one another. */
async function filesAt(paths: readonly string[]): Promise<{ images: string[]; leftOut: LeftOut }> {
  const found = await Promise.all(paths.map(listImages));
  const images = new Set(found.flatMap(({ images }) => images));
  // A file that was named is an image, whatever its ending.
  const others = new Set(found.flatMap(({ leftOut }) => leftOut).filter((file) => !images.has(file)));
  return { images: [...images], leftOut: countLeftOut([...others]) };
}

/** @throws DataError where an image cannot be read, and with `--skip-bad-images` where none can. */
export async function performPredict(
  run: string,
  paths: readonly string[],
  flags: PredictFlags,
  progress: ProgressView,
  signal: AbortSignal,
): Promise<{ report: PredictReport; text: string }> {
  const engine = engineChoice(flags);
  const threshold = flags.threshold === undefined ? undefined : numberOf('--threshold', flags.threshold);
  // What can be wrong with the arguments shows before an engine starts.
  const manifest = await readManifest(run);
  const { images, leftOut } = await filesAt(paths);
  if (leftOut.count > 0) progress.warn(`Left out: ${describeLeftOut(leftOut)}.`);
  if (flags.out !== undefined) await createFolder(flags.out);

  progress.update({ task: 'Loading the model' });
  // In a thread of its own: while it computes, pictures are drawn, the next images are read, and Ctrl-C is heard.
  const model = await createScoringWorker(run, { engine: engine.name, ...engine.options });
  const draw = flags.out === undefined ? null : predictionOverlays(flags.out, images, manifest);
  const report: PredictReport = {
    engine: model.engine,
    threshold: threshold ?? manifest.thresholds.deployed,
    predictions: [],
    skipped: [],
    leftOut,
  };
  const onBadImage = ({ message }: Error) => {
    const fault = message.replace(badImageRemedy, '');
    report.skipped.push(fault);
    progress.warn(`Left out: ${fault}`);
  };
  const scored = predictFiles(model, images, {
    signal,
    ...(threshold !== undefined && { threshold }),
    ...(flags['skip-bad-images'] && { onBadImage }),
  });
  try {
    for await (const detailed of scored) {
      const { pixels: _pixels, map: _map, ...prediction } = detailed;
      report.predictions.push(draw ? { ...prediction, overlay: await draw(detailed) } : prediction);
      const done = report.predictions.length + report.skipped.length;
      progress.update({
        task: 'Scoring',
        fraction: done / images.length,
        detail: `${done}/${images.length}`,
      });
    }
  } finally {
    await model.close();
  }
  if (report.predictions.length === 0)
    throw new DataError(
      images.length === 1 ? 'The image cannot be read.' : `None of the ${images.length} images can be read.`,
    );
  if (report.threshold === null)
    progress.warn(
      `The model has no threshold, since no nominal image was held out, so there are no verdicts. Set one with ${shellCommand(['adfw', 'threshold', run, 'SCORE'])}, or give --threshold SCORE.`,
    );

  const table = predictionsText(
    report.predictions,
    threshold === undefined ? 'deployed' : 'given',
    coloursFor(process.stdout),
  );
  return { report, text: flags.out === undefined ? table : `${table}\nPictures are in ${flags.out}.` };
}
