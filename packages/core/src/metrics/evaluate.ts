import { DataError } from '../contracts/errors.js';
import type { ScoredImages, Thresholder } from '../contracts/threshold.js';
import { areaUnderPro } from './aupro.js';
import { areaUnderRoc, auroc, FPR_LIMIT } from './auroc.js';
import { checkSamples } from './checks.js';
import { confusion } from './confusion.js';
import { diceGlobal, diceMean } from './dice.js';
import { falseAlarmBound } from './false-alarm-bound.js';
import { rankPixels } from './ranking.js';

/** A scored test set, one entry an image, and where its scores are cut. */
export interface EvaluationInput {
  /** Image-level scores, eq. 5.5. */
  readonly scores: ArrayLike<number>;
  /** 1 defective, 0 nominal. */
  readonly labels: ArrayLike<number>;
  /** Anomaly maps `[H, W]` in rows; not looked at where the mask is null. */
  readonly maps: readonly Float32Array[];
  /** Masks `[H, W]` in rows, non-zero where defective: all zero for a nominal image, null where there is none. */
  readonly masks: readonly (Uint8Array | null)[];
  /** H and W of every map and mask. */
  readonly size: { readonly height: number; readonly width: number };
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

/**
 * Everything that is reported of a scored test set. What it does not allow (no images, images of one class, no masks) is null
 * with a note; only wrong input throws.
 *
 * Needs about 30 bytes a defective pixel beside its input: 30 MB for 1,000 images of 224x224 of which 2 % is defective. A
 * thresholder that needs masks is given all pixels in one array, 5 bytes each.
 *
 * @throws DataError where lengths differ, a label is not 0 or 1 or a score is not finite.
 */
export function evaluate(input: EvaluationInput): Evaluation {
  const images = input.scores.length;
  for (const [name, { length }] of Object.entries({
    labels: input.labels,
    'anomaly maps': input.maps,
    masks: input.masks,
  }))
    if (length !== images)
      throw new DataError(
        `There are ${images} image scores but ${length} ${name}; give one of each an image.`,
      );
  checkSamples(input.scores, input.labels);
  const notes: string[] = [];
  const pixels = pixelsWithMasks(input, notes);
  const threshold = benchmarkThreshold(input, pixels, notes);
  return {
    ...imageMeasures(input, threshold, notes),
    ...pixelMeasures(input, pixels, threshold, notes),
    notes,
  };
}

interface Pixels {
  readonly maps: readonly Float32Array[];
  readonly masks: readonly Uint8Array[];
}

function pixelsWithMasks({ maps, masks }: EvaluationInput, notes: string[]): Pixels {
  const known = masks.flatMap((mask, image) => (mask ? [{ mask, map: maps[image] as Float32Array }] : []));
  const unknown = masks.length - known.length;
  if (unknown > 0)
    notes.push(
      `${count(unknown, 'test image has', 'test images have')} no mask: left out of pixel measures.`,
    );
  return { maps: known.map(({ map }) => map), masks: known.map(({ mask }) => mask) };
}

function benchmarkThreshold(
  { scores, labels, threshold }: EvaluationInput,
  pixels: Pixels,
  notes: string[],
): number | null {
  if (scores.length === 0) return null;
  const images: ScoredImages = { scores, labels };
  if (threshold.needs === 'masks' && pixels.masks.length > 0) images.pixels = concatenated(pixels);
  try {
    return threshold.threshold(images);
  } catch (error) {
    if (!(error instanceof DataError)) throw error;
    notes.push(`No threshold could be chosen on the test set. ${error.message}`);
    return null;
  }
}

function concatenated({ maps, masks }: Pixels): NonNullable<ScoredImages['pixels']> {
  const length = maps.reduce((sum, map) => sum + map.length, 0);
  const pixels = { scores: new Float32Array(length), labels: new Uint8Array(length) };
  let offset = 0;
  for (const [image, map] of maps.entries()) {
    pixels.scores.set(map, offset);
    pixels.labels.set(masks[image] as Uint8Array, offset);
    offset += map.length;
  }
  return pixels;
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

function pixelMeasures(
  { labels, masks, size }: EvaluationInput,
  pixels: Pixels,
  threshold: number | null,
  notes: string[],
): PixelMeasures {
  const hasDefect = (mask: Uint8Array) => mask.some((pixel) => pixel !== 0);
  const empty = masks.filter((mask, image) => mask && labels[image] === 1 && !hasDefect(mask)).length;
  if (empty > 0)
    notes.push(
      `${count(empty, 'defective image has', 'defective images have')} an empty mask: left out of the mean Dice.`,
    );
  const missing = [
    ...(pixels.masks.some(hasDefect) ? [] : ['defective']),
    ...(pixels.masks.some((mask) => mask.includes(0)) ? [] : ['nominal']),
  ];
  if (missing.length > 0) {
    if (masks.length > 0)
      notes.push(
        `No mask has a ${missing.join(' or ')} pixel, so pixel AUROC, AUPRO and Dice were not measured.`,
      );
    return { pixelAuroc: null, aupro: null, diceMean: null, diceGlobal: null };
  }
  const ranking = rankPixels(pixels.maps, pixels.masks);
  return {
    pixelAuroc: areaUnderRoc(ranking, 1),
    aupro: areaUnderPro(ranking, pixels.maps, pixels.masks, size, FPR_LIMIT),
    diceMean: threshold === null ? null : diceMean(pixels.maps, pixels.masks, threshold),
    diceGlobal: threshold === null ? null : diceGlobal(pixels.maps, pixels.masks, threshold),
  };
}

const count = (many: number, one: string, more: string) => `${many} ${many === 1 ? one : more}`;
