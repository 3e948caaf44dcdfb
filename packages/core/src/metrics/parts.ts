/** Measures of parts of a test set: of kinds of defects, of views, and of groups of images that show one thing. */
import type { PixelSource } from '../contracts/threshold.js';
import { groupBy } from '../statistics/group-by.js';
import { addAreas, auroc, FPR_LIMIT, STRICT_FPR_LIMIT } from './auroc.js';
import { confusion } from './confusion.js';
import { areasUnderPro, lastOutside } from './pixels/aupro.js';
import { pixelRanker, surveyMasks } from './pixels/pixel-ranking.js';
import { areasUnderSpro, type DefectRegion } from './pixels/spro.js';

/** A scored test set, one entry an image. */
export interface TestSet {
  /** Image-level scores, eq. 5.5. */
  readonly scores: ArrayLike<number>;
  /** 1 defective, 0 nominal. */
  readonly labels: ArrayLike<number>;
  /** What kind of defect each image has; of nominal images it does not matter. Without it nothing is said of kinds. */
  readonly kinds?: readonly string[];
  /** What each image shows, where several show one thing; null where it stands by itself. */
  readonly groups?: readonly (string | null)[];
  /** Which image of its group each is, as a camera or a light; null where that is not said. */
  readonly views?: readonly (string | null)[];
  /** The defects of each image, none of nominal ones, where it is known how much of each counts as all of it; else null. */
  readonly regions?: readonly (readonly DefectRegion[])[] | null;
  /** Anomaly maps and masks of the same images; null where the model gives no maps. */
  readonly pixels: PixelSource | null;
  /** The threshold that is used on new images, which these images had no part in; null where there is none. */
  readonly deployed: number | null;
}

/** Of the images of one kind of defect, beside all nominal ones. */
export interface KindMeasures {
  readonly kind: string;
  readonly images: number;
  /** Null without nominal images. */
  readonly imageAuroc: number | null;
  /** How many are called good at the threshold that is used on new images; null where there is none. */
  readonly falseGoods: number | null;
}

/** Of some images, as of a test set of their own. A measure that they do not allow is null. */
export interface PartMeasures {
  /** Which part it is: the name of the view, or of the group. */
  readonly part: string;
  readonly images: number;
  readonly defective: number;
  readonly imageAuroc: number | null;
  /** At the threshold that is used on new images; null where there is none. */
  readonly falseBads: number | null;
  readonly falseGoods: number | null;
  readonly pixelAuroc: number | null;
  /** Up to a false-positive rate of 0.3. */
  readonly aupro: number | null;
}

/** Of groups, each as one thing: it is defective where an image of it is, and its score is the highest of its images. */
export interface WholeGroups {
  readonly groups: number;
  readonly defective: number;
  /** Real-IAD's S-AUROC; null where all groups are of one class. */
  readonly auroc: number | null;
  /** At the threshold that is used on new images; null where there is none. */
  readonly falseBads: number | null;
  readonly falseGoods: number | null;
}

/** Areas under the saturated per-region overlap curve ({@link areasUnderSpro}), as MVTec LOCO takes them. */
export interface SaturatedOverlap {
  /** Up to a false-positive rate of 0.3: the mean of the kinds of defects. */
  readonly spro: number;
  /** Up to 0.05. */
  readonly spro05: number;
  /** Of each kind, its images beside all nominal ones. */
  readonly kinds: readonly { readonly kind: string; readonly spro: number; readonly spro05: number }[];
}

/** Parts of more are measured together alone. */
const MOST_PARTS = 50;

/** In the order in which they are first met; empty where kinds are not given. */
export function kindMeasures({ scores, labels, kinds = [], deployed }: TestSet): KindMeasures[] {
  return imagesOfKinds(labels, kinds).map(([kind, images]) => {
    const { defective, imageAuroc, falseGoods } = imageMeasures(scores, labels, images, deployed);
    return { kind, images: defective, imageAuroc, falseGoods };
  });
}

/** Of each kind of defect its images, behind all nominal ones. */
function imagesOfKinds(
  labels: ArrayLike<number>,
  kinds: readonly string[],
): [kind: string, images: number[]][] {
  const ofLabel = (label: number) => kinds.flatMap((_, i) => (labels[i] === label ? [i] : []));
  const [nominal, defective] = [ofLabel(0), ofLabel(1)];
  return [...groupBy(defective, (i) => kinds[i] as string)].map(([kind, images]) => [
    kind,
    [...nominal, ...images],
  ]);
}

/** Null unless some group has several images. */
export function wholeGroups({ scores, labels, groups = [], deployed }: TestSet): WholeGroups | null {
  const images = [...groupBy(groups.keys(), (i) => groups[i] ?? i).values()];
  if (images.every(({ length }) => length === 1)) return null;
  const highest = (values: ArrayLike<number>) =>
    images.map((group) => group.reduce((most, i) => Math.max(most, values[i] as number), -Infinity));
  const [groupScores, groupLabels] = [highest(scores), highest(labels)];
  const { imageAuroc, ...others } = imageMeasures(groupScores, groupLabels, [...images.keys()], deployed);
  return { groups: images.length, auroc: imageAuroc, ...others };
}

