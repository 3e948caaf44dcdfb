/** What is reported of the runs of a grid: a table a measure, of one number a cell or of two. */
import type { RunReport } from '@adfw/runner';

export type QuantityId =
  | 'imageAuroc'
  | 'imageAp'
  | 'pixelAuroc'
  | 'aupro'
  | 'aupro05'
  | 'pixelAp'
  | 'pixelF1Max'
  | 'diceMean'
  | 'diceGlobal'
  | 'falseBads'
  | 'falseGoods'
  | 'deployedFalseBads'
  | 'deployedFalseGoods'
  | 'syntheticImageAuroc'
  | 'syntheticPixelAuroc';

export interface Measure {
  /** Part of a label in LaTeX. */
  readonly id: string;
  readonly title: string;
  /** A sentence for those who don't know it. */
  readonly explanation: string;
  /** Digits after the decimal point. */
  readonly digits: number;
  /** Two of them are shown as `1/0`. */
  readonly quantities: readonly Quantity[];
}

export interface Quantity {
  readonly id: QuantityId;
  /** null where the test set does not allow it. */
  of(report: RunReport): number | null;
}

export const measures: readonly Measure[] = [
  {
    id: 'image-auroc',
    title: 'Image AUROC',
    explanation: 'Area under the ROC curve of the images.',
    digits: 3,
    quantities: [{ id: 'imageAuroc', of: ({ metrics }) => metrics.imageAuroc }],
  },
  {
    id: 'image-ap',
    title: 'Image AP',
    explanation: 'Average precision of the images.',
    digits: 3,
    quantities: [{ id: 'imageAp', of: ({ metrics }) => metrics.imageAp ?? null }],
  },
  {
    id: 'pixel-auroc',
    title: 'Pixel AUROC',
    explanation: 'Area under the ROC curve of all pixels.',
    digits: 3,
    quantities: [{ id: 'pixelAuroc', of: ({ metrics }) => metrics.pixelAuroc }],
  },
  {
    id: 'aupro',
    title: 'AUPRO',
    explanation: 'Area under the per-region overlap curve up to a false-positive rate of 0.3.',
    digits: 3,
    quantities: [{ id: 'aupro', of: ({ metrics }) => metrics.aupro }],
  },
  {
    id: 'aupro-05',
    title: 'AUPRO to 0.05',
    explanation: 'The same up to a false-positive rate of 0.05.',
    digits: 3,
    quantities: [{ id: 'aupro05', of: ({ metrics }) => metrics.aupro05 ?? null }],
  },
  {
    id: 'pixel-ap',
    title: 'Pixel AP',
    explanation: 'Average precision of all pixels.',
    digits: 3,
    quantities: [{ id: 'pixelAp', of: ({ metrics }) => metrics.pixelAp ?? null }],
  },
  {
    id: 'pixel-f1-max',
    title: 'Pixel F1, highest',
    explanation: 'F1 of all pixels at the threshold where it is highest, which is chosen on the test set.',
    digits: 3,
    quantities: [{ id: 'pixelF1Max', of: ({ metrics }) => metrics.pixelF1Max ?? null }],
  },
  {
    id: 'dice-mean',
    title: 'Dice, mean of the defective images',
    explanation: "At the benchmark's threshold; the mean of the Dice scores of the defective images.",
    digits: 3,
    quantities: [{ id: 'diceMean', of: ({ metrics }) => metrics.diceMean }],
  },
  {
    id: 'dice-global',
    title: 'Dice, all pixels',
    explanation: "At the benchmark's threshold; one Dice score of all pixels of the test set.",
    digits: 3,
    quantities: [{ id: 'diceGlobal', of: ({ metrics }) => metrics.diceGlobal }],
  },
  {
    id: 'false-bads-goods',
    title: 'False bads/goods',
    explanation:
      "Good images called defective / defective images called good, at the benchmark's threshold, which is chosen on the test set (eq. 5.6).",
    digits: 1,
    quantities: [
      { id: 'falseBads', of: ({ metrics }) => metrics.falseBads },
      { id: 'falseGoods', of: ({ metrics }) => metrics.falseGoods },
    ],
  },
  {
    id: 'deployed-false-bads-goods',
    title: 'False bads/goods at the deployed threshold',
    explanation: 'The same counts at the threshold that held-out nominal images give.',
    digits: 1,
    quantities: [
      { id: 'deployedFalseBads', of: ({ metrics }) => metrics.deployed?.falseBads ?? null },
      { id: 'deployedFalseGoods', of: ({ metrics }) => metrics.deployed?.falseGoods ?? null },
    ],
  },
  {
    id: 'synthetic-auroc',
    title: 'Synthetic defects, image/pixel AUROC',
    explanation:
      'Of defects drawn into held-out nominal images: what can be compared where there are no defective images.',
    digits: 3,
    quantities: [
      { id: 'syntheticImageAuroc', of: ({ synthetic }) => synthetic?.imageAuroc ?? null },
      { id: 'syntheticPixelAuroc', of: ({ synthetic }) => synthetic?.pixelAuroc ?? null },
    ],
  },
];
