/** The result of a run for a person: what was measured, at which threshold, how fast, and what to do next. */
import type { Evaluation, ResolvedExperiment } from '@adfw/core';
import type { RunReport } from '@adfw/runner';
import {
  count,
  formatBound,
  formatMeasure,
  formatRate,
  formatScore,
  formatSeconds,
  shellCommand,
} from '../../shared/format.js';
import type { Colours } from '../../shared/streams.js';
import { formatTable } from '../../shared/table.js';

export interface ReportContext {
  /** How thresholds were chosen. */
  experiment: Pick<ResolvedExperiment, 'threshold' | 'deployedThreshold'>;
  /** What of the model is a pretrained network that has learnt nothing, as `backbone`. */
  untrained: readonly string[];
  /** Whether there are anomaly maps; without them there is nothing to say of pixels. */
  hasMaps: boolean;
  /** The HTML report; null where there is none. */
  page: string | null;
  /** Where the pictures are; null where there are none. */
  maps: string | null;
  colours: Colours;
  width: number;
}

type Row = [name: string, value: string, note: string];
const blank: Row = ['', '', ''];

const untrainedNote = (slot: string): string =>
  `The ${slot} has random weights, trained on nothing: this shows how adfw works, not how well.\n  Give it trained ones: --weights imagenet downloads them, --weights FILE reads them.`;

const intervalNote = ({ imageAurocInterval: interval }: RunReport['metrics']): string =>
  interval
    ? `${formatMeasure(interval.low)} to ${formatMeasure(interval.high)} with a confidence of 95 %`
    : '';

export function reportText(
  report: RunReport,
  { experiment, untrained, hasMaps, page, maps, colours, width }: ReportContext,
): string {
  const { bold, dim } = colours;
  const { dataset, metrics, timings, engine, outputDir } = report;
  const { testGood, testDefective } = dataset;
  const of = (mistakes: number | null, total: number) =>
    mistakes === null ? '-' : `${mistakes} of ${total}`;
  const mistakes = (falseBads: number | null, falseGoods: number | null): Row[] => [
    ['  False bads', of(falseBads, testGood), 'good images called defective'],
    ['  False goods', of(falseGoods, testDefective), 'defective images called good'],
  ];

  const ofPixels = (...rows: Row[]) => (hasMaps ? rows : []);
  const ranking: Row[] = [
    ['Image AUROC', formatMeasure(metrics.imageAuroc), intervalNote(metrics)],
    ...groupRows(metrics),
    ...ofPixels(
      ['Pixel AUROC', formatMeasure(metrics.pixelAuroc), ''],
      ['AUPRO', formatMeasure(metrics.aupro), 'per-region overlap, up to a false-positive rate of 0.3'],
      ...saturatedRows(metrics),
    ),
    ...syntheticRows(report),
  ];
  const benchmark: Row[] = [
    [
      'Benchmark threshold',
      metrics.threshold === null ? '-' : formatScore(metrics.threshold),
      `chosen on the test set (${experiment.threshold.type})`,
    ],
    ['  Image F1', formatMeasure(metrics.imageF1), ''],
    ...mistakes(metrics.falseBads, metrics.falseGoods),
    ...ofPixels(
      ['  Dice', formatMeasure(metrics.diceMean), 'mean of the defective images'],
      ['', formatMeasure(metrics.diceGlobal), 'all pixels together'],
    ),
  ];
  const deployed: Row[] = metrics.deployed
    ? [
        [
          'Deployed threshold',
          formatScore(metrics.deployed.threshold),
          `from ${origin(metrics.deployed, dataset.validation)} (${experiment.deployedThreshold.type})`,
        ],
        ...falseAlarms(metrics.deployed),
        ...mistakes(metrics.deployed.falseBads, metrics.deployed.falseGoods),
      ]
    : [['Deployed threshold', '-', 'none, since no nominal image was held out (--validation-fraction)']];
  const speed: Row[] = [
    ['Training', formatSeconds(timings.trainSeconds), `${formatRate(timings.trainImagesPerSecond)} images/s`],
    ...(timings.inferenceMsPerImage === null
      ? []
      : [['Scoring', `${formatRate(timings.inferenceMsPerImage)} ms`, 'an image'] as Row]),
    [
      'Total',
      formatSeconds(timings.totalSeconds),
      `${engine.name} ${engine.version}, ${engine.provider}, ${count(engine.threads, 'thread')}`,
    ],
  ];
  const title = `${report.method} on ${[dataset.name, dataset.category].filter(Boolean).join(' / ')}`;
  const trainedOn = [
    `${count(dataset.train, 'image')} to train on, ${dataset.validation} held out`,
    `${testGood} good and ${testDefective} defective to test with`,
    ...(dataset.unlabelled ? [`${dataset.unlabelled} without a label, scored and not counted`] : []),
    ...(dataset.skipped > 0 ? [`${dataset.skipped} left out`] : []),
    ...(dataset.leftOut?.count ? [`${count(dataset.leftOut.count, 'other file')} left out`] : []),
  ].join('; ');
  const table = formatTable(
    [...ranking, blank, ...benchmark, blank, ...deployed, blank, ...speed].map(([name, value, note]) => [
      name,
      bold(value),
      dim(note),
    ]),
    { align: ['left', 'right'], indent: '  ', width },
  );
  const notes = [...metrics.notes, ...untrained.map(untrainedNote)];
  const next: [string, string][] = [
    ...(page === null ? [] : [['Report', page] as [string, string]]),
    ...(maps === null ? [] : [['Pictures', maps] as [string, string]]),
    ['Results', outputDir],
    ['Next', shellCommand(['adfw', 'predict', outputDir, 'IMAGE'])],
  ];
  return [
    '',
    bold(title),
    dim(trainedOn),
    '',
    table,
    ...(notes.length > 0 ? ['', ...notes.map((note) => `  ${note}`)] : []),
    '',
    formatTable(next, { indent: '  ' }),
    '',
  ].join('\n');
}

