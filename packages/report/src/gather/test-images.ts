/** The test images and masks of a run's dataset, which may have been moved, changed or deleted since. */
import {
  type DataFingerprint,
  type Dataset,
  dataChanges,
  imageSizeOf,
  type Mask,
  normalizedName,
  type ResolvedExperiment,
  type RgbImage,
  sampleFingerprint,
} from '@adfw/core';
import { openDataset } from '@adfw/runner';

export interface TestImage {
  /** null where it is not there any more, cannot be read, or is another one than it was. */
  readonly image: RgbImage | null;
  /** null where it is not known, cannot be read, or is another one than it was, or its image is. */
  readonly mask: Mask | null;
  /** Which of the two is another one than it was when a run was tested with it. */
  readonly changed: 'image' | 'mask' | null;
}

export interface TestImages {
  /** Why the dataset cannot be read; null where it can. */
  readonly fault: string | null;
  read(id: string): Promise<TestImage>;
}

const NOTHING: TestImage = { image: null, mask: null, changed: null };

/** Where none is to be read. */
export const NO_TEST_IMAGES: TestImages = { fault: null, read: async () => NOTHING };

/** @param tested what the images were when runs were tested with them, as far as that is known. */
export async function openTestImages(
  experiment: ResolvedExperiment,
  tested: readonly DataFingerprint[],
  signal?: AbortSignal,
): Promise<TestImages> {
  let opened: Dataset;
  try {
    opened = await openDataset(experiment, { signal });
  } catch (error) {
    signal?.throwIfAborted();
    return { fault: (error as Error).message, read: async () => NOTHING };
  }
  const frame = imageSizeOf(experiment);
  const sizeOf = ({ height, width }: RgbImage) => ({ height, width });
  const byName = <T extends { readonly id: string }>(list: readonly T[]) =>
    new Map(list.map((sample) => [normalizedName(sample.id), sample]));
  const samples = byName(opened.test);
  const before = tested.map(({ test }) => byName(test));
  const orNull = <T>(read: Promise<T>): Promise<T | null> =>
    read.catch(() => {
      signal?.throwIfAborted();
      return null;
    });
  return {
    fault: null,
    async read(id) {
      const name = normalizedName(id);
      const sample = samples.get(name);
      const now = sample && (await orNull(sampleFingerprint(opened, sample)));
      if (!sample || !now) return NOTHING;
      const changes = before.flatMap((samples) => {
        const was = samples.get(name);
        return was ? [dataChanges({ train: [], test: [was] }, { train: [], test: [now] })] : [];
      });
      if (changes.some(({ images }) => images.length > 0)) return { ...NOTHING, changed: 'image' };
      const isOtherMask = changes.some(({ masks }) => masks.length > 0);
      const image = await orNull(opened.image(sample, frame));
      return {
        image,
        mask: image && !isOtherMask ? await orNull(opened.mask(sample, sizeOf(image))) : null,
        changed: isOtherMask ? 'mask' : null,
      };
    },
  };
}
