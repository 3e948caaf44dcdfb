import { ConfigurationError, DataError } from '../../contracts/errors.js';
import type { PixelSource } from '../../contracts/threshold.js';
import { eachImage, type Job, job, type PixelTask } from './each-image.js';
import { type MaskSurvey, surveyMasks } from './pixel-ranking.js';
import { checkScores, countDefective, defectivePixels } from './pixels.js';
import { radixSort } from './radix-sort.js';
import { bitsOf, FINITE, keyOf, scoresOf, UNSCORED } from './score-keys.js';

/** Of the false-positive rate, as in the paper. */
export const AUPIMO_BOUNDS = [1e-5, 1e-4] as const;

/**
 * AUPIMO (Bertoldo et al. 2024, "AUPIMO: Redefining Visual Anomaly Detection Benchmarks with High Speed and Low Tolerance"): for each
 * defective image, how much of its defect is found at thresholds that hardly any pixel of the nominal images reaches. It is the area under the image's
 * true-positive rate over the logarithm of the false-positive rate that all nominal images share (the mean of theirs), between two bounds of
 * that rate, divided by the logarithm of their ratio: in [0, 1], 1 is perfect. Every score is a threshold: the result is exact, where the
 * authors' code takes 300,000 thresholds.
 *
 * Images with a defective pixel are defective, all other ones with a mask nominal. Maps are read once; of the nominal scores only those
 * above the upper bound are kept.
 *
 * @param bounds of the false-positive rate, ascending, in (0, 1].
 * @returns for each image its area; null for those without a defective pixel or without a mask.
 * @throws DataError where no image is nominal or none defective, a score is not finite, or a map or mask is not of the image's size.
 */
export async function aupimo(
  pixels: PixelSource,
  bounds: readonly [lower: number, upper: number] = AUPIMO_BOUNDS,
): Promise<(number | null)[]> {
  checkBounds(bounds);
  const survey = await surveyMasks(pixels);
  const { images, defective } = survey;
  const overlap = perImageOverlap(survey, bounds);
  if (!overlap) {
    const [missing, where] = defective.length > 0 ? ['nominal', 'no'] : ['defective', 'a'];
    throw new DataError(
      `There is no ${missing} image with a mask: AUPIMO needs one whose mask has ${where} defective pixel.`,
    );
  }
  await eachImage(pixels, images, [overlap.addNominal]);
  const areas: (number | null)[] = Array.from({ length: pixels.length }, () => null);
  const measuring = overlap.areas((area, index) => {
    areas[index] = area;
  });
  await eachImage(
    pixels,
    defective.map(({ index }) => index),
    [measuring],
  );
  return areas;
}

function checkBounds([lower, upper]: readonly [number, number]): void {
  if (!(lower > 0 && lower < upper && upper <= 1))
    throw new ConfigurationError(
      `The bounds of the false-positive rate are ${lower} and ${upper}; they must be ascending, above 0 and at most 1.`,
    );
}

/** {@link aupimo} as images are read: first all nominal ones are added, then each defective one has its area. */
export interface PerImageOverlap {
  /** A job for all images: those with a defective pixel are passed over. */
  readonly addNominal: Job;
  /** A job for each image with a defective pixel. */
  areas(take: (area: number, index: number) => void): Job;
}

/** @returns null where no image is nominal, or none defective. */
export function perImageOverlap(
  { images, defective }: MaskSurvey,
  [lower, upper]: readonly [number, number] = AUPIMO_BOUNDS,
): PerImageOverlap | null {
  const nominal = images.length - defective.length;
  if (nominal === 0 || defective.length === 0) return null;
  const highest = highestScores(upper * nominal);
  let widths: Widths | null = null;
  return {
    addNominal: job(highestKeys, highest.wanted, (ofImage) => {
      if (ofImage) highest.add(ofImage);
    }),
    areas(take) {
      widths ??= widthsOf(highest.all(), nominal, lower, upper);
      const given = { widths, range: Math.log(upper / lower) };
      return job(imageOverlap, () => given, take);
    },
  };
}

/** Ascending distinct keys of scores, and how many pixels have each. */
interface CountedKeys {
  readonly keys: Int32Array;
  readonly counts: Uint32Array;
}

