/** What `adfw predict` does. */
import { DataError, type LeftOut, type SearchProgress } from '@adfw/core';
import { badImageRemedy, describeLeftOut } from '@adfw/images';
import {
  checkScoresFile,
  createScoresFile,
  createScoringWorker,
  type EngineInfo,
  type Prediction,
  predictFiles,
  readManifest,
  remarkWarnings,
  type SeenImage,
} from '@adfw/runner';
import { type EngineFlags, engineChoice } from '../../shared/engine-choice.js';
import { withResult } from '../../shared/failure.js';
import { numberOf } from '../../shared/flag-value.js';
import { count, shellCommand } from '../../shared/format.js';
import { Interruption } from '../../shared/interruption.js';
import type { ProgressView } from '../../shared/progress-view.js';
import { coloursFor } from '../../shared/streams.js';
import { progressOf } from '../run/progress.js';
import { imagesToScore } from './images-to-score.js';
import { predictionOverlays, prepareOverlays } from './overlays.js';
import { predictionTable } from './text.js';

export interface PredictFlags extends EngineFlags {
  threshold?: string | undefined;
  out?: string | undefined;
  scores?: string | undefined;
  'skip-bad-images'?: boolean | undefined;
}

export interface PredictReport {
  /** What computed. */
  engine: EngineInfo;
  /** null where the model has none and none was given. */
  threshold: number | null;
  /** Whether every image had its turn: not where the command was stopped, or failed. */
  complete: boolean;
  predictions: (Prediction & { /** Its picture. */ overlay?: string })[];
  /** Images that cannot be read, and why. */
  skipped: string[];
  /** Files in the folders that are no images. */
  leftOut: LeftOut;
  /** What else there is to know, a sentence each: pictures of an earlier call, files that are named twice or odd. */
  notes: string[];
}

/**
 * Each result is printed, and written, before the next image has its turn.
 * @param print takes a line for stdout; null where nobody reads it.
 * @throws Interruption when the signal is aborted, DataError where an image cannot be read, unless `--skip-bad-images` is given and
 *   another can, and where a file cannot be written; once a model is loaded, each with the report so far ({@link withResult}).
 */
export async function performPredict(
  run: string,
  paths: readonly string[],
  flags: PredictFlags,
  print: ((line: string) => void) | null,
  progress: ProgressView,
  signal: AbortSignal,
): Promise<PredictReport> {
  const engine = engineChoice(flags);
  const threshold = flags.threshold === undefined ? undefined : numberOf('--threshold', flags.threshold);
  // What can be wrong with the arguments shows before an engine starts.
  const manifest = await readManifest(run);
  const { images, leftOut, notes } = await imagesToScore(paths);
  if (flags.scores !== undefined) await checkScoresFile(flags.scores);
  const pictures = flags.out === undefined ? null : predictionOverlays(flags.out, images, manifest);
  if (flags.out !== undefined && pictures) await prepareOverlays(flags.out, pictures.files, images);
  if (leftOut.count > 0) progress.warn(`Left out: ${describeLeftOut(leftOut)}.`);
  for (const note of notes) progress.note(note);

  progress.update({ task: 'Loading the model' });
  // In a thread of its own: while it computes, pictures are drawn, the next images are read, and Ctrl-C is heard.
  const model = await createScoringWorker(run, { engine: engine.name, ...engine.options });
  const report: PredictReport = {
    engine: model.engine,
    threshold: threshold ?? manifest.thresholds.deployed,
    complete: false,
    predictions: [],
    skipped: [],
    leftOut,
    notes,
  };
  const { predictions, skipped } = report;
  const table = predictionTable(
    images,
    threshold === undefined ? 'deployed' : 'given',
    coloursFor(process.stdout),
  );
  const scored = () => ({ done: predictions.length + skipped.length, total: images.length });
  const show = (line: string) => {
    const { done } = scored();
    if (print)
      progress.stepAside(() => {
        if (done === 1) print(table.header);
        print(line);
      });
    progress.update({ task: 'Scoring', ...progressOf(scored()) });
  };
  const seen: SeenImage[] = [];
  try {
    const scores = flags.scores === undefined ? null : await createScoresFile(flags.scores);
    try {
      const onBadImage = async ({ message }: Error, image: string) => {
        const error = message.replace(badImageRemedy, '');
        skipped.push(error);
        await scores?.append({ image, error });
        show(table.unread(image));
        progress.warn(error);
      };
      const chosen = threshold === undefined ? {} : { threshold };
      const onSearch = (search: SearchProgress) =>
        progress.update({ task: 'Scoring', ...progressOf({ ...scored(), search }) });
      const predicting = { signal, onBadImage, onSearch, ...chosen };
      for await (const predicted of predictFiles(model, images, predicting)) {
        const { pixels, map: _map, ...plain } = predicted;
        seen.push({ name: predicted.image, ...(pixels.remarks && { remarks: pixels.remarks }) });
        // The score is there, whatever becomes of the picture.
        const [picture] = await Promise.allSettled(pictures ? [pictures.draw(predicted)] : []);
        const prediction = picture?.status === 'fulfilled' ? { ...plain, overlay: picture.value } : plain;
        predictions.push(prediction);
        await scores?.append(prediction);
        show(table.row(prediction));
        if (picture?.status === 'rejected') throw picture.reason;
      }
    } finally {
      await scores?.close();
    }
  } catch (error) {
    const ended = signal.aborted
      ? new Interruption(
          (signal.reason as Interruption).signal,
          `${predictions.length} of ${count(images.length, 'image')} had been scored.`,
        )
      : error;
    throw withResult(ended, report);
  } finally {
    await model.close();
  }
  report.complete = true;
  for (const warning of remarkWarnings(seen)) {
    notes.push(warning);
    progress.warn(warning);
  }

  if (report.threshold === null && predictions.length > 0)
    progress.warn(
      `The model has no threshold, since no nominal image was held out, so there are no verdicts. Set one with ${shellCommand(['adfw', 'threshold', run, 'SCORE'])}, or give --threshold SCORE.`,
    );
  if (predictions.length > 0) print?.(`\n${table.summary(predictions)}`);
  if (flags.out !== undefined && predictions.length > 0) print?.(`Pictures are in ${flags.out}.`);
  if (flags.scores !== undefined) print?.(`Scores are in ${flags.scores}.`);
  const error = unreadError(skipped.length, images.length, flags);
  if (error) throw withResult(error, report);
  return report;
}

/** What is to be said at the end of images that cannot be read; each has been named by then. */
function unreadError(unread: number, total: number, flags: PredictFlags): DataError | null {
  if (unread === 0 || (unread < total && flags['skip-bad-images'])) return null;
  if (unread === total)
    return new DataError(
      total === 1 ? 'The image cannot be scored.' : `None of the ${total} images can be scored.`,
    );
  return new DataError(
    `${unread} of ${total} images cannot be scored. Where that is to be expected, give --skip-bad-images.`,
  );
}