/** Null where defects do not saturate, or there are no pixels to measure; a kind of which no defect has a mask is left out. */
export async function saturatedOverlap({
  labels,
  kinds = [],
  regions,
  pixels,
}: TestSet): Promise<SaturatedOverlap | null> {
  if (!pixels || !regions) return null;
  const ofKinds: SaturatedOverlap['kinds'][number][] = [];
  for (const [kind, images] of imagesOfKinds(labels, kinds)) {
    const ofImages = images.map((i) => regions[i] ?? []);
    const areas = await areasUnderSpro(someOf(pixels, images), ofImages, [FPR_LIMIT, STRICT_FPR_LIMIT]);
    if (areas) ofKinds.push({ kind, spro: areas[0] as number, spro05: areas[1] as number });
  }
  const mean = (measure: 'spro' | 'spro05') =>
    ofKinds.reduce((sum, { [measure]: area }) => sum + area, 0) / ofKinds.length;
  return ofKinds.length > 0 ? { spro: mean('spro'), spro05: mean('spro05'), kinds: ofKinds } : null;
}

/**
 * Of each part with a name, in the order of names; empty where there is but one part, or more than 50.
 * @param names of the part that each image belongs to; null where it belongs to none.
 */
export async function partMeasures(
  { scores, labels, pixels, deployed }: TestSet,
  names: readonly (string | null)[] = [],
): Promise<PartMeasures[]> {
  const measures: PartMeasures[] = [];
  for (const [part, images] of partsOf(names)) {
    const ofPixels = pixels && (await pixelMeasures(someOf(pixels, images)));
    measures.push({
      part,
      images: images.length,
      ...imageMeasures(scores, labels, images, deployed),
      pixelAuroc: ofPixels?.pixelAuroc ?? null,
      aupro: ofPixels?.aupro ?? null,
    });
  }
  return measures;
}

/** Whether {@link partMeasures} reads the pixels of images with these names. */
export const hasParts = (names: readonly (string | null)[] = []): boolean => partsOf(names).length > 0;

function partsOf(names: readonly (string | null)[]): [name: string, images: number[]][] {
  const named = names.flatMap((name, i) => (name === null ? [] : [i]));
  const parts = [...groupBy(named, (i) => names[i] as string)];
  if (parts.length < 2 || parts.length > MOST_PARTS) return [];
  return parts.sort(([a], [b]) => (a < b ? -1 : 1));
}

function imageMeasures(
  scores: ArrayLike<number>,
  labels: ArrayLike<number>,
  images: readonly number[],
  deployed: number | null,
): Pick<PartMeasures, 'defective' | 'imageAuroc' | 'falseBads' | 'falseGoods'> {
  const ofImages = (values: ArrayLike<number>) => images.map((i) => values[i] as number);
  const [someScores, someLabels] = [ofImages(scores), ofImages(labels)];
  const defective = someLabels.filter((label) => label === 1).length;
  const counts = deployed === null ? null : confusion(someScores, someLabels, deployed);
  return {
    defective,
    imageAuroc: defective > 0 && defective < images.length ? auroc(someScores, someLabels) : null,
    falseBads: counts?.falsePositives ?? null,
    falseGoods: counts?.falseNegatives ?? null,
  };
}

/** Null where masks have pixels of one class alone. */
async function pixelMeasures(pixels: PixelSource): Promise<{ pixelAuroc: number; aupro: number } | null> {
  const survey = await surveyMasks(pixels);
  if (survey.defectiveTotal === 0 || survey.nominalTotal === 0) return null;
  const ranker = pixelRanker(pixels, survey);
  let areas = 0;
  let floor = Number.NEGATIVE_INFINITY;
  const whole = await ranker.rank((ranking) => {
    areas = addAreas(areas, ranking, 1);
    floor = Math.max(floor, lastOutside(ranking, FPR_LIMIT));
  });
  const [aupro] = await areasUnderPro(pixels, survey, { ranker, whole, floor }, [FPR_LIMIT]);
  return { pixelAuroc: areas / survey.defectiveTotal, aupro: aupro as number };
}

/** Some of the images, under numbers of their own. */
function someOf(pixels: PixelSource, images: readonly number[]): PixelSource {
  const { each, unscored, memory } = pixels;
  const numbers = new Map(images.map((image, number) => [image, number]));
  const imageOf = (number: number) => images[number] as number;
  return {
    length: images.length,
    size: (number) => pixels.size(imageOf(number)),
    map: (number, into) => pixels.map(imageOf(number), into),
    mask: (number, into) => pixels.mask(imageOf(number), into),
    ...(unscored && { unscored: (number) => unscored(imageOf(number)) }),
    ...(memory !== undefined && { memory }),
    ...(each && {
      each: (some, tasks, take) =>
        each(some.map(imageOf), tasks, (results, image) => take(results, numbers.get(image) as number)),
    }),
  };
}
