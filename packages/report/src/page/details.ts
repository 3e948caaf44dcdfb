/** What can be unfolded at the end: everything that was measured, and the experiment. */
import { falseAlarmBound, type PartMeasures, type SyntheticEvaluation } from '@adfw/core';
import type { RunDocument } from '../report-document.js';
import { element } from './shared/elements.js';
import { formatBound, formatMeasure, formatScore, formatSeconds } from './shared/format.js';
import { isTrained } from './verdict.js';

const syntheticNote = (
  { images, kinds }: SyntheticEvaluation,
  measure: 'imageAuroc' | 'pixelAuroc',
): string =>
  `drawn into ${images} held-out images: ${Object.entries(kinds)
    .map(([kind, { [measure]: value }]) => `${kind} ${formatMeasure(value)}`)
    .join(', ')}`;

type Row = [name: string, value: string, note: string];

export function metricsTable(run: RunDocument): HTMLElement {
  const { metrics, thresholds, heldOutScores, dataset, timings, engine } = run;
  const { deployed } = thresholds;
  const bound = deployed === null ? null : falseAlarmBound(heldOutScores, deployed);
  const of = (mistakes: number | null | undefined, total: number) =>
    mistakes === null || mistakes === undefined ? '–' : `${mistakes} of ${total}`;
  const ofPixels = (row: Row): Row[] => (run.hasMaps ? [row] : []);
  const rows: Row[] = [
    ['Image AUROC', formatMeasure(metrics.imageAuroc), intervalNote(metrics)],
    ...measured('Image AP', metrics.imageAp, 'average precision'),
    ['Partial image AUROC', formatMeasure(metrics.partialAuroc), 'up to a false-positive rate of 0.3'],
    ...groupRows(metrics),
    ...ofPixels(['Pixel AUROC', formatMeasure(metrics.pixelAuroc), '']),
    ...ofPixels([
      'AUPRO',
      formatMeasure(metrics.aupro),
      'per-region overlap, up to a false-positive rate of 0.3',
    ]),
    ...measured('AUPRO to 0.05', metrics.aupro05, 'the same up to a false-positive rate of 0.05'),
    ...measured(
      'AU-sPRO',
      metrics.saturatedOverlap?.spro,
      'saturated per-region overlap, mean of the kinds of defects, up to a false-positive rate of 0.3',
    ),
    ...measured(
      'AU-sPRO to 0.05',
      metrics.saturatedOverlap?.spro05,
      'the same up to a false-positive rate of 0.05',
    ),
    ...measured('AUPIMO', metrics.aupimo, 'how much of a defect is found where hardly a nominal pixel is'),
    ...measured('Pixel AP', metrics.pixelAp, 'average precision'),
    ...measured(
      'Pixel F1, highest',
      metrics.pixelF1Max,
      'at the best threshold for pixels, chosen on the test images',
    ),
    ...(run.synthetic ? syntheticRows(run.synthetic) : []),
    ['Benchmark threshold', scoreText(thresholds.benchmark), 'chosen on the test images'],
    ['Image F1', formatMeasure(metrics.imageF1), 'at the benchmark threshold, as all below'],
    ['Precision', formatMeasure(metrics.precision), ''],
    ['Recall', formatMeasure(metrics.recall), ''],
    ['False bads', of(metrics.falseBads, dataset.testGood), 'good images called defective'],
    ['False goods', of(metrics.falseGoods, dataset.testDefective), 'defective images called good'],
    ...ofPixels(['Dice, mean', formatMeasure(metrics.diceMean), 'of the defective images']),
    ...ofPixels(['Dice, all pixels', formatMeasure(metrics.diceGlobal), '']),
    ['Deployed threshold', scoreText(thresholds.deployed), 'what adfw predict uses'],
    ...measured('Pixel F1', metrics.deployed?.pixelF1, 'at the deployed threshold'),
    [
      'False alarms',
      bound === null ? '–' : formatBound(bound),
      'at most, at the deployed threshold, of further good images like the held-out ones',
    ],
    [
      isTrained(run) ? 'Training' : 'Fitting',
      formatSeconds(timings.trainSeconds),
      `${timings.trainImagesPerSecond.toFixed(1)} images/s`,
    ],
    ...(run.model ? [costRow(run.model)] : []),
    [
      'Scoring an image',
      timings.inferenceMsPerImage === null ? '–' : `${timings.inferenceMsPerImage.toFixed(1)} ms`,
      `${engine.name} ${engine.version}, ${engine.provider}`,
    ],
  ];
  return element(
    'table',
    {},
    element(
      'tbody',
      {},
      ...rows.map(([name, value, note]) =>
        element(
          'tr',
          {},
          element('th', { scope: 'row' }, name),
          element('td', { class: 'number' }, value),
          element('td', { class: 'note' }, note),
        ),
      ),
    ),
  );
}

/** None of what the test images do not allow, or a run of an earlier version did not measure. */
const measured = (name: string, value: number | null | undefined, note: string): Row[] =>
  value === null || value === undefined ? [] : [[name, formatMeasure(value), note]];

