/** What the files of a dataset were, by their checksums, and what has become of them since. */
import type { Dataset, Sample, UnlabelledSample } from '../contracts/dataset.js';
import { normalizedName } from '../plugins/normalized-name.js';
import type { Split } from './dataset-splits.js';

export interface DataFingerprint {
  /** Of all nominal samples: those to train on, and behind them those that a dataset holds out itself. */
  readonly train: readonly SampleFingerprint[];
  /** Of all that are scored: the labelled ones, and behind them the unlabelled. */
  readonly test: readonly SampleFingerprint[];
  /** SHA-256 of other files that results depend on, weights for one, by their paths; absent where these are not known. */
  readonly files?: Readonly<Record<string, string>>;
}

export interface SampleFingerprint extends Pick<Sample, 'id'> {
  /** null where it is not known. */
  readonly label: Sample['label'] | null;
  /** SHA-256 of the image's file; null where the dataset does not tell. */
  readonly image: string | null;
  /** The same of its mask's; null where there is none, too. */
  readonly mask: string | null;
}

/** @throws what {@link Dataset.checksums} throws. */
export const sampleFingerprint = async (
  dataset: Dataset,
  sample: Sample | UnlabelledSample,
): Promise<SampleFingerprint> => ({
  id: sample.id,
  label: sample.label,
  ...((await dataset.checksums?.(sample)) ?? { image: null, mask: null }),
});

/** What two fingerprints differ in. */
export interface DataChanges {
  /** One for each kind of change that there is. An image is changed, too, where its label is. */
  readonly images: readonly {
    readonly split: Split;
    readonly change: 'added' | 'removed' | 'changed';
    readonly ids: readonly string[];
  }[];
  /** Samples that are the same image with another mask, without the mask they had, or with one they did not have. */
  readonly masks: readonly string[];
  /** Other files that are not what they were. */
  readonly files: readonly string[];
}

/** What is not known of one of the two, since a dataset did not tell it, counts as the same. */
export function dataChanges(before: DataFingerprint, now: DataFingerprint): DataChanges {
  const bySplit = (['train', 'test'] as const).map((split) => ({
    split,
    ...sampleChanges(before[split], now[split]),
  }));
  return {
    images: bySplit.flatMap(({ split, added, removed, changed }) =>
      Object.entries({ added, removed, changed }).flatMap(([change, ids]) =>
        ids.length > 0 ? [{ split, change: change as 'added' | 'removed' | 'changed', ids }] : [],
      ),
    ),
    masks: bySplit.flatMap(({ masks }) => masks),
    files: Object.entries(before.files ?? {}).flatMap(([path, checksum]) =>
      now.files?.[path] === undefined || now.files[path] === checksum ? [] : [path],
    ),
  };
}

function sampleChanges(before: readonly SampleFingerprint[], now: readonly SampleFingerprint[]) {
  const byName = (samples: readonly SampleFingerprint[]) =>
    new Map(samples.map((sample) => [normalizedName(sample.id), sample]));
  const [earlier, later] = [byName(before), byName(now)];
  const idsWithout = (samples: typeof earlier, others: typeof earlier) =>
    [...samples].flatMap(([name, { id }]) => (others.has(name) ? [] : [id]));
  const both = [...later].flatMap(([name, is]) => {
    const was = earlier.get(name);
    return was === undefined ? [] : [{ was, is }];
  });
  const isKnown = ({ was, is }: (typeof both)[number]) => was.image !== null && is.image !== null;
  const isSame = (pair: (typeof both)[number]) =>
    pair.was.label === pair.is.label && (!isKnown(pair) || pair.was.image === pair.is.image);
  return {
    added: idsWithout(later, earlier),
    removed: idsWithout(earlier, later),
    changed: both.filter((pair) => !isSame(pair)).map(({ is }) => is.id),
    masks: both
      .filter((pair) => isSame(pair) && isKnown(pair) && pair.was.mask !== pair.is.mask)
      .map(({ is }) => is.id),
  };
}

/**
 * What cannot be gone on with, all but masks: `2 training images were added (train/good/8.png, train/good/9.png) and 1 test image was
 * changed (test/hole/0.png)`; empty where there is nothing of the kind.
 */
export const changesText = ({ images, files }: DataChanges): string =>
  [
    ...images.map(({ split, change, ids }) => {
      const what = split === 'train' ? 'training' : 'test';
      return `${ids.length} ${what} ${ids.length === 1 ? 'image was' : 'images were'} ${change} (${firstOf(ids)})`;
    }),
    ...(files.length > 0
      ? [`${files.length} ${files.length === 1 ? 'file was' : 'files were'} changed (${firstOf(files)})`]
      : []),
  ].join(' and ');

/** The first few of a list, and how many more there are. */
export function firstOf(names: readonly string[], few = 3): string {
  const more = names.length - few;
  return `${names.slice(0, few).join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}