/** Of a dataset that says from how many pixels on a defect is found. */
function saturatedRows({ saturatedOverlap }: RunReport['metrics']): Row[] {
  if (!saturatedOverlap) return [];
  const { spro05, kinds } = saturatedOverlap;
  const ofKinds = kinds.map(({ kind, spro05 }) => `${kind} ${formatMeasure(spro05)}`).join(', ');
  return [['AU-sPRO to 0.05', formatMeasure(spro05), `saturated per-region overlap: ${ofKinds}`]];
}

/** Of the groups of images that show one thing, where there are any. */
const groupRows = ({ wholeGroups }: RunReport['metrics']): Row[] =>
  wholeGroups
    ? [
        [
          'Group AUROC',
          formatMeasure(wholeGroups.auroc),
          `the highest score of each of ${wholeGroups.groups} groups, ${wholeGroups.defective} of them defective`,
        ],
      ]
    : [];

/** What can be said where there is no defective image; nothing of a run that did not say. */
function syntheticRows({ synthetic }: RunReport): Row[] {
  if (!synthetic) return [];
  const { images, imageAuroc, pixelAuroc } = synthetic;
  return [
    [
      'Synthetic defects',
      formatMeasure(imageAuroc),
      `image AUROC, drawn into ${count(images, 'held-out image')}`,
    ],
    ...(pixelAuroc === null ? [] : [['', formatMeasure(pixelAuroc), 'pixel AUROC'] as Row]),
  ];
}

/** With folds more images have a held-out score than the model holds out. */
const origin = ({ heldOut }: NonNullable<Evaluation['deployed']>, validation: number): string =>
  heldOut !== undefined && heldOut > validation
    ? `${count(heldOut, 'nominal image')}, each held out of a fit`
    : count(validation, 'held-out nominal image');

/** What the threshold is worth by its held-out images; nothing of a run that did not say. */
function falseAlarms({ falseAlarmBound, heldOutWanted }: NonNullable<Evaluation['deployed']>): Row[] {
  if (typeof falseAlarmBound !== 'number') return [];
  const wanted = heldOutWanted === undefined ? '' : `; as set it needs ${heldOutWanted} of them`;
  return [['  False alarms', formatBound(falseAlarmBound), `at most, of good images like these${wanted}`]];
}