interface HighestKeys extends CountedKeys {
  /** Of the image, that have a score. */
  readonly pixels: number;
}

/**
 * The highest scores of an image, from a key on; of these no more than weigh more than a limit, in images. null for one with a defective
 * pixel.
 */
export const highestKeys: PixelTask<{ readonly floor: number; readonly limit: number }, HighestKeys | null> =
  {
    name: 'highest keys',
    of(image, { floor, limit }, workplace) {
      const { map, mask, unscored } = image;
      if (countDefective(mask) > 0) return null;
      const bits = bitsOf(map);
      const picked = workplace.integers('keys', bits.length);
      let length = 0;
      for (let i = 0; i < bits.length; i++) {
        const key = keyOf(bits[i] as number);
        if (key < floor) {
          if (key < FINITE.from && !(unscored > 0 && key === UNSCORED)) checkScores(image);
        } else {
          if (key > FINITE.to) checkScores(image);
          picked[length++] = key;
        }
      }
      const sorted = radixSort(picked, workplace.integers('spare', bits.length), length);
      const pixels = map.length - unscored;
      const most = beyond(limit) * pixels;
      // From where a score begins that is reached with no more than `most` above it.
      let from = Math.max(0, length - 1 - Math.floor(most));
      while (from > 0 && sorted[from - 1] === sorted[from]) from--;
      return { pixels, ...counted(sorted.subarray(from)) };
    },
  };

/** A limit of weights that are summed up in any order. */
const beyond = (limit: number): number => limit * (1 + 1e-9);

function counted(sorted: Int32Array): CountedKeys {
  const keys = new Int32Array(sorted.length);
  const counts = new Uint32Array(sorted.length);
  let size = 0;
  for (let i = 0; i < sorted.length; i++) {
    const key = sorted[i] as number;
    if (size === 0 || keys[size - 1] !== key) keys[size++] = key;
    (counts[size - 1] as number)++;
  }
  return { keys: keys.slice(0, size), counts: counts.slice(0, size) };
}

function merged(a: CountedKeys, b: CountedKeys): CountedKeys {
  const keys = new Int32Array(a.keys.length + b.keys.length);
  const counts = new Uint32Array(keys.length);
  let [size, i, j] = [0, 0, 0];
  while (i < a.keys.length || j < b.keys.length) {
    const isFirst =
      j === b.keys.length || (i < a.keys.length && (a.keys[i] as number) <= (b.keys[j] as number));
    const key = (isFirst ? a.keys[i] : b.keys[j]) as number;
    const count = (isFirst ? a.counts[i++] : b.counts[j++]) as number;
    if (size > 0 && keys[size - 1] === key) (counts[size - 1] as number) += count;
    else {
      keys[size] = key;
      counts[size++] = count;
    }
  }
  return { keys: keys.slice(0, size), counts: counts.slice(0, size) };
}

/** Of many each is copied a few times only. */
function mergedAll(lists: readonly CountedKeys[]): CountedKeys {
  if (lists.length <= 2) return lists.reduce(merged);
  const half = lists.length >> 1;
  return merged(mergedAll(lists.slice(0, half)), mergedAll(lists.slice(half)));
}

/** Distinct scores, descending, and how much of the nominal images has each. */
type Weighted = readonly { readonly score: number; readonly weight: number }[];

/** Keys that are put in order at once, at least. */
const BLOCK = 2 ** 16;

/**
 * Keeps the highest of what is added, until together they weigh more than `limit`, in images. Counts are whole numbers and kept apart for
 * each number of pixels that an image may have: their weights do not depend on the order of the images.
 */
