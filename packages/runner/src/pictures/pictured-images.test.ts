import { describe, expect, it } from 'vitest';
import { picturedImages } from './pictured-images.js';

/** Ten images with the scores 0 to 9; those from 5 on are defective. */
const scored = Array.from({ length: 10 }, (_, index) => ({ index, score: index }));
const labels = scored.map(({ index }) => (index < 5 ? 0 : 1) as 0 | 1);
const indices = (threshold: number | null, most: number, known = labels) =>
  picturedImages(scored, known, threshold, most).map(({ index }) => index);

describe('picturedImages', () => {
  it('are all of them where there are no more', () => {
    expect(picturedImages(scored, labels, 5, 10)).toBe(scored);
  });
  it('are the misjudged ones, and others from the highest score to the lowest', () => {
    // From 8 on is called defective: 5, 6 and 7 are missed.
    expect(indices(8, 5)).toEqual([0, 5, 6, 7, 9]);
    expect(indices(8, 6)).toEqual([0, 3, 5, 6, 7, 9]);
  });
  it('are the worst of the misjudged ones where these are too many', () => {
    expect(indices(8, 2)).toEqual([5, 6]);
    expect(indices(1.5, 2)).toEqual([3, 4]);
  });
  it('are spread evenly where nothing is misjudged', () => {
    expect(indices(5, 3)).toEqual([0, 4, 9]);
    expect(indices(null, 3)).toEqual([0, 4, 9]);
    expect(indices(8, 3, [])).toEqual([0, 4, 9]);
    expect(indices(5, 1)).toEqual([9]);
    expect(indices(5, 0)).toEqual([]);
  });
});
