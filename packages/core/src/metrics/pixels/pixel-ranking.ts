/**
 * The {@link Ranking} of a test set's pixels, of which neither the maps nor the defective scores need fit into memory.
 *
 * Nominal scores, which are nearly all, are counted between the distinct defective ones. Those of an image are sorted, so that memory is
 * read in order, and each then takes a few steps. Where there are more distinct defective scores than may be in memory, they are ranked one range
 * of scores after another, and the maps are read for each. That changes no number: a range's counts are whole numbers of all pixels,
 * by their exact scores. For the same reason it does not matter in which order images are counted, nor by how many threads.
 */
import type { PixelSource } from '../../contracts/threshold.js';
import { checkBothClasses } from '../checks.js';
import type { Counts, Ranking } from '../ranking.js';
import { countsMemory, eachImage, type Job, job, PARTS, type PixelTask } from './each-image.js';
import { checkScores, countDefective, defectivePixels, everyIndex } from './pixels.js';
import { radixSort } from './radix-sort.js';
import {
  bitsOf,
  FINITE,
  type KeyIndex,
  type KeyRange,
  keyIndex,
  keyOf,
  keyOfScore,
  nominalKeysIn,
  placeOf,
  scoresOf,
} from './score-keys.js';

/** Distinct scores that are ranked at once, where no more memory was given. */
export const MOST_SCORES = 2 ** 20;
/** Of each of them: its key and score, how often it is there, the two counts of nominal ones, its part of the index, and the room to sort it in. */
const BYTES_A_SCORE = 32;
/** Scores that are sorted at once, at least; each takes 8 bytes. */
const BLOCK = 2 ** 20;

/** How many distinct scores are ranked at once. */
export const scoresAtOnce = ({ memory = 0 }: PixelSource): number =>
  Math.max(MOST_SCORES, Math.floor(memory / BYTES_A_SCORE));

/** Memory that is enough to rank all of so many defective pixels at once. */
export const countsBytes = (defectivePixels: number): number => BYTES_A_SCORE * defectivePixels;

/** What masks say. */
export interface MaskSurvey {
  /** The images that have one. */
  readonly images: readonly number[];
  /** Those with a defective pixel, and how many they have. */
  readonly defective: readonly { readonly index: number; readonly count: number }[];
  readonly defectiveTotal: number;
  readonly nominalTotal: number;
}

export async function surveyMasks(pixels: PixelSource): Promise<MaskSurvey> {
  const images: number[] = [];
  const defective: { index: number; count: number }[] = [];
  let [defectiveTotal, nominalTotal] = [0, 0];
  const take = (counts: ClassCounts, index: number) => {
    images.push(index);
    if (counts.defective > 0) defective.push({ index, count: counts.defective });
    defectiveTotal += counts.defective;
    nominalTotal += counts.nominal;
  };
  await eachImage(pixels, everyIndex(pixels), [job(classCounts, () => null, take)]);
  return { images, defective, defectiveTotal, nominalTotal };
}

interface ClassCounts {
  readonly defective: number;
  readonly nominal: number;
}

export const classCounts: PixelTask<null, ClassCounts> = {
  name: 'class counts',
  masksOnly: true,
  of({ mask, unscored }) {
    const defective = countDefective(mask);
    return { defective, nominal: mask.length - defective - unscored };
  },
};

/** Scores are float32. */
export interface PixelRanking extends Ranking {
  readonly scores: Float32Array;
  /** Of `scores`. */
  readonly index: KeyIndex;
}

/** Ranks pixels in parts. Its memory does not grow with their number, and is that of one ranking: each is gone when the next is made. */
export interface PixelRanker {
  /**
   * @param take is given the ranking in parts, by ascending scores.
   * @param also jobs that are done on each image that has a mask, once.
   * @returns the ranking, where it is but one part.
   * @throws DataError where a score is not finite, or a map or mask is not of the image's size.
   */
  rank(take: (ranking: PixelRanking) => void, also?: readonly Job[]): Promise<PixelRanking | null>;
  /**
   * Of the defective scores that some images have, those above one, among all nominal ones; null where there are none.
   * @throws as `rank` does.
   */
  rankOf(images: readonly number[], above: number): Promise<PixelRanking | null>;
}

/**
 * @param most distinct scores that are ranked at once.
 * @throws DataError where a class has no pixel.
 */
