/** The report of one run. */
import type { ReportDocument, RunDocument } from '../report-document.js';
import { precisionRecallChart, rocChart } from './charts/curve-charts.js';
import { scoreHistogram } from './charts/score-histogram.js';
import { trainingCharts } from './charts/training-chart.js';
import { experimentText, kindsTable, metricsTable, noteList, partsTable, unfolding } from './details.js';
import { element } from './shared/elements.js';
import { formatMeasure, formatScore } from './shared/format.js';
import { createValue } from './shared/value.js';
import { testImages } from './test-images.js';
import { thresholdPanel } from './threshold/threshold-panel.js';
import { thresholdSteps } from './threshold/threshold-steps.js';
import { aurocMeaning, costs, verdict } from './verdict.js';

export function reportPage(report: ReportDocument): Node[] {
  const run = report.runs[0] as RunDocument;
  const { images } = report;
  const head = verdictSection(report, run);
  const training = trainingCharts(run);
  const rest = detailsSection(run);
  if (images.length === 0) return [head, element('section', { class: 'charts' }, ...training), rest];

  const labels = images.map(({ label }) => label);
  const steps = thresholdSteps(run.scores);
  const { deployed, benchmark } = run.thresholds;
  const threshold = createValue(deployed ?? benchmark ?? (steps.steps.at(-1) as number));
  const presets = {
    ...(deployed !== null && { deployed }),
    ...(benchmark !== null && { benchmark }),
  };
  const hasBothKinds = labels.includes(0) && labels.includes(1);
  const curves = {
    labels,
    runs: [{ name: run.name, scores: run.scores, color: 'var(--accent)', thresholds: presets }],
    threshold,
  };
  const charts = [
    scoreHistogram({
      scores: run.scores,
      labels,
      heldOutScores: run.heldOutScores,
      steps,
      threshold,
      describe: (value) => `${formatScore(value)}: ${costs(run.scores, labels, value)}`,
    }),
    ...(hasBothKinds ? [rocChart(curves), precisionRecallChart(curves)] : []),
    ...training,
  ];
  return [
    head,
    thresholdPanel({ scores: run.scores, labels, steps, threshold, presets }),
    element('section', { class: 'charts', 'aria-label': 'Charts' }, ...charts),
    ...testImages(report, run, threshold),
    rest,
  ];
}

function verdictSection(report: ReportDocument, run: RunDocument): HTMLElement {
  const { metrics } = run;
  const { title, summary, thresholds } = verdict(report);
  return element(
    'header',
    { class: 'verdict' },
    element('p', { class: 'run-name' }, `adfw report of ${run.name}`),
    element('h1', {}, title),
    element('p', {}, summary),
    element(
      'div',
      { class: 'tiles' },
      tile('Image AUROC', metrics.imageAuroc, aurocMeaning(metrics.imageAuroc)),
      ...(run.hasMaps ? pixelTiles(metrics) : imageTiles(metrics)),
    ),
    ...thresholds.map(({ name, text }) => element('p', { class: `cost ${name}` }, text)),
    noteList(metrics.notes),
  );
}

const tile = (name: string, value: number | null, note: string): HTMLElement =>
  element(
    'div',
    { class: 'tile' },
    element('span', {}, name),
    element('b', {}, formatMeasure(value)),
    element('small', {}, note),
  );

const pixelTiles = ({ pixelAuroc, aupro, diceMean }: RunDocument['metrics']): HTMLElement[] => [
  tile(
    'Pixel AUROC',
    pixelAuroc,
    pixelAuroc === null
      ? 'needs masks of the defects'
      : 'the same for pixels: are defects seen where they are?',
  ),
  tile('AUPRO', aupro, 'as pixel AUROC, but small defects count as much as large ones'),
  tile(
    'Dice',
    diceMean,
    'overlap of the predicted and the true defect at the benchmark threshold, mean of the defective images',
  ),
];

/** In place of those of pixels, for a model that does not say where. */
const imageTiles = ({ imageF1, precision, recall }: RunDocument['metrics']): HTMLElement[] => [
  tile('F1', imageF1, 'of the images at the benchmark threshold'),
  tile('Precision', precision, 'share of the images called defective there that are'),
  tile('Recall', recall, 'share of the defective images that are found there'),
];

/** Parts of the test images, measured each by itself. */
function partSections(run: RunDocument): HTMLElement[] {
  const { groups, views }: Partial<RunDocument['metrics']> = run.metrics;
  const tables = {
    'Kinds of defects': kindsTable(run),
    Views: partsTable(run, 'View', views),
    Groups: partsTable(run, 'Group', groups),
  };
  return Object.entries(tables).flatMap(([title, table]) => (table ? [unfolding(title, table)] : []));
}

const detailsSection = (run: RunDocument): HTMLElement =>
  element(
    'section',
    { class: 'details' },
    unfolding('All measures', metricsTable(run)),
    ...partSections(run),
    unfolding('The experiment', experimentText(run.experiment)),
  );
