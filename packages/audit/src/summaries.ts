/** Counts of what was inspected. */
import { type Dataset, groupBy, type LeftOut } from '@adfw/core';
import type {
  AuditSplit,
  Counts,
  FileSummary,
  KindCount,
  MaskedImage,
  MaskFindings,
  Unreadable,
} from './audit-report.js';
import type { AnySample, InspectedImage } from './inspect.js';

export const splitsOf = (dataset: Dataset): readonly (readonly [AuditSplit, readonly AnySample[]])[] => [
  ['train', dataset.train],
  ['validation', dataset.validation ?? []],
  ['test', dataset.test],
  ['unlabelled', dataset.unlabelled ?? []],
];

export const countsOf = ({ train, validation = [], test, unlabelled = [] }: Dataset): Counts => ({
  train: train.length,
  validation: validation.length,
  testGood: test.filter(({ label }) => label === 0).length,
  testDefective: test.filter(({ label }) => label === 1).length,
  unlabelled: unlabelled.length,
});

export const noneLeftOut: LeftOut = { count: 0, kinds: {}, files: [] };

export const kindCounts = (dataset: Dataset): KindCount[] =>
  splitsOf(dataset).flatMap(([split, samples]) =>
    [...groupBy(samples, ({ defect }) => defect)].map(([kind, own]) => ({
      split,
      kind,
      images: own.length,
      groups: distinct(own.map(({ group }) => group)),
      views: distinct(own.map(({ view }) => view)),
    })),
  );

function distinct(values: readonly (string | undefined)[]): number | null {
  const known = new Set(values.filter((value) => value !== undefined));
  return known.size === 0 ? null : known.size;
}

export function fileSummary(images: readonly InspectedImage[], { train, reading }: Dataset): FileSummary {
  const headers = images.flatMap(({ header }) => (header === null ? [] : [header]));
  return {
    bytes: images.reduce((sum, { bytes }) => sum + bytes, 0),
    sizes: counted(headers, ({ size }) => ({ width: size.width, height: size.height })),
    formats: counted(headers, ({ format }) => ({ format })),
    samples: counted(headers, ({ colors, hasAlpha, bits }) => ({ colors, alpha: hasAlpha, bits })),
    remarks: [...new Set(images.flatMap(({ seen }) => seen.remarks ?? []))].map((remark) => {
      const own = images.filter(({ seen }) => seen.remarks?.includes(remark));
      return { remark, images: own.length, first: own[0]?.sample.id ?? '' };
    }),
    trainRange: (reading?.levels ?? null) === null ? rangeOf(images.slice(0, train.length)) : null,
  };
}

function rangeOf(images: readonly InspectedImage[]): [number, number] | null {
  const ranges = images.flatMap(({ seen }) => (seen.range ? [seen.range] : []));
  if (ranges.length === 0) return null;
  const lowest = ranges.reduce((least, [low]) => Math.min(least, low), 65535);
  return [lowest, ranges.reduce((most, [, high]) => Math.max(most, high), 0)];
}

/** How many items give the same, most first. */
function counted<T, K extends object>(
  items: readonly T[],
  keyOf: (item: T) => K,
): (K & { images: number })[] {
  const groups = groupBy(items, (item) => JSON.stringify(keyOf(item)));
  return [...groups.values()]
    .map((group) => ({ ...keyOf(group[0] as T), images: group.length }))
    .sort((a, b) => b.images - a.images);
}

export const unreadableOf = (
  images: readonly InspectedImage[],
  splits: ReadonlyMap<AnySample, AuditSplit>,
): Unreadable[] =>
  images.flatMap(({ sample, faults, masks }) =>
    [...faults, ...(masks?.faults ?? [])].map(({ id, ...fault }) => ({
      id,
      split: splits.get(sample) as AuditSplit,
      ...fault,
    })),
  );

/** More of an image is seldom defective. */
const NEARLY_ALL = 0.9;

export function maskFindings(
  images: readonly InspectedImage[],
  { test, strayMasks = [] }: Pick<Dataset, 'test' | 'strayMasks'>,
): MaskFindings {
  const masked = images.flatMap(({ sample, masks }) => (masks === null ? [] : [{ sample, masks }]));
  const marked = (isOne: (label: AnySample['label'], share: number) => boolean): MaskedImage[] =>
    masked.flatMap(({ sample: { id, label }, masks: { files, share } }) =>
      share !== null && isOne(label, share) ? [{ id, files, share }] : [],
    );
  const withMask = new Set(masked.filter(({ sample }) => sample.label === 1).map(({ sample }) => sample.id));
  const remarks = new Set(masked.flatMap(({ masks }) => masks.remarks));
  return {
    masked: masked.length,
    withoutImage: strayMasks,
    missing:
      withMask.size === 0
        ? []
        : test.filter(({ id, label }) => label === 1 && !withMask.has(id)).map(({ id }) => id),
    otherSize: masked.flatMap(({ sample: { id }, masks }) =>
      masks.otherSize.map((mask) => ({ id, ...mask })),
    ),
    empty: marked((label, share) => label === 1 && share === 0),
    ofNominal: marked((label, share) => label === 0 && share > 0),
    nearlyFull: marked((label, share) => label === 1 && share > NEARLY_ALL),
    remarks: [...remarks].map((remark) => {
      const own = masked.filter(({ masks }) => masks.remarks.includes(remark));
      return { remark, masks: own.length, first: own[0]?.sample.id ?? '' };
    }),
  };
}
