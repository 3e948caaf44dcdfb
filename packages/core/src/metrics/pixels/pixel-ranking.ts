/**
 * The {@link Ranking} of a test set's pixels, of which neither the maps nor the defective scores need fit into memory.
 *
 * Nominal scores, which are nearly all, are counted between the distinct defective ones. They are sorted in blocks that are gone
 * through beside those: looking each up by itself would take several times as long, since memory is fast only where it is read in
 * order. Where there are more distinct defective scores than {@link MOST_SCORES}, they are ranked one range of scores after another,
 * and the maps are read for each. That changes no number: a range's counts are whole numbers of all pixels, by their exact scores.
 */
import type { PixelSource } from '../../contracts/threshold.js';
import { checkBothClasses } from '../checks.js';
import type { Counts, Ranking } from '../ranking.js';
import { checkScores, everyIndex, type PixelMemory, type Pixels, readAhead, readPixels } from './pixels.js';
import { radixSort } from './radix-sort.js';

/** Distinct scores that are ranked at once; each takes 16 bytes. */
export const MOST_SCORES = 2 ** 20;
/** Scores that are sorted at once; each takes 8 bytes. */
const BLOCK = 2 ** 20;

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
  let [defectiveTotal, nominalTotal, index] = [0, 0, 0];
  const done: Uint8Array[] = [];
  for await (const mask of readAhead(everyIndex(pixels), (index) => pixels.mask(index, done.pop()))) {
    if (mask) {
      const count = countDefective(mask);
      images.push(index);
      if (count > 0) defective.push({ index, count });
      defectiveTotal += count;
      nominalTotal += mask.length - count - (pixels.unscored?.(index) ?? 0);
      done.push(mask);
    }
    index++;
  }
  return { images, defective, defectiveTotal, nominalTotal };
}

function countDefective(mask: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < mask.length; i++) if (mask[i] !== 0) count++;
  return count;
}

/** Scores are float32. */
export interface PixelRanking extends Ranking {
  readonly scores: Float32Array;
}

