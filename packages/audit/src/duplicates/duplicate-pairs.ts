/** Pairs of samples that are one image: copies of a file, and files that look the same. */
import type { AuditSplit, DuplicateFindings, DuplicatePair } from '../audit-report.js';
import { nearDuplicates } from './near-duplicates.js';
import { PIXELS } from './thumbnail.js';

export interface Compared {
  readonly id: string;
  readonly split: AuditSplit;
  readonly label: 0 | 1 | null;
  readonly group: string | undefined;
  /** SHA-256; null where it is not known. */
  readonly checksum: string | null;
}

/** So many pairs are listed. */
const MOST_PAIRS = 1000;

/** In this order, the first doing the most harm. */
const KINDS: readonly DuplicatePair['kind'][] = ['train-test', 'contradictory', 'train', 'test'];

/**
 * Pairs of all images; those of one group (an object in several views) are not compared, but for copies of one file.
 * @param thumbnails of the images, in their order; they are written over.
 * @throws the signal's reason when it is aborted.
 */
export async function duplicatePairs(
  images: readonly Compared[],
  thumbnails: Uint8Array,
  options: { onProgress?: (done: number, total: number) => void; signal?: AbortSignal | undefined },
): Promise<DuplicateFindings> {
  const firsts = firstOfEach(images);
  const exact = images.flatMap((image, index): DuplicatePair[] => {
    const first = firsts[index] as number;
    if (first === index) return [];
    const one = images[first] as Compared;
    return [{ one: one.id, other: image.id, kind: kindOf(one, image), exact: true, similarity: 1 }];
  });
  // Of copies the first stands for all.
  const distinct = [...images.keys()].filter((index) => firsts[index] === index);
  const pixels = new Uint8Array(distinct.length * PIXELS);
  for (const [at, index] of distinct.entries())
    pixels.set(thumbnails.subarray(index * PIXELS, (index + 1) * PIXELS), at * PIXELS);
  const imageAt = (at: number) => images[distinct[at] as number] as Compared;
  const found = await nearDuplicates(pixels, {
    ...options,
    matters: (one, other) => {
      const [a, b] = [imageAt(one), imageAt(other)];
      return a.group === undefined || a.group !== b.group;
    },
  });
  const near = found.map(({ one, other, similarity }): DuplicatePair => {
    const [a, b] = [imageAt(one), imageAt(other)];
    return { one: a.id, other: b.id, kind: kindOf(a, b), exact: false, similarity };
  });
  const rank = ({ kind }: DuplicatePair) => KINDS.indexOf(kind);
  const pairs = [...exact, ...near].sort((a, b) => rank(a) - rank(b) || b.similarity - a.similarity);
  return { total: pairs.length, pairs: pairs.slice(0, MOST_PAIRS) };
}

/** For each image the first one that is the same file. */
function firstOfEach(images: readonly Compared[]): number[] {
  const first = new Map<string, number>();
  return images.map(({ checksum }, index) => {
    if (checksum === null) return index;
    if (!first.has(checksum)) first.set(checksum, index);
    return first.get(checksum) as number;
  });
}

const isLearnt = ({ split }: Compared): boolean => split === 'train' || split === 'validation';

function kindOf(a: Compared, b: Compared): DuplicatePair['kind'] {
  if (isLearnt(a) !== isLearnt(b)) return 'train-test';
  if (isLearnt(a)) return 'train';
  return a.label !== null && b.label !== null && a.label !== b.label ? 'contradictory' : 'test';
}
