import {
  DataError,
  type DataFingerprint,
  type Dataset,
  type ImageSource,
  type Mask,
  type RgbImage,
  type SampleFingerprint,
  type Split,
  sampleFingerprint,
  samplesOf,
} from '@adfw/core';
import { fewAtATime } from '../files/few-at-a-time.js';
import { badFiles } from './bad-files.js';

/**
 * Reads every image and mask once, a few at a time: what is bad shows at once, and what a source keeps is there when it is needed.
 * The checksums are taken at the same time, while the system still has the file in memory.
 * @param images of all nominal samples and of all that are scored; without them the checksums alone are taken.
 * @param options.onImage is given each image, and the index of its sample.
 * @param options.onMask is given the mask of each labelled test sample that has one, by the sample's index.
 * @throws DataError that names the files that cannot be read, once all are tried; the signal's reason when it is aborted.
 */
export async function readData(
  dataset: Dataset,
  images: Readonly<Record<Split, ImageSource>> | null,
  options: {
    onProgress?: (done: number, total: number) => void;
    onImage?: (split: Split, index: number, image: RgbImage) => void;
    onMask?: (index: number, mask: Mask) => void;
    signal?: AbortSignal;
  } = {},
): Promise<DataFingerprint> {
  const samples = (['train', 'test'] as const).flatMap((split) =>
    samplesOf(dataset, split).map((sample, index) => ({ split, sample, index })),
  );
  const read = await fewAtATime(
    samples,
    async ({ split, sample, index }): Promise<SampleFingerprint | DataError> => {
      try {
        const image = await images?.[split].image(index);
        if (image) options.onImage?.(split, index, image);
        const mask =
          image && split === 'test' && sample.label !== null
            ? await dataset.mask(sample, { height: image.height, width: image.width })
            : null;
        if (mask) options.onMask?.(index, mask);
        return await sampleFingerprint(dataset, sample);
      } catch (error) {
        if (error instanceof DataError) return error;
        throw error;
      }
    },
    options,
  );
  const [fault, ...others] = read.flatMap((result) => (result instanceof DataError ? [result] : []));
  if (fault) throw badFiles([fault, ...others]);
  const fingerprints = read.flatMap((result) => (result instanceof DataError ? [] : [result]));
  const nominal = samplesOf(dataset, 'train').length;
  return { train: fingerprints.slice(0, nominal), test: fingerprints.slice(nominal) };
}