export function pixelRanker(
  pixels: PixelSource,
  survey: MaskSurvey,
  most = scoresAtOnce(pixels),
): PixelRanker {
  const { images, defectiveTotal, nominalTotal } = survey;
  checkBothClasses(nominalTotal, defectiveTotal, 'pixel');
  const isSmall = nominalTotal + defectiveTotal < 2 ** 32;
  const newCounts = (size: number): Counts =>
    isSmall
      ? new Uint32Array(countsMemory(pixels, 4 * size))
      : new Float64Array(countsMemory(pixels, 8 * size));
  const newKeys = (size: number) => new Int32Array(countsMemory(pixels, 4 * size));
  const distinct = countedKeys(Math.min(defectiveTotal, most), newKeys, newCounts);
  let equalMemory = newCounts(0);
  let betweenMemory = newCounts(0);

  /** Those of defective pixels, in sorted blocks. */
  const sortDefective = async (
    of: readonly number[],
    range: KeyRange,
    take: (sorted: Int32Array) => void,
  ) => {
    const sorter = keySorter(Math.min(defectiveTotal, Math.max(most, BLOCK)), take);
    await eachImage(pixels, of, [job(defectiveKeys, () => range, sorter.add)]);
    sorter.end();
  };
  /** Of what is in `distinct`. */
  const rankAmongNominal = async (also: readonly Job[] = []): Promise<PixelRanking> => {
    const { keys, counts } = distinct.all();
    const size = keys.length;
    if (size > equalMemory.length) [equalMemory, betweenMemory] = [newCounts(size), newCounts(size + 1)];
    const index = keyIndex(keys, (bytes) => countsMemory(pixels, bytes));
    const equal = equalMemory.subarray(0, size).fill(0);
    // Place i is for those above the key before i and below i; those below all keys are of no interest.
    const between = betweenMemory.subarray(0, size + 1).fill(0);
    let above = 0;
    const counting = job(
      nominalCounts,
      () => ({ index, equal, between }),
      (ofImage) => {
        above += ofImage;
      },
    );
    await eachImage(pixels, images, [counting, ...also]);
    const nominalAbove = between.subarray(1);
    for (let i = size - 1; i >= 0; i--) {
      above += nominalAbove[i] as number;
      nominalAbove[i] = above;
      above += equal[i] as number;
    }
    return {
      scores: scoresOf(keys),
      index,
      defective: counts,
      nominalAbove,
      nominalEqual: equal,
      defectiveTotal,
      nominalTotal,
    };
  };

  return {
    async rank(take, also) {
      const defective = survey.defective.map(({ index }) => index);
      const histogram = new Float64Array(BUCKETS);
      let tooMany = false;
      distinct.clear();
      await sortDefective(defective, FINITE, (sorted) => {
        for (let i = 0; i < sorted.length; i++) (histogram[bucketOf(sorted[i] as number)] as number)++;
        tooMany ||= distinct.sizeWith(sorted) > most;
        if (!tooMany) distinct.add(sorted);
      });
      if (!tooMany) {
        const ranking = await rankAmongNominal(also);
        take(ranking);
        return ranking;
      }
      for (const [part, range] of rangesOf(histogram, most).entries()) {
        distinct.clear();
        await sortDefective(defective, range, distinct.add);
        take(await rankAmongNominal(part === 0 ? also : []));
      }
      return null;
    },
    async rankOf(images, above) {
      const from = above === Number.NEGATIVE_INFINITY ? FINITE.from : keyOfScore(above) + 1;
      distinct.clear();
      await sortDefective(images, { ...FINITE, from }, distinct.add);
      return distinct.all().keys.length > 0 ? rankAmongNominal() : null;
    },
  };
}

/** In a range, in any order. */
export const defectiveKeys: PixelTask<KeyRange, Int32Array> = {
  name: 'defective keys',
  of(image, range, workplace) {
    const { map, mask } = image;
    const keys = defectivePixels(mask, workplace.integers('keys', mask.length));
    const bits = bitsOf(map);
    let length = 0;
    for (let i = 0; i < keys.length; i++) {
      const key = keyOf(bits[keys[i] as number] as number);
      if (key < FINITE.from || key > FINITE.to) checkScores(image);
      if (key >= range.from && key <= range.to) keys[length++] = key;
    }
    return keys.slice(0, length);
  },
};

interface CountedAmong {
  readonly index: KeyIndex;
  readonly equal: Counts;
  readonly between: Counts;
}

