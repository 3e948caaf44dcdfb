/** The comparison of several runs. */
import { confusion } from '@adfw/core';
import type { ReportDocument, RunDocument } from '../report-document.js';
import { precisionRecallChart, rocChart } from './charts/curve-charts.js';
import { experimentText, metricsTable, noteList, unfolding } from './details.js';
import { kindChoice } from './kind-choice.js';
import { isWrong, outcomeOf } from './outcome.js';
import { drawPicture } from './pictures/draw-picture.js';
import { gallery } from './pictures/gallery.js';
import { pictureControls, pictureStyle } from './pictures/picture-controls.js';
import { viewer } from './pictures/viewer.js';
import { choice, element } from './shared/elements.js';
import { count, formatMeasure, formatScore, formatSeconds } from './shared/format.js';
import { colorOf } from './shared/palette.js';
import { datasetName, isTrained } from './verdict.js';

export function comparisonPage(report: ReportDocument): Node[] {
  const { runs, images } = report;
  const labels = images.map(({ label }) => label);
  const hasBothKinds = labels.includes(0) && labels.includes(1);
  const curves = {
    labels,
    runs: runs.map(({ name, scores, thresholds }, run) => ({
      name,
      scores,
      color: colorOf(run),
      thresholds: {
        ...(thresholds.deployed !== null && { deployed: thresholds.deployed }),
        ...(thresholds.benchmark !== null && { benchmark: thresholds.benchmark }),
      },
    })),
  };
  return [
    element(
      'header',
      { class: 'verdict' },
      element('h1', {}, `${runs.length} runs on ${datasetName(runs[0] as RunDocument)}`),
      element('p', {}, bestInWords(runs)),
      element('div', { class: 'wide' }, comparisonTable(runs, labels)),
      element(
        'p',
        { class: 'note' },
        'The best of each column is bold. False bads are good images called defective, false goods the other way round; the benchmark threshold is chosen on the test images, the deployed one without them.',
      ),
    ),
    ...(hasBothKinds
      ? [
          element(
            'section',
            { class: 'charts', 'aria-label': 'Charts' },
            rocChart(curves),
            precisionRecallChart(curves),
          ),
        ]
      : []),
    ...disagreements(report),
    element(
      'section',
      { class: 'details' },
      ...runs.map((run) =>
        unfolding(`${run.name}: measures and experiment`, metricsTable(run), experimentText(run.experiment)),
      ),
    ),
  ];
}

function bestInWords(runs: readonly RunDocument[]): string {
  const ranked = runs
    .flatMap(({ name, metrics }) =>
      metrics.imageAuroc === null ? [] : [{ name, auroc: metrics.imageAuroc }],
    )
    .sort((a, b) => b.auroc - a.auroc);
  const [first, second] = ranked;
  if (!first || !second)
    return 'Image AUROC needs good and defective test images, so the runs cannot be ranked by it.';
  if (first.auroc === second.auroc)
    return `${ranked.filter(({ auroc }) => auroc === first.auroc).length} runs share the best image AUROC, ${formatMeasure(first.auroc)}.`;
  return `${first.name} has the best image AUROC, ${formatMeasure(first.auroc)}; then ${second.name}, ${formatMeasure(second.auroc)}.`;
}

interface Column {
  readonly name: string;
  /** Of the anomaly maps: left out where no run has any. */
  readonly isOfPixels?: boolean;
  readonly value: (run: RunDocument) => number | null;
  readonly text: (value: number) => string;
  readonly best: 'highest' | 'lowest';
}

const measure = (name: string, value: Column['value']): Column => ({
  name,
  value,
  text: formatMeasure,
  best: 'highest',
});
const pixelMeasure = (name: string, value: Column['value']): Column => ({
  ...measure(name, value),
  isOfPixels: true,
});
type ThresholdKind = keyof RunDocument['thresholds'];

/** Of the images of a label, how many are called otherwise. */
const mistakes = (name: string, kind: ThresholdKind, labels: readonly (0 | 1)[], label: 0 | 1): Column => {
  const total = labels.filter((each) => each === label).length;
  return {
    name,
    value: ({ thresholds, scores }) => {
      const threshold = thresholds[kind];
      if (threshold === null) return null;
      const { falsePositives, falseNegatives } = confusion(scores, labels, threshold);
      return label === 0 ? falsePositives : falseNegatives;
    },
    text: (many) => `${many} of ${total}`,
    best: 'lowest',
  };
};

