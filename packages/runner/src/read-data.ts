import {
  type DataFingerprint,
  type Dataset,
  type ImageSource,
  type Split,
  sampleFingerprint,
} from '@adfw/core';
import { fewAtATime } from './few-at-a-time.js';

/**
 * Reads every image once, a few at a time: one that is bad shows at once, and what a source keeps is there when it is needed. The
 * checksums are taken at the same time, while the system still has the file in memory.
 * @param images of `dataset.train` and `dataset.test`; without them the checksums alone are taken.
 * @throws DataError that names the file that cannot be read; the signal's reason when it is aborted.
 */
export async function readData(
  dataset: Dataset,
  images: Readonly<Record<Split, ImageSource>> | null,
  options: { onProgress?: (done: number, total: number) => void; signal?: AbortSignal } = {},
): Promise<DataFingerprint> {
  const { train, test } = dataset;
  const samples = (['train', 'test'] as const).flatMap((split) =>
    dataset[split].map((sample, index) => ({ sample, read: () => images?.[split].image(index) })),
  );
  const fingerprints = await fewAtATime(
    samples,
    async ({ sample, read }) => {
      await read();
      return sampleFingerprint(dataset, sample);
    },
    options,
  );
  return {
    train: fingerprints.slice(0, train.length),
    test: fingerprints.slice(train.length, train.length + test.length),
  };
}
