/** What of an audit stops a run, and what only warns, a sentence each. */
import { firstOf } from '@adfw/core';
import { rangeWarning } from '@adfw/runner';
import type { AuditContents, DuplicateFindings, DuplicatePair, MaskFindings } from './audit-report.js';

export type Findings = Omit<AuditContents, 'suspicious' | 'estimate'>;

/** Of fewer nominal images a model learns little of how they may differ. */
const FEW_TRAINED = 20;

/**
 * @param skipsBadImages whether a run leaves out what cannot be read, as it was asked for.
 */
export function verdict(
  contents: Findings,
  skipsBadImages: boolean,
): { errors: string[]; warnings: string[] } {
  const { counts, files, unreadable, masks, duplicates, leftOut } = contents;
  const errors: string[] = [];
  const warnings: string[] = [];
  const bad = [...new Set([...unreadable, ...masks.otherSize].map(({ id }) => id))];
  if (bad.length > 0) {
    const what = `${bad.length} ${bad.length === 1 ? 'image, or its mask,' : 'images, or their masks,'} cannot be used (${firstOf(bad)})`;
    if (skipsBadImages) warnings.push(`${what}, and ${bad.length === 1 ? 'is' : 'are'} left out.`);
    else errors.push(`${what}: a run stops there, and leaves them out with --skip-bad-images.`);
  }
  const lost = unreadable.filter(({ split, what }) => split === 'train' && what === 'image').length;
  const trained = counts.train - lost;
  if (trained === 0) errors.push(`None of the ${lost} training images can be read.`);
  else if (trained < FEW_TRAINED)
    warnings.push(
      `${some(trained, 'nominal image')} to train on: few for what nominal ones may look like, and a share of them is held out for a threshold.`,
    );
  if (counts.testGood + counts.testDefective === 0)
    warnings.push('No labelled test image: a run can be measured with nothing.');
  else if (counts.testGood === 0 || counts.testDefective === 0)
    warnings.push(
      `There is no ${counts.testGood === 0 ? 'good' : 'defective'} test image: a run cannot be measured without both kinds.`,
    );
  if (files.trainRange !== null) {
    const seen = [{ name: '', range: files.trainRange }];
    const range = rangeWarning(seen, undefined, (levels) => `--set 'dataset.levels=${levels}'`);
    if (range !== null) warnings.push(range);
  }
  for (const { remark, images, first } of files.remarks)
    warnings.push(`${remark}: ${some(images, 'image')}, the first is ${first}.`);
  warnings.push(...maskWarnings(masks), ...duplicateWarnings(duplicates));
  if (leftOut.count > 0)
    warnings.push(
      `${some(leftOut.count, 'file')} that ${leftOut.count === 1 ? 'is no image is' : 'are no images are'} left out (${firstOf(leftOut.files)}).`,
    );
  return { errors, warnings };
}

const some = (many: number, noun: string): string => `${many} ${noun}${many === 1 ? '' : 's'}`;

function maskWarnings(masks: MaskFindings): string[] {
  const ids = (images: readonly { readonly id: string }[]) => firstOf(images.map(({ id }) => id));
  const { withoutImage, missing, empty, ofNominal, nearlyFull, masked } = masks;
  return [
    ...(withoutImage.length > 0
      ? [`${some(withoutImage.length, 'mask')} of no image (${firstOf(withoutImage)}).`]
      : []),
    ...(missing.length > 0
      ? [
          `${some(missing.length, 'defective test image')} without a mask, where others have one (${firstOf(missing)}): pixels of them are not measured.`,
        ]
      : []),
    ...(empty.length > 0
      ? [`${some(empty.length, 'mask')} of defective images without a marked pixel (${ids(empty)}).`]
      : []),
    ...(ofNominal.length > 0
      ? [
          `${some(ofNominal.length, 'mask')} of nominal images with marked pixels (${ids(ofNominal)}): either the label or the mask is wrong.`,
        ]
      : []),
    // One defect may fill its image.
    ...(nearlyFull.length * 2 > masked
      ? [
          `${some(nearlyFull.length, 'mask')} of ${masked} mark nearly all of their images, as inverted ones do (${ids(nearlyFull)}).`,
        ]
      : []),
    ...masks.remarks.map(
      ({ remark, masks, first }) => `${remark}: ${masks} of ${masked}, the first that of ${first}.`,
    ),
  ];
}

const harm: Readonly<Record<DuplicatePair['kind'], (pairs: string) => string>> = {
  'train-test': (pairs) =>
    `${pairs} of training and test images look like one image: what was learnt scores lower than new images do.`,
  contradictory: (pairs) =>
    `${pairs} of good and defective test images look like one image: whatever they are called is wrong once.`,
  train: (pairs) =>
    `${pairs} of nominal images look like one image: where one is held out and the other learnt, the deployed threshold is too low.`,
  test: (pairs) => `${pairs} of test images look like one image, which counts twice.`,
};

function duplicateWarnings({ pairs, total }: DuplicateFindings): string[] {
  return Object.entries(harm).flatMap(([kind, sentence]) => {
    const own = pairs.filter((pair) => pair.kind === kind);
    if (own.length === 0) return [];
    const exact = own.filter((pair) => pair.exact).length;
    // Pairs of the last kind may not all be listed.
    const isCut = total > pairs.length && own.at(-1) === pairs.at(-1);
    const copies =
      exact > 0 ? ` (${exact === own.length ? 'copies of one file' : `${exact} of copies of one file`})` : '';
    return [sentence(`${isCut ? 'At least ' : ''}${some(own.length, 'pair')}${copies}`)];
  });
}
