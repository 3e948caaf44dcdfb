import { DataError } from '../contracts/errors.js';
import type { PixelSource, ScoredImages, Thresholder } from '../contracts/threshold.js';
import { areaUnderPro, lastOutside } from './aupro.js';
import { addAreas, auroc, FPR_LIMIT } from './auroc.js';
import { checkSamples } from './checks.js';
import { confusion } from './confusion.js';
import { diceAt } from './dice.js';
import { falseAlarmBound } from './false-alarm-bound.js';
import { type MaskSurvey, MOST_SCORES, pixelRanker, surveyMasks } from './pixel-ranking.js';

/** A scored test set, one entry an image, and where its scores are cut. */
export interface EvaluationInput {
  /** Image-level scores, eq. 5.5. */
  readonly scores: ArrayLike<number>;
  /** 1 defective, 0 nominal. */
  readonly labels: ArrayLike<number>;
  /** Anomaly maps and masks of the same images; null where the model gives no maps. */
  readonly pixels: PixelSource | null;
  /** Chooses the benchmark's threshold, on these images themselves. */
  readonly threshold: Thresholder;
  /** The threshold that is used on new images, which these images had no part in; null where there is none. */
  readonly deployed: number | null;
  /** The nominal images that it was chosen from, and from how many on it keeps what it promises. */
  readonly heldOut?: { readonly scores: ArrayLike<number>; readonly sufficient?: number | undefined };
}

/** What is reported of a run. A measure that the test set does not allow is null, and a note says why. */
export interface Evaluation {
  /** Area under the ROC curve of the images. */
  readonly imageAuroc: number | null;
  /** The same up to a false-positive rate of 0.3, divided by 0.3. */
  readonly partialAuroc: number | null;
  /** F1, precision and recall of the images at `threshold`. */
  readonly imageF1: number | null;
  readonly precision: number | null;
  readonly recall: number | null;
  /** Good images called defective at `threshold`. */
  readonly falseBads: number | null;
  /** Defective images called good at `threshold`. */
  readonly falseGoods: number | null;
  /** The benchmark's threshold, chosen on the test set itself. */
  readonly threshold: number | null;
  /** The same counts at the threshold that is used on new images. */
  readonly deployed: {
    readonly threshold: number;
    readonly falseBads: number;
    readonly falseGoods: number;
    /** Of a run: how many nominal images it was chosen from. */
    readonly heldOut?: number;
    /** How likely the next nominal image is called defective, at most ({@link falseAlarmBound}). */
    readonly falseAlarmBound?: number | null;
    /** How many held-out images it would take for what was asked of it; absent where there are as many, or no number is enough. */
    readonly heldOutWanted?: number;
  } | null;
  /** Area under the ROC curve of all pixels. */
  readonly pixelAuroc: number | null;
  /** Area under the per-region overlap curve up to a false-positive rate of 0.3, divided by 0.3. */
  readonly aupro: number | null;
  /** Dice at `threshold`, the mean over the defective images. */
  readonly diceMean: number | null;
  /** Dice at `threshold` over all pixels of all images. */
  readonly diceGlobal: number | null;
  /** A sentence for each thing that could not be measured or was left out. */
  readonly notes: readonly string[];
}

export interface EvaluationOptions {
  /** How many images' worth of work is done; not called where there are none, or no pixels. */
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal;
}

/**
 * Everything that is reported of a scored test set. What it does not allow (no images, images of one class, no masks, no maps) is null
 * with a note; only wrong input throws.
 *
 * Pixels are read one image after another, maps of nominal images once and those of defective ones three times. Its own memory is
 * 30 MB and a few images at most: beyond a million different scores of defective pixels it reads them more often instead.
 *
 * @throws DataError where lengths differ, a label is not 0 or 1 or a score is not finite; the signal's reason when it is aborted.
 */
export async function evaluate(
  input: EvaluationInput,
  { onProgress, signal }: EvaluationOptions = {},
): Promise<Evaluation> {
  const { scores, labels, threshold: thresholder } = input;
  const images = scores.length;
  for (const [name, { length }] of Object.entries({
    labels,
    ...(input.pixels && { 'anomaly maps and masks': input.pixels }),
  }))
    if (length !== images)
      throw new DataError(
        `There are ${images} image scores but ${length} ${name}; give one of each an image.`,
      );
  checkSamples(scores, labels);
  const progress = readingProgress(images, onProgress);
  const pixels = input.pixels && watched(input.pixels, progress.read, signal);
  const notes: string[] = [];

  progress.expect((thresholder.needs === 'masks' ? 7 : 4) * images);
  const survey = pixels && (await surveyMasks(pixels));
  if (survey && survey.images.length < images) {
    const unknown = images - survey.images.length;
    notes.push(
      `${count(unknown, 'test image has', 'test images have')} no mask: left out of pixel measures.`,
    );
  }
  const threshold = await benchmarkThreshold(input, survey?.images.length ? pixels : null, notes);
  const measures = imageMeasures(input, threshold, notes);
  if (survey) progress.expect(readsFor(survey));
  const ofPixels = await pixelMeasures(input, pixels, survey, threshold, notes);
  if (pixels && images > 0) progress.end();
  return { ...measures, ...ofPixels, notes };
}

/** Images are read as long as nobody has stopped it. */
const watched = (pixels: PixelSource, read: () => void, signal?: AbortSignal): PixelSource => ({
  length: pixels.length,
  size: (index) => pixels.size(index),
  async mask(index, into) {
    signal?.throwIfAborted();
    const mask = await pixels.mask(index, into);
    read();
    return mask;
  },
  map: (index, into) => pixels.map(index, into),
});

