/** What a run says of its images before it trains: files that are odd, and samples that use little of their range. */
import { type Dataset, type ImageReading, type RgbImage, type Split, samplesOf } from '@adfw/core';

/** What reading an image has shown. */
export interface SeenImage extends Pick<RgbImage, 'remarks' | 'range'> {
  readonly name: string;
}

/** So many names of images are told. */
const MOST_NAMES = 3;

/** A sentence for each unusual kind of file, with the number of them and the first names. */
export function remarkWarnings(seen: readonly SeenImage[]): string[] {
  const kinds = new Set(seen.flatMap(({ remarks = [] }) => remarks));
  return [...kinds].map((kind) => {
    const names = seen.filter(({ remarks }) => remarks?.includes(kind)).map(({ name }) => name);
    const more = names.length - MOST_NAMES;
    const listed = names.slice(0, MOST_NAMES).join(', ');
    return `${kind}: ${names.length} of ${seen.length}, ${listed}${more > 0 ? ` and ${more} more` : ''}.`;
  });
}

/** Fewer of the 65536 values leave fewer than 64 grey levels. */
const LITTLE = 65536 / 4;

/** Of samples that cameras store in 16 bits. */
const SENSOR_BITS = [8, 10, 12, 14];

/**
 * Says that images of 16 bits use little of their range, as those of cameras with fewer bits do: of 12 bits, 16 grey levels are left.
 * @param trained what the training images have shown; one that is not deeper than 8 bits does not count.
 * @param option how the levels are to be set, for a pair of them.
 * @returns null where they do not, or levels are set.
 */
export function rangeWarning(
  trained: readonly SeenImage[],
  reading: ImageReading | undefined,
  option: (levels: string) => string,
): string | null {
  const ranges = trained.flatMap(({ range }) => (range ? [range] : []));
  if (ranges.length === 0 || (reading?.levels ?? null) !== null) return null;
  const lowest = ranges.reduce((least, [low]) => Math.min(least, low), 65535);
  const highest = ranges.reduce((most, [, high]) => Math.max(most, high), 0);
  if (lowest === highest || highest - lowest >= LITTLE) return null;
  const greys = Math.round(highest / 257) - Math.round(lowest / 257) + 1;
  const found = `The training images of 16 bits have samples from ${lowest} to ${highest}, of 0 to 65535: ${greys} of 256 grey levels are left of them`;
  const bits = SENSOR_BITS.find((bits) => highest < 2 ** bits);
  if (bits !== undefined && lowest < 2 ** bits / 4)
    return `${found}. Unless they are just dark, a camera of ${bits} bits took them: say so with ${option(`[0,${2 ** bits - 1}]`)}.`;
  const margin = Math.ceil((highest - lowest) / 2);
  const levels = `[${Math.max(0, lowest - margin)},${Math.min(65535, highest + margin)}]`;
  return `${found}. Say between which levels images can lie, defects too, with ${option(levels)} or others.`;
}

/** Gathers what the images of a dataset show while they are read, for the sentences of {@link remarkWarnings} and {@link rangeWarning}. */
export function seenImages(dataset: Dataset) {
  const seen: Record<Split, SeenImage[]> = {
    train: samplesOf(dataset, 'train').map(({ id }) => ({ name: id })),
    test: samplesOf(dataset, 'test').map(({ id }) => ({ name: id })),
  };
  return {
    see(split: Split, index: number, { remarks, range }: RgbImage): void {
      Object.assign(seen[split][index] as SeenImage, remarks && { remarks }, range && { range });
    },
    warnings(option: (levels: string) => string): string[] {
      const range = rangeWarning(seen.train, dataset.reading, option);
      return [...(range === null ? [] : [range]), ...remarkWarnings([...seen.train, ...seen.test])];
    },
  };
}