/** Ranks pixels in parts. Its memory does not grow with their number, and is that of one ranking: each is gone when the next is made. */
export interface PixelRanker {
  /**
   * @param take is given the ranking in parts, by ascending scores.
   * @param also is given each image that has a mask, once.
   * @returns the ranking, where it is but one part.
   * @throws DataError where a score is not finite, or a map or mask is not of the image's size.
   */
  rank(take: (ranking: PixelRanking) => void, also?: (image: Pixels) => void): Promise<PixelRanking | null>;
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
export function pixelRanker(pixels: PixelSource, survey: MaskSurvey, most = MOST_SCORES): PixelRanker {
  const { images, defectiveTotal, nominalTotal } = survey;
  checkBothClasses(nominalTotal, defectiveTotal, 'pixel');
  const newCounts = (size: number): Counts =>
    nominalTotal + defectiveTotal < 2 ** 32 ? new Uint32Array(size) : new Float64Array(size);
  const sorter = keySorter(Math.min(Math.max(nominalTotal, defectiveTotal), BLOCK));
  const distinct = countedKeys(Math.min(defectiveTotal, most), newCounts);
  let equalMemory = newCounts(0);
  let betweenMemory = newCounts(0);
  const memory: PixelMemory[] = [];

  const sortDefective = async (of: readonly number[], range: Range, take: (sorted: Int32Array) => void) => {
    for await (const image of readPixels(pixels, of, memory)) sorter.add(image, true, range, take);
    sorter.end(take);
  };
  /** Of what is in `distinct`. */
  const rankAmongNominal = async (also?: (image: Pixels) => void): Promise<PixelRanking> => {
    const { keys, counts } = distinct.all();
    const size = keys.length;
    if (size > equalMemory.length) [equalMemory, betweenMemory] = [newCounts(size), newCounts(size + 1)];
    const nominalEqual = equalMemory.subarray(0, size).fill(0);
    // Place i is for those above the key before i and below i; those below all keys are of no interest.
    const nominalBetween = betweenMemory.subarray(0, size + 1).fill(0);
    const count = (sorted: Int32Array) => countBetween(keys, sorted, nominalEqual, nominalBetween);
    const range = { from: keys[0] as number, to: keys[size - 1] as number };
    let above = 0;
    for await (const image of readPixels(pixels, images, memory)) {
      above += sorter.add(image, false, range, count);
      also?.(image);
    }
    sorter.end(count);
    const nominalAbove = nominalBetween.subarray(1);
    for (let i = size - 1; i >= 0; i--) {
      above += nominalAbove[i] as number;
      nominalAbove[i] = above;
      above += nominalEqual[i] as number;
    }
    return {
      scores: scoresOf(keys),
      defective: counts,
      nominalAbove,
      nominalEqual,
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
        for (const key of sorted) (histogram[bucketOf(key)] as number)++;
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
        take(await rankAmongNominal(part === 0 ? also : undefined));
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

/** Keys from one to another, both included. */
interface Range {
  readonly from: number;
  readonly to: number;
}

const FINITE: Range = { from: ~0x7f7fffff, to: 0x7f7fffff };

/**
 * A float32's bits as an integer that has its place among the numbers: those of negative ones but the sign are turned. Applied to a key
 * it gives the bits.
 */
const turned = (bits: number) => bits ^ ((bits >> 31) & 0x7fffffff);

function keyOf(bits: number): number {
  const key = turned(bits);
  // -0, which is equal to 0.
  return key === -1 ? 0 : key;
}

/** Of -Infinity. */
const UNSCORED = FINITE.from - 1;

const keyOfScore = (score: number) => keyOf(new Int32Array(Float32Array.of(score).buffer)[0] as number);

/** The scores of keys, in the same memory. */
function scoresOf(keys: Int32Array): Float32Array {
  for (let i = 0; i < keys.length; i++) keys[i] = turned(keys[i] as number);
  return new Float32Array(keys.buffer, keys.byteOffset, keys.length);
}

/** Keys that share their upper half are in one bucket. */
const BUCKETS = 2 ** 16;
const bucketOf = (key: number) => (key >> 16) + BUCKETS / 2;
const firstOf = (bucket: number) => (bucket - BUCKETS / 2) << 16;

/** All keys in ranges that have a key, each of at most `most` distinct ones where a bucket has no more. */
function rangesOf(histogram: Float64Array, most: number): Range[] {
  const ranges: Range[] = [];
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

function countBetween(keys: Int32Array, sorted: Int32Array, equal: Counts, between: Counts): void {
  let at = 0;
  for (let i = 0; i < sorted.length; i++) {
    const key = sorted[i] as number;
    while ((keys[at] as number) < key) at++;
    if (keys[at] === key) (equal[at] as number)++;
    else (between[at] as number)++;
  }
}

/** Puts keys of pixels together, and gives them to `take` in sorted blocks. */
function keySorter(blockSize: number) {
  const keys = new Int32Array(blockSize);
  const spare = new Int32Array(blockSize);
  let length = 0;
  return {
    /** @returns how many of the defective pixels, or of the others, are above the range. */
    add(image: Pixels, defective: boolean, { from, to }: Range, take: (sorted: Int32Array) => void): number {
      const { map, mask, unscored } = image;
      const bits = new Int32Array(map.buffer, map.byteOffset, map.length);
      let at = length;
      let above = 0;
      for (let i = 0; i < bits.length; i++) {
        if ((mask[i] !== 0) !== defective) continue;
        const key = keyOf(bits[i] as number);
        if (key >= from && key <= to) {
          keys[at++] = key;
          if (at === blockSize) {
            take(radixSort(keys, spare, at));
            at = 0;
          }
        } else {
          if (unscored > 0 && key === UNSCORED) continue;
          if (key < FINITE.from || key > FINITE.to) checkScores(image);
          if (key > to) above++;
        }
      }
      length = at;
      return above;
    },
    end(take: (sorted: Int32Array) => void): void {
      if (length > 0) take(radixSort(keys, spare, length));
      length = 0;
    },
  };
}

/**
 * Distinct keys, and how often each was there.
 * @param expected the most that there will be, or nearly so.
 */
function countedKeys(expected: number, newCounts: (size: number) => Counts) {
  let keys = new Int32Array(expected);
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
        keys = new Int32Array(both);
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