/** From readings, of which it is only roughly known how many there will be. */
function readingProgress(images: number, onProgress?: EvaluationOptions['onProgress']) {
  let [reads, expected, done] = [0, 0, 0];
  return {
    expect(more: number) {
      expected = reads + more;
    },
    read() {
      reads++;
      const now = Math.floor((images * reads) / expected);
      if (now <= done || now >= images) return;
      done = now;
      onProgress?.(done, images);
    },
    end: () => onProgress?.(images, images),
  };
}

/** About how many masks {@link PixelRanker.rank} and {@link areaUnderPro} read. */
function readsFor({ images, defective, defectiveTotal }: MaskSurvey): number {
  const parts = Math.ceil(defectiveTotal / MOST_SCORES);
  const onePart = 2 * defective.length + images.length;
  return parts > 1 ? (parts + 3) * defective.length + 2 * parts * images.length : onePart;
}

async function benchmarkThreshold(
  { scores, labels, threshold }: EvaluationInput,
  pixels: PixelSource | null,
  notes: string[],
): Promise<number | null> {
  if (scores.length === 0) return null;
  const images: ScoredImages = { scores, labels };
  if (threshold.needs === 'masks' && pixels) images.pixels = pixels;
  try {
    return await threshold.threshold(images);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    notes.push(`No threshold could be chosen on the test set. ${error.message}`);
    return null;
  }
}

type PixelMeasures = Pick<Evaluation, 'pixelAuroc' | 'aupro' | 'diceMean' | 'diceGlobal'>;

function imageMeasures(
  { scores, labels, deployed, heldOut }: EvaluationInput,
  threshold: number | null,
  notes: string[],
): Omit<Evaluation, keyof PixelMeasures | 'notes'> {
  const atThreshold = threshold === null ? null : confusion(scores, labels, threshold);
  const atDeployed = deployed === null ? null : confusion(scores, labels, deployed);
  const defective = Array.from(labels).filter((label) => label === 1).length;
  const bothClasses = defective > 0 && defective < labels.length;
  if (labels.length === 0) notes.push('There are no test images, so nothing was measured.');
  else if (!bothClasses)
    notes.push(
      `All test images are ${defective > 0 ? 'defective' : 'nominal'}: AUROC, F1, precision and recall need both kinds.`,
    );
  return {
    imageAuroc: bothClasses ? auroc(scores, labels) : null,
    partialAuroc: bothClasses ? auroc(scores, labels, FPR_LIMIT) : null,
    imageF1: bothClasses && atThreshold ? atThreshold.f1 : null,
    precision: bothClasses && atThreshold ? atThreshold.precision : null,
    recall: bothClasses && atThreshold ? atThreshold.recall : null,
    falseBads: atThreshold?.falsePositives ?? null,
    falseGoods: atThreshold?.falseNegatives ?? null,
    threshold,
    deployed: atDeployed && {
      threshold: deployed as number,
      falseBads: atDeployed.falsePositives,
      falseGoods: atDeployed.falseNegatives,
      ...(heldOut && worth(heldOut, deployed as number)),
    },
  };
}

function worth({ scores, sufficient = 0 }: NonNullable<EvaluationInput['heldOut']>, threshold: number) {
  return {
    heldOut: scores.length,
    falseAlarmBound: falseAlarmBound(scores, threshold),
    ...(sufficient > scores.length && { heldOutWanted: sufficient }),
  };
}

async function pixelMeasures(
  { labels }: EvaluationInput,
  pixels: PixelSource | null,
  survey: MaskSurvey | null,
  threshold: number | null,
  notes: string[],
): Promise<PixelMeasures> {
  const none = { pixelAuroc: null, aupro: null, diceMean: null, diceGlobal: null };
  if (labels.length === 0) return none;
  if (!pixels || !survey) {
    notes.push(
      'The model says of an image whether it is defective, not where: pixel AUROC, AUPRO and Dice were not measured.',
    );
    return none;
  }
  const withDefect = new Set(survey.defective.map(({ index }) => index));
  const empty = survey.images.filter((index) => labels[index] === 1 && !withDefect.has(index)).length;
  if (empty > 0)
    notes.push(
      `${count(empty, 'defective image has', 'defective images have')} an empty mask: left out of the mean Dice.`,
    );
  const missing = [
    ...(survey.defectiveTotal > 0 ? [] : ['defective']),
    ...(survey.nominalTotal > 0 ? [] : ['nominal']),
  ];
  if (missing.length > 0) {
    notes.push(
      `No mask has a ${missing.join(' or ')} pixel, so pixel AUROC, AUPRO and Dice were not measured.`,
    );
    return none;
  }
  const dice = threshold === null ? null : diceAt(threshold);
  let areas = 0;
  let floor = Number.NEGATIVE_INFINITY;
  const ranker = pixelRanker(pixels, survey);
  const whole = await ranker.rank((ranking) => {
    areas = addAreas(areas, ranking, 1);
    floor = Math.max(floor, lastOutside(ranking, FPR_LIMIT));
  }, dice?.add);
  return {
    pixelAuroc: areas / survey.defectiveTotal,
    aupro: await areaUnderPro(pixels, survey, { ranker, whole, floor }, FPR_LIMIT),
    diceMean: dice?.mean() ?? null,
    diceGlobal: dice?.global() ?? null,
  };
}

const count = (many: number, one: string, more: string) => `${many} ${many === 1 ? one : more}`;
