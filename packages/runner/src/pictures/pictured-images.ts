/** Which test images a run draws pictures of, where there are too many to look at. */
import type { ScoredImage } from '@adfw/core';

/** So many a run draws where nothing is said: a person looks at fewer, and the report shows every image. */
export const MOST_PICTURES = 300;

type Scored = Pick<ScoredImage, 'index' | 'score'>;

/**
 * At most `most` of the images: first those that the threshold misjudges, the worst of them first; then others, evenly through their scores,
 * from the highest to the lowest.
 * @param labels one an image by its index: 1 defective, 0 nominal; of images without one none is misjudged.
 * @param threshold `score >= threshold` is defective; null where there is none, and none is misjudged.
 * @returns them in their own order.
 */
export function picturedImages<T extends Scored>(
  scored: readonly T[],
  labels: readonly (0 | 1)[],
  threshold: number | null,
  most: number,
): readonly T[] {
  if (scored.length <= most) return scored;
  const byScore = scored.toSorted((a, b) => b.score - a.score || a.index - b.index);
  const distance = ({ score }: T) => Math.abs(score - (threshold ?? score));
  const isMisjudged = ({ index, score }: T) =>
    threshold !== null && labels[index] !== undefined && (score >= threshold ? 1 : 0) !== labels[index];
  const mistakes = byScore
    .filter(isMisjudged)
    .sort((a, b) => distance(b) - distance(a))
    .slice(0, most);
  const others = byScore.filter((image) => !isMisjudged(image));
  const left = most - mistakes.length;
  const spread = Array.from({ length: Math.min(left, others.length) }, (_, i) =>
    others.at(left === 1 ? 0 : Math.round((i * (others.length - 1)) / (left - 1))),
  );
  const chosen = new Set([...mistakes, ...spread]);
  return scored.filter((image) => chosen.has(image));
}
