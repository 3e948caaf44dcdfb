/** Each fault that was planted is found and named; where none was, nothing is. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Dataset } from '@adfw/core';
import { createMvtecDataset } from '@adfw/datasets-mvtec';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Audit, type AuditEvent, auditDataset } from './audit.js';
import { type Folder, plantedFolder, SIDE, soundFolder } from './planted.test.fixture.js';
import { verdict } from './verdict.js';

const size = { height: SIDE, width: SIDE };
const open = (root: string) =>
  createMvtecDataset({ root, category: null, skipBadImages: false }, { seed: 0 });

describe('a folder with faults', () => {
  let planted: Folder;
  let audit: Audit;
  const events: AuditEvent[] = [];
  const at = (...names: string[]) => names.map((name) => join(planted.root, name));
  beforeAll(async () => {
    planted = await plantedFolder();
    const dataset = await open(planted.root);
    audit = await auditDataset({ dataset, size, onProgress: (event) => events.push(event) });
  });
  afterAll(() => planted.remove());

  it('is counted, by split and kind', () => {
    const { counts, kinds } = audit.contents;
    expect(counts).toEqual({ train: 13, validation: 0, testGood: 3, testDefective: 7, unlabelled: 0 });
    expect(kinds.map(({ split, kind, images }) => [split, kind, images])).toEqual([
      ['train', 'good', 13],
      ['test', 'good', 3],
      ['test', 'hole', 7],
    ]);
    expect(events.filter(({ type }) => type === 'images').at(-1)).toEqual({
      type: 'images',
      done: 23,
      total: 23,
    });
  });

  it('has files of these sizes, formats and samples', async () => {
    const { sizes, formats, samples, bytes, remarks, trainRange } = audit.contents.files;
    expect(remarks).toEqual([]);
    expect(trainRange?.[1]).toBeGreaterThan(50_000);
    expect(sizes).toEqual([
      { width: SIDE, height: SIDE, images: 20 },
      { width: 40, height: 44, images: 1 },
    ]);
    expect(formats).toEqual([
      { format: 'PNG', images: 20 },
      { format: 'JPEG', images: 1 },
    ]);
    expect(samples).toEqual([
      { colors: 'grey', alpha: false, bits: 8, images: 20 },
      { colors: 'grey', alpha: false, bits: 16, images: 1 },
    ]);
    const { train, test } = await open(planted.root);
    const stored = await Promise.all([...train, ...test].map(({ id }) => stat(join(planted.root, id))));
    expect(bytes).toBe(stored.reduce((sum, { size }) => sum + size, 0));
  });

  it('names what cannot be read, and why', () => {
    const found = audit.contents.unreadable.map(({ id, split, what, file, fault }) => {
      expect(fault).toContain(file as string);
      return [split, what, id, /is empty|is damaged or cut off|is not JPEG/.exec(fault)?.[0]];
    });
    expect(found).toEqual([
      ['train', 'image', 'train/good/cut.png', 'is damaged or cut off'],
      ['train', 'image', 'train/good/empty.png', 'is empty'],
      ['train', 'image', 'train/good/text.png', 'is not JPEG'],
      ['test', 'mask', 'test/hole/broken.png', 'is not JPEG'],
    ]);
    expect(audit.contents.leftOut.files).toEqual(['train/good/notes.psd']);
  });

  it('names masks that do not fit', () => {
    const { masks } = audit.contents;
    expect(masks.masked).toBe(7);
    expect(masks.withoutImage).toEqual(at('ground_truth/hole/stray_mask.png'));
    expect(masks.missing).toEqual(['test/hole/bare.png']);
    expect(masks.otherSize.map(({ id, file }) => [id, file])).toEqual([
      ['test/hole/wide.png', ...at('ground_truth/hole/wide_mask.png')],
    ]);
    expect(masks.otherSize[0]?.fault).toContain(`is ${2 * SIDE}x${SIDE / 2} pixels but its image`);
    expect(masks.empty.map(({ id }) => id)).toEqual(['test/hole/blank.png']);
    expect(masks.nearlyFull.map(({ id, share }) => [id, share])).toEqual([['test/hole/full.png', 1]]);
    expect(masks.ofNominal).toEqual([
      { id: 'test/good/1.png', files: at('ground_truth/good/1_mask.png'), share: 36 / SIDE ** 2 },
    ]);
  });

  it('names copies, whatever became of them', () => {
    const { total, pairs } = audit.contents.duplicates;
    expect(total).toBe(2);
    expect(pairs.map(({ similarity: _, ...pair }) => pair)).toEqual([
      { one: 'train/good/0.png', other: 'test/good/brighter.jpg', kind: 'train-test', exact: false },
      { one: 'train/good/1.png', other: 'train/good/one-again.png', kind: 'train', exact: true },
    ]);
  });

  it('cannot be trained on, unless what is bad is left out', () => {
    const contents = { ...audit.contents };
    const strict = verdict(contents, false);
    expect(strict.errors).toEqual([
      '5 images, or their masks, cannot be used (train/good/cut.png, train/good/empty.png, train/good/text.png and 2 more): a run stops there, and leaves them out with --skip-bad-images.',
    ]);
    const lenient = verdict(contents, true);
    expect(lenient.errors).toEqual([]);
    expect(lenient.warnings.join('\n')).toBe(
      [
        '5 images, or their masks, cannot be used (train/good/cut.png, train/good/empty.png, train/good/text.png and 2 more), and are left out.',
        '10 nominal images to train on: few for what nominal ones may look like, and a share of them is held out for a threshold.',
        `1 mask of no image (${at('ground_truth/hole/stray_mask.png')}).`,
        '1 defective test image without a mask, where others have one (test/hole/bare.png): pixels of them are not measured.',
        '1 mask of defective images without a marked pixel (test/hole/blank.png).',
        '1 mask of nominal images with marked pixels (test/good/1.png): either the label or the mask is wrong.',
        '1 pair of training and test images look like one image: what was learnt scores lower than new images do.',
        '1 pair (copies of one file) of nominal images look like one image: where one is held out and the other learnt, the deployed threshold is too low.',
        '1 file that is no image is left out (train/good/notes.psd).',
      ].join('\n'),
    );
    expect(strict.warnings).toEqual(lenient.warnings.slice(1));
  });

  it('is told where its samples use little of their range, and of unusual files', () => {
    const { contents } = audit;
    const files = {
      ...contents.files,
      trainRange: [40, 4000] as const,
      remarks: [{ remark: 'Odd files', images: 2, first: 'a.jpg' }],
    };
    const { warnings } = verdict({ ...contents, files }, true);
    expect(warnings[2]).toContain(
      "a camera of 12 bits took them: say so with --set 'dataset.levels=[0,4095]'",
    );
    expect(warnings[3]).toBe('Odd files: 2 images, the first is a.jpg.');
  });

  it('cannot be trained on where no training image can be read', () => {
    const { contents } = audit;
    const bad = { split: 'train', what: 'image', file: null, fault: 'x' } as const;
    const unreadable = Array.from({ length: 13 }, (_, at) => ({ ...bad, id: `${at}` }));
    expect(verdict({ ...contents, unreadable }, true).errors).toEqual([
      'None of the 13 training images can be read.',
    ]);
  });
});

describe('a folder without', () => {
  let sound: Folder;
  let dataset: Dataset;
  beforeAll(async () => {
    sound = await soundFolder();
    dataset = await open(sound.root);
  });
  afterAll(() => sound.remove());

  it('has none', async () => {
    const { contents, samples } = await auditDataset({ dataset, size });
    const { unreadable, masks, duplicates, suspicious } = contents;
    expect({ unreadable, duplicates, suspicious }).toEqual({
      unreadable: [],
      duplicates: { total: 0, pairs: [] },
      suspicious: null,
    });
    expect(masks).toEqual({
      masked: 2,
      withoutImage: [],
      missing: [],
      otherSize: [],
      empty: [],
      ofNominal: [],
      nearlyFull: [],
      remarks: [],
    });
    expect(verdict(contents, false)).toEqual({
      errors: [],
      warnings: [expect.stringContaining('8 nominal images to train on')],
    });
    expect(samples).toHaveLength(8);
  });

  it('says what cannot be measured without test images', async () => {
    const only = { ...dataset, test: dataset.test.filter(({ label }) => label === 1) };
    const { contents } = await auditDataset({ dataset: only, size });
    expect(verdict(contents, false).warnings[1]).toBe(
      'There is no good test image: a run cannot be measured without both kinds.',
    );
    const none = await auditDataset({ dataset: { ...dataset, test: [] }, size });
    expect(verdict(none.contents, false).warnings[1]).toContain('No labelled test image');
  });

  it('is left at once when it is interrupted', async () => {
    const stop = new AbortController();
    const seen: number[] = [];
    const audit = auditDataset({
      dataset,
      size,
      signal: stop.signal,
      onProgress: ({ done }) => {
        seen.push(done);
        stop.abort(new Error('stopped'));
      },
    });
    await expect(audit).rejects.toThrow('stopped');
    expect(seen).toHaveLength(1);
  });
});
