import { DataError } from '../contracts/errors.js';
import type { EachImage, PixelSource, ScoredImages, Thresholder } from '../contracts/threshold.js';
import { addAreas, auroc, FPR_LIMIT, STRICT_FPR_LIMIT } from './auroc.js';
import { aurocInterval, type Interval } from './auroc-interval.js';
import { averagePrecision, precisionSum } from './average-precision.js';
import { bestF1Search } from './best-f1.js';
import { checkSamples } from './checks.js';
import { confusion } from './confusion.js';
import { falseAlarmBound } from './false-alarm-bound.js';
import {
  hasParts,
  type KindMeasures,
  kindMeasures,
  type PartMeasures,
  partMeasures,
  type SaturatedOverlap,
  saturatedOverlap,
  type TestSet,
  type WholeGroups,
  wholeGroups,
} from './parts.js';
import { perImageOverlap } from './pixels/aupimo.js';
import { areasUnderPro, lastOutside } from './pixels/aupro.js';
import { diceAt, type Overlap, overlaps } from './pixels/dice.js';
import { type Job, job } from './pixels/each-image.js';
import { type MaskSurvey, pixelRanker, scoresAtOnce, surveyMasks } from './pixels/pixel-ranking.js';

/** A scored test set, one entry an image, and where its scores are cut. */
export interface EvaluationInput extends TestSet {
  /** Chooses the benchmark's threshold, on these images themselves. */
  readonly threshold: Thresholder;
  /** The nominal images that the deployed one was chosen from, and from how many on it keeps what it promises. */
  readonly heldOut?: { readonly scores: ArrayLike<number>; readonly sufficient?: number | undefined };
}

/** What is reported of a run. A measure that the test set does not allow is null, and a note says why. */
export interface Evaluation {
  /** Area under the ROC curve of the images. */
  readonly imageAuroc: number | null;
  /** Where it lies with a confidence of 95 %, as far as so many images can say ({@link aurocInterval}). */
  readonly imageAurocInterval: Interval | null;
  /** Average precision of the images. */
  readonly imageAp: number | null;
  /** The AUROC up to a false-positive rate of 0.3, divided by 0.3. */
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
    /** F1 of all pixels at that threshold (MVTec AD 2's SegF1); null without masks. */
    readonly pixelF1: number | null;
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
  /** The same up to 0.05, divided by 0.05. */
  readonly aupro05: number | null;
  /** The saturated per-region overlap of MVTec LOCO; null where a dataset does not say when defects saturate. */
  readonly saturatedOverlap: SaturatedOverlap | null;
  /** AUPIMO, the mean over the defective images: how much of their defects is found where hardly a nominal pixel is. */
  readonly aupimo: number | null;
  /** Average precision of all pixels. */
  readonly pixelAp: number | null;
  /** The highest F1 of all pixels that a threshold can reach; the threshold is chosen on the test set itself. */
  readonly pixelF1Max: number | null;
  /** Dice at `threshold`, the mean over the defective images. */
  readonly diceMean: number | null;
  /** Dice at `threshold` over all pixels of all images. */
  readonly diceGlobal: number | null;
  /** For each kind of defect how it is told from the nominal images, in the order in which they are first met; empty where kinds are not given. */
  readonly kinds: readonly KindMeasures[];
  /** Of the groups of images that show one thing, each as one; null where no group has several images. */
  readonly wholeGroups: WholeGroups | null;
  /** Of the images of each group; empty where there is one group, or more than 50. */
  readonly groups: readonly PartMeasures[];
  /** Of the images of each view, likewise. */
  readonly views: readonly PartMeasures[];
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
 * Pixels are read one image after another, or by the threads of their source, maps of nominal images once and those of defective ones three
 * times. Its own memory is that of a few images and what the source says that it may take, 30 MB otherwise: of more different scores of
 * defective pixels than this is enough for, a million, it reads them more often instead. No number depends on either.
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
    ...(input.kinds && { kinds: input.kinds }),
    ...(input.groups && { groups: input.groups }),
    ...(input.views && { views: input.views }),
    ...(input.regions && { 'lists of defects': input.regions }),
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
  const { groups, views } = input;
  const partitions = [groups, views].filter(hasParts).length + (input.regions ? 1 : 0);
  if (survey && pixels) progress.expect((1 + partitions) * readsFor(survey, scoresAtOnce(pixels)));
  const ofPixels = await pixelMeasures(input, pixels, survey, threshold, notes);
  const ofParts = {
    groups: await partMeasures({ ...input, pixels }, groups),
    views: await partMeasures({ ...input, pixels }, views),
    saturatedOverlap: await saturatedOverlap({ ...input, pixels }),
  };
  if (pixels && images > 0) progress.end();
  const { deployed } = measures;
  return {
    ...measures,
    deployed: deployed && { ...deployed, pixelF1: ofPixels.deployedF1 },
    ...ofPixels.measures,
    kinds: kindMeasures(input),
    wholeGroups: wholeGroups(input),
    ...ofParts,
    notes,
  };
}

/** Images are read as long as nobody has stopped it. */
const watched = (pixels: PixelSource, read: () => void, signal?: AbortSignal): PixelSource => ({
  length: pixels.length,
  size: (index) => pixels.size(index),
  unscored: (index) => pixels.unscored?.(index) ?? 0,
  async mask(index, into) {
    signal?.throwIfAborted();
    const mask = await pixels.mask(index, into);
    read();
    return mask;
  },
  map: (index, into) => pixels.map(index, into),
  ...(pixels.memory !== undefined && { memory: pixels.memory }),
  ...(pixels.each && { each: watchedEach(pixels.each, read, signal) }),
});

