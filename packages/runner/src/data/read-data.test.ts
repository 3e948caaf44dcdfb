import { DataError, type Dataset, memoryBudget, type Sample, sampleImages } from '@adfw/core';
import { badImageRemedy } from '@adfw/images';
import { expect, it } from 'vitest';
import { readData } from './read-data.js';

const sampleOf = (id: string, label: 0 | 1): Sample => ({ id, label, defect: label === 0 ? 'good' : 'hole' });
const size = { height: 1, width: 1 };

/** A dataset of which reading fails for the images and masks named in `faults`. */
function datasetWith(faults: Readonly<Record<string, Error>>, train: number, test: number): Dataset {
  const read = async <T>(name: string, value: T): Promise<T> => {
    // The first is ready last.
    for (let turn = Number(name.match(/\d+/)?.[0]); turn < 9; turn++) await null;
    if (faults[name]) throw faults[name];
    return value;
  };
  const samples = (name: string, count: number, label: 0 | 1) =>
    Array.from({ length: count }, (_, index) => sampleOf(`${name}${index}`, label));
  return {
    name: 'a dataset',
    category: null,
    train: samples('train', train, 0),
    test: samples('test', test, 1),
    skipped: 0,
    image: ({ id }) => read(id, { ...size, data: new Uint8Array(3) }),
    mask: ({ id }) => read(`mask of ${id}`, id === 'test1' ? null : { ...size, data: Uint8Array.of(1) }),
  };
}

async function outcome(faults: Readonly<Record<string, Error>>, train = 2, test = 3, signal?: AbortSignal) {
  const dataset = datasetWith(faults, train, test);
  const [masks, progress]: [number[], number[]] = [[], []];
  const budget = memoryBudget(0);
  const images = {
    train: sampleImages(dataset, dataset.train, size, budget),
    test: sampleImages(dataset, dataset.test, size, budget),
  };
  const onMask = (index: number) => masks.push(index);
  const onProgress = (done: number) => progress.push(done);
  const error: Error | undefined = await readData(dataset, images, {
    onMask,
    onProgress,
    ...(signal && { signal }),
  }).then(
    () => undefined,
    (caught) => caught,
  );
  return { error, masks: masks.sort(), progress };
}

const bad = (name: string, remedy = badImageRemedy) => new DataError(`${name} is damaged.${remedy}`);

it('reads all images, and the masks of test images', async () => {
  expect(await outcome({})).toEqual({ error: undefined, masks: [0, 2], progress: [1, 2, 3, 4, 5] });
});

it('throws what one fault is, after all was read', async () => {
  const fault = bad('train0');
  expect(await outcome({ train0: fault })).toEqual({
    error: fault,
    masks: [0, 2],
    progress: [1, 2, 3, 4, 5],
  });
});

it('names several faults in their order, of images and of masks, and what to do once', async () => {
  const { error } = await outcome({ 'mask of test2': bad('mask2'), test0: bad('test0') });
  expect(error).toBeInstanceOf(DataError);
  expect(error?.message).toBe(
    '2 images or masks cannot be used:\n  test0 is damaged.\n  mask2 is damaged.\n' +
      'Replace them, or leave such images out with --skip-bad-images.',
  );
});

it('names the first few of many', async () => {
  const ids = [0, 1, 2, 3, 4, 5, 6].map((index) => `train${index}`);
  const { error } = await outcome(Object.fromEntries(ids.map((id) => [id, bad(id, '')])), 7, 0);
  expect(error?.message).toMatch(
    /^7 images .*\n {2}train0 is damaged\..*\n {2}train4 .*\n {2}and 2 more\.$/s,
  );
});

it('stops at what is no fault of the data, and when it is told to', async () => {
  expect((await outcome({ train1: new Error('No memory') })).error?.message).toBe('No memory');
  const stopped = AbortSignal.abort(new Error('Stopped'));
  expect((await outcome({}, 2, 3, stopped)).error?.message).toBe('Stopped');
});
