import { expect, it } from 'vitest';
import type { SampleFingerprint } from './data-fingerprint.js';
import { repeatedImages, repeatedImagesNotes } from './repeated-images.js';

const sample = (id: string, image: string | null, label: 0 | 1 = 0): SampleFingerprint => ({
  id,
  label,
  image,
  mask: null,
});

it('finds an image that is trained on and tested with, trained on twice, or both nominal and defective', () => {
  const repeated = repeatedImages({
    train: [sample('a', '1'), sample('b', '2'), sample('c', '1'), sample('d', '1')],
    test: [sample('e', '2'), sample('f', '3'), sample('g', '3', 1), sample('h', '4', 1), sample('i', '4', 1)],
  });
  expect(repeated).toEqual({
    trainAndTest: [['b', 'e']],
    train: [
      ['a', 'c'],
      ['a', 'd'],
    ],
    contradictory: [['f', 'g']],
  });
  expect(repeatedImagesNotes(repeated, true)).toEqual([
    expect.stringMatching(/^1 test image is a training image as well \(b = e\): /),
    expect.stringMatching(/^1 defective test image is a nominal one as well \(f = g\): /),
    expect.stringMatching(
      /^2 training images are copies of others \(a = c, a = d\): .* the deployed threshold is too low\.$/,
    ),
  ]);
  expect(repeatedImagesNotes(repeated, false)[2]).toBe(
    '2 training images are copies of others (a = c, a = d).',
  );
});

it('takes no images for the same of which nothing is known', () => {
  const repeated = repeatedImages({
    train: [sample('a', null), sample('b', null)],
    test: [sample('c', null), sample('d', null, 1)],
  });
  expect(repeated).toEqual({ trainAndTest: [], train: [], contradictory: [] });
  expect(repeatedImagesNotes(repeated, true)).toEqual([]);
});