function highestScores(limit: number) {
  /** By the number of pixels. */
  let kept = new Map<number, readonly CountedKeys[]>();
  /** Those below weigh nothing. */
  let floor = FINITE.from;
  let [size, settled] = [0, 0];
  const settle = () => {
    const classes = [...kept].map(([pixels, lists]) => ({ pixels, ...mergedAll(lists) }));
    floor = floorOf(classes, limit) ?? floor;
    kept = new Map();
    size = 0;
    for (const { pixels, keys, counts } of classes) {
      const from = firstFrom(keys, floor);
      kept.set(pixels, [{ keys: keys.slice(from), counts: counts.slice(from) }]);
      size += keys.length - from;
    }
    settled = size;
  };
  return {
    /** What an image is asked for. */
    wanted: () => ({ floor, limit }),
    add({ pixels, keys, counts }: HighestKeys): void {
      if (keys.length === 0) return;
      kept.set(pixels, [...(kept.get(pixels) ?? []), { keys, counts }]);
      size += keys.length;
      if (size > 2 * settled + BLOCK) settle();
    },
    all(): Weighted {
      settle();
      const classes = [...kept]
        .sort(([a], [b]) => a - b)
        .map(([pixels, [list]]) => ({ pixels, ...(list as CountedKeys) }));
      const { keys } = mergedAll([NONE, ...classes]);
      const weights = weightsOf(keys, classes);
      const scores = scoresOf(keys);
      return Array.from(scores, (score, i) => ({ score, weight: weights[i] as number })).reverse();
    },
  };
}

const NONE: CountedKeys = { keys: new Int32Array(0), counts: new Uint32Array(0) };

/** How much of the images has each of the keys, all of which the classes have. */
function weightsOf(keys: Int32Array, classes: readonly HighestKeys[]): Float64Array {
  const weights = new Float64Array(keys.length);
  for (const { pixels, keys: own, counts } of classes)
    for (let i = 0, at = 0; i < own.length; i++) {
      while (keys[at] !== own[i]) at++;
      (weights[at] as number) += (counts[i] as number) / pixels;
    }
  return weights;
}

/** The key from which on the scores weigh more than a limit; null where all do not. */
function floorOf(classes: readonly HighestKeys[], limit: number): number | null {
  const { keys } = mergedAll([NONE, ...classes]);
  const weights = weightsOf(keys, classes);
  let weight = 0;
  for (let i = keys.length - 1; i >= 0; i--) {
    weight += weights[i] as number;
    if (weight > beyond(limit)) return keys[i] as number;
  }
  return null;
}

function firstFrom(keys: Int32Array, floor: number): number {
  let [low, high] = [0, keys.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((keys[middle] as number) < floor) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** Nominal scores, ascending, and for each how much of the logarithm's range has thresholds up to it. */
interface Widths {
  readonly scores: Float64Array;
  readonly upTo: Float64Array;
}

export const imageOverlap: PixelTask<{ readonly widths: Widths; readonly range: number }, number> = {
  name: 'image overlap',
  of({ map, mask }, { widths, range }, workplace) {
    const inside = defectivePixels(mask, workplace.integers('inside', mask.length));
    let sum = 0;
    for (let i = 0; i < inside.length; i++) sum += widthOf(widths, map[inside[i] as number] as number);
    return sum / inside.length / range;
  },
};

/**
 * As thresholds fall, the shared rate rises at each nominal score a, from that of the scores above a to that of those from a on. A
 * defective pixel above a is found on all of this way, one that ties with it on half of it (trapezoids), one below on nothing of it.
 */
function widthsOf(nominal: Weighted, images: number, lower: number, upper: number): Widths {
  const position = (rate: number) => Math.log(Math.min(upper, Math.max(lower, rate)));
  const scores = new Float64Array(nominal.length);
  const upTo = new Float64Array(nominal.length);
  let rate = 0;
  for (const [i, { score, weight }] of nominal.entries()) {
    const at = nominal.length - 1 - i;
    scores[at] = score;
    upTo[at] = position(rate + weight / images) - position(rate);
    rate += weight / images;
  }
  for (let i = 1; i < upTo.length; i++) (upTo[i] as number) += upTo[i - 1] as number;
  return { scores, upTo };
}

/** How much of the range a defective pixel of this score is found on. */
function widthOf({ scores, upTo }: Widths, score: number): number {
  let [low, high] = [0, scores.length];
  while (low < high) {
    const middle = (low + high) >>> 1;
    if ((scores[middle] as number) < score) low = middle + 1;
    else high = middle;
  }
  const below = upTo[low - 1] ?? 0;
  return scores[low] === score ? (below + (upTo[low] as number)) / 2 : below;
}
