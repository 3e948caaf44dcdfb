import { describe, expect, it } from 'vitest';
import {
  changesText,
  type DataFingerprint,
  dataChanges,
  firstOf,
  type SampleFingerprint,
} from './data-fingerprint.js';

const sample = (
  id: string,
  image: string | null,
  mask: string | null = null,
  label: 0 | 1 = 0,
): SampleFingerprint => ({ id, label, image, mask });

const before: DataFingerprint = {
  train: [sample('train/0', 'a'), sample('train/1', 'b')],
  test: [sample('test/good/0', 'c'), sample('test/hole/0', 'd', 'm', 1)],
};

describe('dataChanges', () => {
  it('finds nothing where nothing is changed, in whatever order it is listed', () => {
    const now = { train: [...before.train].reverse(), test: before.test };
    expect(dataChanges(before, now)).toEqual({ images: [], masks: [], files: [] });
    const spelt = (form: string): DataFingerprint => ({
      train: [sample('Größe'.normalize(form), 'a')],
      test: [],
    });
    expect(dataChanges(spelt('NFC'), spelt('NFD'))).toEqual({ images: [], masks: [], files: [] });
  });

  it('tells what was added, removed and changed, in training and test', () => {
    const changes = dataChanges(before, {
      train: [sample('train/1', 'B'), sample('train/2', 'x'), sample('train/3', 'y')],
      test: [sample('test/good/0', 'c', null, 1), sample('test/hole/0', 'd', 'm', 1)],
    });
    expect(changes).toEqual({
      images: [
        { split: 'train', change: 'added', ids: ['train/2', 'train/3'] },
        { split: 'train', change: 'removed', ids: ['train/0'] },
        { split: 'train', change: 'changed', ids: ['train/1'] },
        { split: 'test', change: 'changed', ids: ['test/good/0'] },
      ],
      masks: [],
      files: [],
    });
    expect(changesText(changes)).toBe(
      '2 training images were added (train/2, train/3) and 1 training image was removed (train/0) and 1 training image was changed (train/1) and 1 test image was changed (test/good/0)',
    );
  });

  it('tells masks apart from images', () => {
    const masks = (mask: string | null, image = 'd') =>
      dataChanges(before, {
        ...before,
        test: [before.test[0] as SampleFingerprint, sample('test/hole/0', image, mask, 1)],
      });
    for (const mask of ['n', null])
      expect(masks(mask)).toEqual({ images: [], masks: ['test/hole/0'], files: [] });
    expect(masks('n', 'D')).toMatchObject({ images: [{ ids: ['test/hole/0'] }], masks: [] });
  });

  it('tells other files that were changed, as far as both are known', () => {
    const files = (now: Record<string, string>) =>
      dataChanges({ ...before, files: { a: '1', b: '2' } }, { ...before, files: now });
    expect(files({ a: '1', c: '3' }).files).toEqual([]);
    expect(changesText(files({ a: '1', b: '3' }))).toBe('1 file was changed (b)');
    expect(dataChanges(before, { ...before, files: { a: '1' } }).files).toEqual([]);
  });

  it('takes what a dataset does not tell for the same, but not names', () => {
    const untold = (ids: string[]): DataFingerprint => ({
      train: ids.map((id) => sample(id, null)),
      test: [],
    });
    const { train } = before;
    expect(dataChanges({ train, test: [] }, untold(['train/0', 'train/1'])).images).toEqual([]);
    expect(dataChanges(untold(['train/0']), untold(['train/5'])).images).toHaveLength(2);
  });
});

it('lists a few of many', () => {
  expect(firstOf(['a', 'b', 'c'])).toBe('a, b, c');
  expect(firstOf(['a', 'b', 'c', 'd', 'e'])).toBe('a, b, c and 2 more');
});