const watchedEach =
  (each: EachImage, read: () => void, signal?: AbortSignal): EachImage =>
  async (images, tasks, take) => {
    signal?.throwIfAborted();
    await each(images, tasks, (results, index) => {
      signal?.throwIfAborted();
      read();
      take(results, index);
    });
  };

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

/** About how many masks {@link PixelRanker.rank} and {@link areasUnderPro} read. */
function readsFor({ images, defective, defectiveTotal }: MaskSurvey, atOnce: number): number {
  const parts = Math.ceil(defectiveTotal / atOnce);
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

type PixelMeasures = Pick<
  Evaluation,
  'pixelAuroc' | 'aupro' | 'aupro05' | 'aupimo' | 'pixelAp' | 'pixelF1Max' | 'diceMean' | 'diceGlobal'
>;
/** What is said of a threshold without looking at pixels. */
type ImageMeasures = Omit<
  Evaluation,
  | keyof PixelMeasures
  | 'deployed'
  | 'kinds'
  | 'wholeGroups'
  | 'groups'
  | 'views'
  | 'saturatedOverlap'
  | 'notes'
> & {
  readonly deployed: Omit<NonNullable<Evaluation['deployed']>, 'pixelF1'> | null;
};

function imageMeasures(
  { scores, labels, deployed, heldOut }: EvaluationInput,
  threshold: number | null,
  notes: string[],
): ImageMeasures {
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
    imageAurocInterval: bothClasses ? aurocInterval(scores, labels) : null,
    imageAp: bothClasses ? averagePrecision(scores, labels) : null,
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
  { labels, deployed }: EvaluationInput,
  pixels: PixelSource | null,
  survey: MaskSurvey | null,
  threshold: number | null,
  notes: string[],
): Promise<{ readonly measures: PixelMeasures; readonly deployedF1: number | null }> {
  const none = {
    pixelAuroc: null,
    aupro: null,
    aupro05: null,
    aupimo: null,
    pixelAp: null,
    pixelF1Max: null,
    diceMean: null,
    diceGlobal: null,
  };
  const nothing = { measures: none, deployedF1: null };
  if (labels.length === 0) return nothing;
  if (!pixels || !survey) {
    notes.push(
      'The model says of an image whether it is defective, not where: pixel AUROC, AUPRO and Dice were not measured.',
    );
    return nothing;
  }
  const withDefect = new Set(survey.defective.map(({ index }) => index));
  const empty = survey.images.filter((index) => labels[index] === 1 && !withDefect.has(index)).length;
  if (empty > 0)
    notes.push(
      `${count(empty, 'defective image has', 'defective images have')} no defective pixel that is looked at (an empty mask, or a defect outside of the region): left out of the mean Dice.`,
    );
  const missing = [
    ...(survey.defectiveTotal > 0 ? [] : ['defective']),
    ...(survey.nominalTotal > 0 ? [] : ['nominal']),
  ];
  if (missing.length > 0) {
    notes.push(
      `No mask has a ${missing.join(' or ')} pixel, so pixel AUROC, AUPRO and Dice were not measured.`,
    );
    return nothing;
  }
  const dice = threshold === null ? null : diceAt(threshold);
  const deployedDice = deployed === null ? null : diceAt(deployed);
  const overlap = perImageOverlap(survey);
  const precision = precisionSum();
  const f1 = bestF1Search();
  let areas = 0;
  let floor = Number.NEGATIVE_INFINITY;
  const ranker = pixelRanker(pixels, survey);
  const whole = await ranker.rank(
    (ranking) => {
      areas = addAreas(areas, ranking, 1);
      floor = Math.max(floor, lastOutside(ranking, FPR_LIMIT));
      precision.add(ranking);
      f1.add(ranking);
    },
    [overlapAt([dice, deployedDice]), ...(overlap ? [overlap.addNominal] : [])],
  );
  let overlapSum = 0;
  const [aupro, aupro05] = (await areasUnderPro(
    pixels,
    survey,
    { ranker, whole, floor },
    [FPR_LIMIT, STRICT_FPR_LIMIT],
    overlap
      ? [
          overlap.areas((area) => {
            overlapSum += area;
          }),
        ]
      : [],
  )) as [number, number];
  if (!overlap) notes.push('No nominal image has a mask, so AUPIMO was not measured.');
  const measures = {
    pixelAuroc: areas / survey.defectiveTotal,
    aupro,
    aupro05,
    aupimo: overlap && overlapSum / survey.defective.length,
    pixelAp: precision.mean(),
    pixelF1Max: f1.best().f1,
    diceMean: dice?.mean() ?? null,
    diceGlobal: dice?.global() ?? null,
  };
  return { measures, deployedF1: deployedDice?.global() ?? null };
}

/** Adds the pixels of each image to what is measured at thresholds, their scores being looked at by others. */
function overlapAt(thresholds: readonly (ReturnType<typeof diceAt> | null)[]): Job {
  const dices = thresholds.filter((dice) => dice !== null);
  const given = { thresholds: dices.map(({ threshold }) => threshold), checked: true };
  return job(
    overlaps,
    () => given,
    (ofImage) => {
      for (const [i, dice] of dices.entries()) dice.add(ofImage[i] as Overlap);
    },
  );
}

const count = (many: number, one: string, more: string) => `${many} ${many === 1 ? one : more}`;