const intervalNote = ({ imageAurocInterval: interval }: Partial<RunDocument['metrics']>): string =>
  interval
    ? `${formatMeasure(interval.low)} to ${formatMeasure(interval.high)} with a confidence of 95 %, for so many images`
    : '';

/** How each kind of defect is told from the good images; null where there is but one, or none is known. */
export function kindsTable({ metrics }: RunDocument): HTMLElement | null {
  const { kinds = [], saturatedOverlap = null }: Partial<RunDocument['metrics']> = metrics;
  if (kinds.length < 2) return null;
  const saturated = new Map(saturatedOverlap?.kinds.map((ofKind) => [ofKind.kind, ofKind]));
  const ifSaturated = (...cells: string[]) => (saturatedOverlap ? cells : []);
  return numbersTable(
    [
      'Defect',
      'Images',
      'Image AUROC',
      'Called good, deployed',
      ...ifSaturated('AU-sPRO', 'AU-sPRO to 0.05'),
    ],
    kinds.map(({ kind, images, imageAuroc, falseGoods }) => [
      kind,
      `${images}`,
      formatMeasure(imageAuroc),
      countText(falseGoods),
      ...ifSaturated(
        formatMeasure(saturated.get(kind)?.spro ?? null),
        formatMeasure(saturated.get(kind)?.spro05 ?? null),
      ),
    ]),
  );
}

/**
 * How the images of each view, or of each group, are told apart; null where there are no such parts.
 * @param title of the column of their names.
 */
export function partsTable(
  { hasMaps }: RunDocument,
  title: string,
  parts: readonly PartMeasures[] = [],
): HTMLElement | null {
  if (parts.length === 0) return null;
  const ofPixels = (...cells: string[]) => (hasMaps ? cells : []);
  return numbersTable(
    [
      title,
      'Good',
      'Defective',
      'Image AUROC',
      'False bads, deployed',
      'False goods, deployed',
      ...ofPixels('Pixel AUROC', 'AUPRO'),
    ],
    parts.map(({ part, images, defective, imageAuroc, falseBads, falseGoods, pixelAuroc, aupro }) => [
      part,
      `${images - defective}`,
      `${defective}`,
      formatMeasure(imageAuroc),
      countText(falseBads),
      countText(falseGoods),
      ...ofPixels(formatMeasure(pixelAuroc), formatMeasure(aupro)),
    ]),
  );
}

const countText = (count: number | null) => (count === null ? '–' : `${count}`);

/** The first column has names, the others numbers. */
function numbersTable(head: readonly string[], rows: readonly (readonly string[])[]): HTMLElement {
  const row = (tag: 'th' | 'td', cells: readonly string[]) =>
    element('tr', {}, ...cells.map((cell, i) => element(tag, i > 0 ? { class: 'number' } : {}, cell)));
  return element(
    'table',
    {},
    element('thead', {}, row('th', head)),
    element('tbody', {}, ...rows.map((cells) => row('td', cells))),
  );
}

/** The groups of images that show one thing, each with its highest score. */
function groupRows({ wholeGroups }: Partial<RunDocument['metrics']>): Row[] {
  if (!wholeGroups) return [];
  const { groups, defective, auroc, falseBads, falseGoods } = wholeGroups;
  const counts =
    falseBads === null
      ? ''
      : `; at the deployed threshold ${falseBads} false bads and ${falseGoods} false goods`;
  return [
    [
      'Group AUROC',
      formatMeasure(auroc),
      `of ${groups} groups of images, ${defective} of them defective, by the highest score of each${counts}`,
    ],
  ];
}

function syntheticRows(synthetic: SyntheticEvaluation): Row[] {
  const row = (name: string, measure: 'imageAuroc' | 'pixelAuroc'): Row => [
    `Synthetic defects, ${name}`,
    formatMeasure(synthetic[measure]),
    syntheticNote(synthetic, measure),
  ];
  const image = row('image AUROC', 'imageAuroc');
  return synthetic.pixelAuroc === null ? [image] : [image, row('pixel AUROC', 'pixelAuroc')];
}

const costRow = ({ parameters, multiplyAdds }: NonNullable<RunDocument['model']>): Row => [
  'Parameters learnt',
  parameters.toLocaleString('en'),
  multiplyAdds === null ? '' : `${formatMillions(multiplyAdds)} million multiply-adds an image`,
];

/** Without what does not count: 1,234, 56.7, 0.089. */
const formatMillions = (value: number): string =>
  Number((value / 1e6).toPrecision(3)).toLocaleString('en', { maximumFractionDigits: 6 });

const scoreText = (score: number | null): string => (score === null ? '–' : formatScore(score));

export const unfolding = (title: string, ...content: Node[]): HTMLElement =>
  element('details', {}, element('summary', {}, title), ...content);

export const experimentText = (experiment: unknown): HTMLElement =>
  element('pre', { tabindex: 0 }, JSON.stringify(experiment, null, 2));

/** What could not be measured or shown. */
export const noteList = (notes: readonly string[]): HTMLElement | null =>
  notes.length === 0
    ? null
    : element('ul', { class: 'notes' }, ...notes.map((note) => element('li', {}, note)));
