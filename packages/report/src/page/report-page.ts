/** The report of one run. */
import type { ReportDocument, RunDocument } from '../report-document.js';
import { precisionRecallChart, rocChart } from './charts/curve-charts.js';
import { scoreHistogram } from './charts/score-histogram.js';
import { trainingCharts } from './charts/training-chart.js';
import { experimentText, metricsTable, noteList, unfolding } from './details.js';
import { kindChoice } from './kind-choice.js';
import { type OutcomeFilter, outcomeFilters, outcomeOf, outcomes, passes } from './outcome.js';
import { drawPicture } from './pictures/draw-picture.js';
import { gallery } from './pictures/gallery.js';
import { pictureControls, pictureStyle } from './pictures/picture-controls.js';
import { viewer } from './pictures/viewer.js';
import { choice, element } from './shared/elements.js';
import { count, formatMeasure, formatScore } from './shared/format.js';
import { createValue, type Value } from './shared/value.js';
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
    ...gallerySection(report, run, threshold),
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

const sorts = [
  ['scoreDown', 'highest score first'],
  ['scoreUp', 'lowest score first'],
  ['nearest', 'nearest to the threshold first'],
  ['name', 'by name'],
] as const;
type Sort = (typeof sorts)[number][0];

function gallerySection(
  { images, notes }: ReportDocument,
  run: RunDocument,
  threshold: Value<number>,
): HTMLElement[] {
  const { scores, levels } = run;
  const hasMaps = levels !== null;
  const style = pictureStyle();
  const chosen: { sort: Sort; defect: string | null; outcome: OutcomeFilter } = {
    sort: 'scoreDown',
    defect: null,
    outcome: 'all',
  };
  const scoreOf = (index: number) => scores[index] as number;
  const imageOf = (index: number) => images[index] as ReportDocument['images'][number];
  const isCalledDefective = (index: number) => scoreOf(index) >= threshold.get();
  const outcome = (index: number) => outcomeOf(imageOf(index).label, isCalledDefective(index));

  const compare: Record<Sort, (a: number, b: number) => number> = {
    scoreDown: (a, b) => scoreOf(b) - scoreOf(a) || a - b,
    scoreUp: (a, b) => scoreOf(a) - scoreOf(b) || a - b,
    nearest: (a, b) =>
      Math.abs(scoreOf(a) - threshold.get()) - Math.abs(scoreOf(b) - threshold.get()) || a - b,
    name: (a, b) => a - b,
  };
  const order = () => {
    return [...images.keys()]
      .filter((index) => chosen.defect === null || imageOf(index).defect === chosen.defect)
      .filter((index) => passes(chosen.outcome, outcome(index)))
      .sort(compare[chosen.sort]);
  };

  const badge = (index: number) =>
    element('span', { class: `badge ${outcome(index)}` }, outcomes[outcome(index)]);
  const content = (index: number) => ({
    picture: null,
    run: 0,
    levels,
    threshold: threshold.get(),
    isCalledDefective: isCalledDefective(index),
  });
  const pictures = gallery({
    images,
    order,
    caption: (index) => {
      const { id, defect, label } = imageOf(index);
      const kind = label === 1 ? `defective (${defect})` : 'good';
      const called = isCalledDefective(index) ? 'defective' : 'good';
      return {
        text: `${id}, ${kind}, score ${formatScore(scoreOf(index))}, called ${called}: ${outcomes[outcome(index)]}`,
        content: () => [
          badge(index),
          element('span', { class: 'score' }, formatScore(scoreOf(index))),
          element('span', { class: 'name' }, id),
        ],
      };
    },
    draw: (index, picture, canvas, side) =>
      drawPicture(canvas, { ...content(index), picture }, style.get(), side),
    open: (index) => large.open(index),
  });
  const large = viewer({
    shown: () => pictures.shown(),
    heading: (index) => ({
      title: imageOf(index).id,
      content: [
        badge(index),
        ` ${imageOf(index).label === 1 ? `defective: ${imageOf(index).defect}` : 'good'}, score ${formatScore(scoreOf(index))}, threshold ${formatScore(threshold.get())}`,
      ],
    }),
    panels: () => (hasMaps ? ['heat map and outlines'] : []),
    drawImage: (picture, canvas, side) =>
      drawPicture(
        canvas,
        { picture, run: 0, levels: null, threshold: 0, isCalledDefective: false },
        { heat: 0, showsPredicted: false, showsTrue: !hasMaps && style.get().showsTrue },
        side,
      ),
    drawPanel: (index, _run, picture, canvas, side) =>
      drawPicture(canvas, { ...content(index), picture }, style.get(), side),
    controls: pictureControls(style, { hasMaps }),
    closed: (index) => pictures.focus(index),
  });

  const total = element('output', { class: 'shown' });
  const refresh = () => {
    pictures.refresh();
    const shown = pictures.shown().length;
    total.textContent =
      shown === images.length
        ? count(shown, 'image')
        : `${shown.toLocaleString('en')} of ${count(images.length, 'image')}`;
    empty.hidden = shown > 0;
    large.refresh();
  };
  const empty = element('p', { class: 'empty' }, 'No image is like that at this threshold.');
  const set = (changed: Partial<typeof chosen>) => {
    Object.assign(chosen, changed);
    refresh();
  };
  const section = element(
    'section',
    { class: 'gallery-section', 'aria-label': 'Gallery' },
    element('h2', {}, 'Test images'),
    noteList(notes),
    element(
      'div',
      { class: 'gallery-controls' },
      choice('Sort', sorts, (sort) => set({ sort })),
      kindChoice(images, (defect) => set({ defect })),
      choice('Verdict', outcomeFilters, (outcome) => set({ outcome })),
      ...pictureControls(style, { hasMaps }),
      total,
    ),
    pictures.element,
    empty,
    element(
      'p',
      { class: 'printed-part' },
      'Of many images only the first ones are printed; sort and filter them to print others.',
    ),
  );
  threshold.follow(refresh);
  style.follow(refresh);
  return [section, large.element];
}

const detailsSection = (run: RunDocument): HTMLElement =>
  element(
    'section',
    { class: 'details' },
    unfolding('All measures', metricsTable(run)),
    unfolding('The experiment', experimentText(run.experiment)),
  );
