/** The histogram of image scores, nominal and defective apart, with the threshold as a line that can be dragged. */
import * as Plot from '@observablehq/plot';
import { setAttributes, svgElement } from '../shared/elements.js';
import { formatPercent, formatScore } from '../shared/format.js';
import type { Value } from '../shared/value.js';
import { type ThresholdSteps, thresholdAfterKey, thresholdAt } from '../threshold/threshold-steps.js';
import { chart, type DrawnChart } from './chart.js';

export interface ScoreHistogram {
  readonly scores: readonly number[];
  readonly labels: readonly (0 | 1)[];
  /** Of the nominal images held out of training; drawn as dots. */
  readonly heldOutScores: readonly number[];
  readonly steps: ThresholdSteps;
  readonly threshold: Value<number>;
  /** Says what the threshold does, for those who do not see it. */
  readonly describe: (threshold: number) => string;
}

const BINS = 40;
const HEIGHT = 330;
/** For the axis' label, and below it the line's grip. */
const MARGIN_TOP = 52;
const MARGIN_BOTTOM = 42;
const KINDS = ['good', 'defective'] as const;

export function scoreHistogram(options: ScoreHistogram): HTMLElement {
  const { threshold, heldOutScores } = options;
  let move = (_threshold: number) => {};
  const draw = (width: number): DrawnChart => {
    const plot = histogram(options, width);
    const line = thresholdLine(plot, options);
    plot.append(line.element);
    move = line.move;
    move(threshold.get());
    return plot;
  };
  const ticks =
    heldOutScores.length > 0
      ? ' The dots are the good images that were held out, which set the deployed threshold.'
      : '';
  const figure = chart(
    'Scores of the test images',
    draw,
    `Drag the line, or move it with the arrow keys.${ticks}`,
  );
  threshold.follow((value) => move(value));
  return figure;
}

interface Bin {
  readonly kind: (typeof KINDS)[number];
  readonly from: number;
  readonly to: number;
  readonly images: number;
  /** Of the images of the kind, 0 to 1. */
  readonly share: number;
}

/** Equally wide on the scale; a score on an edge belongs above it. */
function binned({ scores, labels, steps }: ScoreHistogram): Bin[] {
  const edges = Array.from({ length: BINS + 1 }, (_, edge) => thresholdAt(steps, edge / BINS));
  return KINDS.flatMap((kind, label) => {
    const own = scores.filter((_, image) => labels[image] === label);
    return edges.slice(1).map((to, bin) => {
      const from = edges[bin] as number;
      const images = own.filter((score) => score >= from && (score < to || bin === BINS - 1)).length;
      return { kind, from, to, images, share: own.length === 0 ? 0 : images / own.length };
    });
  });
}

function histogram(options: ScoreHistogram, width: number) {
  const { steps, heldOutScores } = options;
  const bins = binned(options).filter(({ images }) => images > 0);
  const kinds = KINDS.filter((kind) => bins.some((bin) => bin.kind === kind));
  const withinDomain = heldOutScores.filter((score) => score >= steps.domain[0] && score <= steps.domain[1]);
  return Plot.plot({
    width,
    height: HEIGHT,
    marginTop: MARGIN_TOP,
    marginBottom: MARGIN_BOTTOM,
    marginLeft: 50,
    marginRight: 70,
    x: {
      label: 'Score →',
      domain: [...steps.domain],
      ...(steps.isLogarithmic && { type: 'log', tickFormat: '~g' }),
    },
    y: { label: '↑ % of the images', grid: true, percent: true },
    fy: { domain: kinds, label: null, padding: 0.15 },
    color: { domain: [...KINDS], range: ['var(--nominal)', 'var(--defective)'] },
    ariaLabel: 'Histogram of the scores of good and of defective test images',
    marks: [
      Plot.ruleY([0]),
      Plot.rectY(bins, {
        fy: 'kind',
        x1: 'from',
        x2: 'to',
        y: 'share',
        fill: 'kind',
        insetLeft: 0.5,
        insetRight: 0.5,
        title: titleOf,
      }),
      ...(kinds.includes('good')
        ? [
            Plot.dot(withinDomain, {
              fy: () => 'good',
              x: (score: number) => score,
              y: 0,
              dy: 6,
              r: 3,
              fill: 'var(--held-out)',
              fillOpacity: 0.7,
            }),
          ]
        : []),
    ],
  }) as unknown as SVGSVGElement & Plot.Plot;
}

const titleOf = ({ kind, from, to, images, share }: Bin): string =>
  `${images} ${kind} (${formatPercent(share)})\nfrom ${formatScore(from)} to ${formatScore(to)}`;

function thresholdLine(plot: SVGSVGElement & Plot.Plot, { steps, threshold, describe }: ScoreHistogram) {
  const x = plot.scale('x') as Required<Plot.Scale>;
  const [left, right] = steps.domain.map((score) => x.apply(score)) as [number, number];
  const [top, bottom] = [MARGIN_TOP - 14, HEIGHT - MARGIN_BOTTOM];
  const line = svgElement('line', { class: 'threshold-line', y1: top, y2: bottom });
  const grip = svgElement('rect', { class: 'threshold-grip', y: top - 14, width: 14, height: 18, rx: 4 });
  const area = svgElement('rect', {
    class: 'threshold-area',
    y: top - 14,
    width: 32,
    height: bottom - top + 14,
  });
  const slider = svgElement(
    'g',
    {
      class: 'threshold-slider',
      role: 'slider',
      tabindex: 0,
      'aria-label': 'Threshold',
      'aria-valuemin': steps.domain[0],
      'aria-valuemax': steps.domain[1],
    },
    area,
    line,
    grip,
  );
  const thresholdUnder = (event: PointerEvent): number => {
    const box = plot.getBoundingClientRect();
    const at = ((event.clientX - box.left) * plot.viewBox.baseVal.width) / box.width;
    return x.invert(Math.min(right, Math.max(left, at))) as number;
  };
  slider.addEventListener('pointerdown', (event) => {
    slider.setPointerCapture(event.pointerId);
    slider.focus();
    event.preventDefault();
  });
  slider.addEventListener('pointermove', (event) => {
    if (slider.hasPointerCapture(event.pointerId)) threshold.set(thresholdUnder(event));
  });
  slider.addEventListener('keydown', (event) => {
    const next = thresholdAfterKey(steps, threshold.get(), event.key);
    if (next === null) return;
    event.preventDefault();
    threshold.set(next);
  });
  // A click anywhere on the plot brings the line there.
  plot.addEventListener('click', (event) => {
    if (!slider.contains(event.target as Node)) threshold.set(thresholdUnder(event as PointerEvent));
  });
  const move = (value: number) => {
    const [low, high] = steps.domain;
    const at = x.apply(Math.min(high, Math.max(low, value)));
    setAttributes(line, { x1: at, x2: at });
    grip.setAttribute('x', String(at - 7));
    area.setAttribute('x', String(at - 16));
    setAttributes(slider, { 'aria-valuenow': value, 'aria-valuetext': describe(value) });
  };
  return { element: slider, move };
}