const columnsFor = (runs: readonly RunDocument[], labels: readonly (0 | 1)[]): readonly Column[] =>
  allColumns(runs, labels).filter(({ isOfPixels }) => !isOfPixels || runs.some(({ hasMaps }) => hasMaps));

const allColumns = (runs: readonly RunDocument[], labels: readonly (0 | 1)[]): readonly Column[] => [
  measure('Image AUROC', ({ metrics }) => metrics.imageAuroc),
  pixelMeasure('Pixel AUROC', ({ metrics }) => metrics.pixelAuroc),
  pixelMeasure('AUPRO', ({ metrics }) => metrics.aupro),
  pixelMeasure('Dice', ({ metrics }) => metrics.diceMean),
  measure('F1', ({ metrics }) => metrics.imageF1),
  measure('Synthetic defects, image AUROC', ({ synthetic }) => synthetic?.imageAuroc ?? null),
  pixelMeasure('Synthetic defects, pixel AUROC', ({ synthetic }) => synthetic?.pixelAuroc ?? null),
  mistakes('False bads, benchmark', 'benchmark', labels, 0),
  mistakes('False goods, benchmark', 'benchmark', labels, 1),
  mistakes('False bads, deployed', 'deployed', labels, 0),
  mistakes('False goods, deployed', 'deployed', labels, 1),
  {
    name: runs.every(isTrained) ? 'Training' : 'Fitting',
    value: ({ timings }) => timings.trainSeconds,
    text: formatSeconds,
    best: 'lowest',
  },
  {
    name: 'Scoring an image',
    value: ({ timings }) => timings.inferenceMsPerImage,
    text: (value) => `${value.toFixed(1)} ms`,
    best: 'lowest',
  },
];

function comparisonTable(runs: readonly RunDocument[], labels: readonly (0 | 1)[]): HTMLElement {
  const columns = columnsFor(runs, labels);
  const best = columns.map(({ value, best }) => {
    const values = runs.map(value).filter((each) => each !== null);
    if (new Set(values).size < 2) return null;
    return best === 'lowest' ? Math.min(...values) : Math.max(...values);
  });
  return element(
    'table',
    { class: 'comparison' },
    element(
      'thead',
      {},
      element(
        'tr',
        {},
        ...['Run', 'Method', ...columns.map(({ name }) => name)].map((name) =>
          element('th', { scope: 'col' }, name),
        ),
      ),
    ),
    element(
      'tbody',
      {},
      ...runs.map((run, index) =>
        element(
          'tr',
          {},
          element('th', { scope: 'row' }, runKey(index), run.name),
          element('td', {}, run.method),
          ...columns.map(({ value, text }, column) => {
            const own = value(run);
            if (own === null) return element('td', { class: 'number' }, '–');
            return element(
              'td',
              { class: 'number' },
              own === best[column] ? element('b', {}, text(own)) : text(own),
            );
          }),
        ),
      ),
    ),
  );
}

const runKey = (run: number): HTMLElement => {
  const key = element('span', { class: 'run-key' });
  key.style.background = colorOf(run);
  return key;
};