/** Counts an image's nominal pixels; its result is how many are above all keys. */
export const nominalCounts: PixelTask<CountedAmong, number> = {
  name: 'nominal counts',
  of(image, { index, equal, between }, workplace) {
    const { keys } = index;
    const pixels = image.map.length;
    const picked = workplace.integers('keys', pixels);
    const range = { from: keys[0] as number, to: keys.at(-1) as number };
    const { length, above } = nominalKeysIn(range, image, picked);
    const sorted = radixSort(picked, workplace.integers('spare', pixels), length);
    const partLength = Math.ceil(keys.length / PARTS);
    let at = 0;
    while (at < length) {
      const place = placeOf(index, sorted[at] as number);
      const part = Math.floor(place / partLength);
      workplace.exclusively(part, () => {
        at = countUpTo((part + 1) * partLength, { index, equal, between }, sorted, at, place);
      });
    }
    return above;
  },
};

/**
 * Counts sorted keys, from one on, until one has its place at `end` or later.
 * @param place of the first.
 * @returns which one that is.
 */
function countUpTo(
  end: number,
  { index, equal, between }: CountedAmong,
  sorted: Int32Array,
  first: number,
  place: number,
): number {
  const { keys } = index;
  for (let i = first; i < sorted.length; i++) {
    const key = sorted[i] as number;
    place = placeOf(index, key, place);
    if (place >= end) return i;
    if (keys[place] === key) (equal[place] as number)++;
    else (between[place] as number)++;
  }
  return sorted.length;
}

/** Keys that share their upper half are in one bucket. */
const BUCKETS = 2 ** 16;
const bucketOf = (key: number) => (key >> 16) + BUCKETS / 2;
const firstOf = (bucket: number) => (bucket - BUCKETS / 2) << 16;

/** All keys in ranges that have a key, each of at most `most` distinct ones where a bucket has no more. */
function rangesOf(histogram: Float64Array, most: number): KeyRange[] {
  const ranges: KeyRange[] = [];
  let { from } = FINITE;
  let distinct = 0;
  for (const [bucket, count] of histogram.entries()) {
    const atMost = Math.min(count, 2 ** 16);
    if (distinct > 0 && distinct + atMost > most) {
      ranges.push({ from, to: firstOf(bucket) - 1 });
      from = firstOf(bucket);
      distinct = 0;
    }
    distinct += atMost;
  }
  return [...ranges, { from, to: FINITE.to }];
}

/** Puts keys together, and gives them to `take` in sorted blocks. */
function keySorter(blockSize: number, take: (sorted: Int32Array) => void) {
  const block = new Int32Array(blockSize);
  const spare = new Int32Array(blockSize);
  let length = 0;
  const end = () => {
    if (length > 0) take(radixSort(block, spare, length));
    length = 0;
  };
  return {
    add(keys: Int32Array): void {
      for (let from = 0; from < keys.length; ) {
        const some = keys.subarray(from, from + blockSize - length);
        block.set(some, length);
        length += some.length;
        from += some.length;
        if (length === blockSize) end();
      }
    },
    end,
  };
}

/**
 * Distinct keys, and how often each was there.
 * @param expected the most that there will be, or nearly so.
 */
function countedKeys(
  expected: number,
  newKeys: (size: number) => Int32Array,
  newCounts: (size: number) => Counts,
) {
  let keys = newKeys(expected);
  let counts = newCounts(expected);
  let size = 0;
  const sizeWith = (sorted: Int32Array): number => {
    let both = size;
    let at = 0;
    for (let i = 0; i < sorted.length; i++) {
      const key = sorted[i] as number;
      if (i > 0 && key === sorted[i - 1]) continue;
      while (at < size && (keys[at] as number) < key) at++;
      if (at === size || keys[at] !== key) both++;
    }
    return both;
  };
  return {
    /** How many there are with those of a sorted block. */
    sizeWith,
    /** Merges a sorted block in, from the last on: what is there is overwritten when it has been moved. */
    add(sorted: Int32Array): void {
      const both = sizeWith(sorted);
      if (both > keys.length) {
        const [fewer, fewerCounts] = [keys, counts];
        keys = newKeys(both);
        counts = newCounts(both);
        keys.set(fewer);
        counts.set(fewerCounts);
      }
      let known = size - 1;
      let next = sorted.length - 1;
      for (let at = both - 1; at >= 0; at--) {
        const isKnown = known >= 0 && (next < 0 || (keys[known] as number) >= (sorted[next] as number));
        const key = (isKnown ? keys[known] : sorted[next]) as number;
        let count = isKnown ? (counts[known--] as number) : 0;
        for (; next >= 0 && sorted[next] === key; next--) count++;
        keys[at] = key;
        counts[at] = count;
      }
      size = both;
    },
    /** Ascending. */
    all: () => ({ keys: keys.subarray(0, size), counts: counts.subarray(0, size) }),
    clear(): void {
      size = 0;
    },
  };
}
