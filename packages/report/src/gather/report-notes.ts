/** What a report says about itself: what it lacks, and what does not belong together. */
import { dataChanges, firstOf } from '@adfw/core';
import type { Picture } from '../report-document.js';
import type { RunRecord } from './run-record.js';
import type { TestImage } from './test-images.js';

export interface ShownImage extends Pick<TestImage, 'changed'> {
  readonly id: string;
  /** null where there is neither the image nor a map of it. */
  readonly picture: Picture | null;
}

export interface Gathered {
  readonly records: readonly RunRecord[];
  /** Of the runs. */
  readonly names: readonly string[];
  /** Why the dataset cannot be read; null where it can. */
  readonly fault: string | null;
  /** The images that pictures were to be drawn of. */
  readonly shown: readonly ShownImage[];
}

/** A sentence each. */
export function reportNotes({ records, names, fault, shown }: Gathered): string[] {
  const missing = shown.filter(({ picture, changed }) => changed !== 'image' && !picture?.image).length;
  const changed = (what: TestImage['changed']) =>
    shown.filter((image) => image.changed === what).map(({ id }) => id);
  const [images, masks] = [changed('image'), changed('mask')];
  return [
    ...differenceNotes(records, names),
    ...(fault !== null && shown.length > 0
      ? [`The images cannot be shown, since the dataset cannot be read. ${fault}`]
      : []),
    ...(fault === null && missing > 0
      ? [
          `${missing} of ${shown.length} images cannot be shown: they were moved, deleted or damaged since the run.`,
        ]
      : []),
    ...(images.length > 0
      ? [`Images that were changed since the run are not shown beside its scores: ${firstOf(images)}.`]
      : []),
    ...(masks.length > 0
      ? [
          `Masks that were changed since the run are not shown, and its measures are those of the masks before: ${firstOf(masks)}.`,
        ]
      : []),
    ...names
      .filter((_, run) => shown.length > 0 && records[run]?.hasMaps && records[run]?.maps === null)
      .map((name) => `There are no heat maps of ${name}: its folder has no anomaly-maps.`),
  ];
}

/** Where test images of several runs have the same names, but were not the same. */
function differenceNotes([first, ...others]: readonly RunRecord[], names: readonly string[]): string[] {
  return others.flatMap(({ data }, index) => {
    if (!first?.data || !data) return [];
    const both = `${names[0]} and ${names[index + 1]}`;
    const { images, masks } = dataChanges(
      { train: [], test: first.data.test },
      { train: [], test: data.test },
    );
    return [
      ...images.map(
        ({ ids }) =>
          `${both} were tested on different images of the same names, so that their measures do not compare: ${firstOf(ids)}.`,
      ),
      ...(masks.length > 0
        ? [
            `${both} were measured by different masks, so that their measures of pixels do not compare: ${firstOf(masks)}.`,
          ]
        : []),
    ];
  });
}