function disagreements({ runs, images, notes }: ReportDocument): HTMLElement[] {
  const style = pictureStyle();
  const hasDeployed = runs.filter(({ thresholds }) => thresholds.deployed !== null).length > 1;
  const chosen: { kind: ThresholdKind; defect: string | null; right: string } = {
    kind: hasDeployed ? 'deployed' : 'benchmark',
    defect: null,
    right: 'any',
  };
  const imageOf = (index: number) => images[index] as ReportDocument['images'][number];
  /** null for a run without such a threshold. */
  const called = (run: RunDocument, index: number): boolean | null => {
    const threshold = run.thresholds[chosen.kind];
    return threshold === null ? null : (run.scores[index] as number) >= threshold;
  };
  const isRight = (run: RunDocument, index: number): boolean | null => {
    const verdict = called(run, index);
    return verdict === null ? null : !isWrong(outcomeOf(imageOf(index).label, verdict));
  };
  const order = () =>
    [...images.keys()].filter((index) => {
      const verdicts = runs.map((run) => called(run, index));
      if (!verdicts.includes(true) || !verdicts.includes(false)) return false;
      if (chosen.defect !== null && imageOf(index).defect !== chosen.defect) return false;
      return chosen.right === 'any' || isRight(runs[Number(chosen.right)] as RunDocument, index) === true;
    });
  const verdictOf = (run: RunDocument, index: number): string => {
    const verdict = called(run, index);
    return verdict === null ? 'no threshold' : verdict ? 'defective' : 'good';
  };
  const markOf = (run: RunDocument, index: number): string => {
    const right = isRight(run, index);
    return right === null ? '' : right ? 'right' : 'wrong';
  };
  /** In the large view each of these has a panel; what the others found stands above. */
  const withMaps = [...runs.keys()].filter((run) => runs[run]?.levels);
  const withoutMaps = [...runs.keys()].filter((run) => !withMaps.includes(run));
  const foundBy = (at: number, index: number): string => {
    const run = runs[at] as RunDocument;
    const mark = markOf(run, index);
    return `${run.name}: ${verdictOf(run, index)}${mark && `, ${mark}`}, score ${formatScore(run.scores[index] as number)}`;
  };
  const content = (run: number, index: number) => ({
    run,
    levels: runs[run]?.levels ?? null,
    threshold: runs[run]?.thresholds[chosen.kind] ?? Number.POSITIVE_INFINITY,
    isCalledDefective: called(runs[run] as RunDocument, index) === true,
  });
  const plain = { heat: 0, showsPredicted: false, showsTrue: true };
  const kindOf = (index: number) =>
    imageOf(index).label === 1 ? `defective (${imageOf(index).defect})` : 'good';

  const pictures = gallery({
    images,
    order,
    caption: (index) => ({
      text: `${imageOf(index).id}, ${kindOf(index)}. ${runs.map((run) => `${run.name}: ${verdictOf(run, index)} ${markOf(run, index)}`).join('. ')}`,
      content: () => [
        element('span', { class: 'name' }, imageOf(index).id),
        ...runs.map((run, at) =>
          element(
            'span',
            { class: 'run-verdict' },
            runKey(at),
            element('span', { class: 'run-verdict-name' }, run.name),
            element('span', { class: `badge ${markOf(run, index)}` }, verdictOf(run, index)),
          ),
        ),
      ],
    }),
    draw: (index, picture, canvas, side) =>
      drawPicture(
        canvas,
        { ...content(0, index), picture },
        { ...plain, showsTrue: style.get().showsTrue },
        side,
      ),
    open: (index) => large.open(index),
  });
  const large = viewer({
    shown: () => pictures.shown(),
    heading: (index) => ({
      title: imageOf(index).id,
      content: [[kindOf(index), ...withoutMaps.map((run) => foundBy(run, index))].join('. ')],
    }),
    panels: (index) => withMaps.map((run) => foundBy(run, index)),
    drawImage: (picture, canvas, side) =>
      drawPicture(
        canvas,
        { ...content(0, 0), picture },
        { ...plain, showsTrue: withMaps.length === 0 && style.get().showsTrue },
        side,
      ),
    drawPanel: (index, panel, picture, canvas, side) =>
      drawPicture(canvas, { ...content(withMaps[panel] as number, index), picture }, style.get(), side),
    controls: pictureControls(style, { hasMaps: withMaps.length > 0 }),
    closed: (index) => pictures.focus(index),
  });
  const total = element('output', { class: 'shown' });
  const refresh = () => {
    pictures.refresh();
    total.textContent = `${count(pictures.shown().length, 'image')} of ${images.length.toLocaleString('en')}`;
    empty.hidden = pictures.shown().length > 0;
    large.refresh();
  };
  const empty = element('p', { class: 'empty' }, 'There is no such image.');
  const set = (changed: Partial<typeof chosen>) => {
    Object.assign(chosen, changed);
    refresh();
  };
  const kinds = choice(
    'Thresholds',
    [
      ['deployed', 'deployed'],
      ['benchmark', 'benchmark'],
    ],
    (kind) => set({ kind }),
  );
  kinds.select.value = chosen.kind;
  const section = element(
    'section',
    { class: 'gallery-section', 'aria-label': 'Gallery' },
    element('h2', {}, 'Images that the runs call differently'),
    noteList(notes),
    element(
      'div',
      { class: 'gallery-controls' },
      kinds,
      kindChoice(
        images.filter(({ disputed }) => disputed),
        (defect) => set({ defect }),
      ),
      choice(
        'Right by',
        [['any', 'any run'], ...runs.map(({ name }, run) => [String(run), name] as const)],
        (right) => set({ right }),
      ),
      total,
    ),
    pictures.element,
    empty,
  );
  style.follow(refresh);
  return [section, large.element];
}
