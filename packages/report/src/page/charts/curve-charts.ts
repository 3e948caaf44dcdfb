/** The ROC and the precision-recall curve, of one run with the threshold's point on it, or of several. */
import { confusion, precisionRecallCurve, rocCurve } from '@adfw/core';
import * as Plot from '@observablehq/plot';
import { svgElement } from '../shared/elements.js';
import { formatMeasure, formatScore } from '../shared/format.js';
import type { Value } from '../shared/value.js';
import { chart, type DrawnChart } from './chart.js';

export interface Curves {
  readonly labels: readonly (0 | 1)[];
  readonly runs: readonly {
    readonly name: string;
    readonly scores: readonly number[];
    readonly color: string;
    /** Points on the curve, by what they are called. */
    readonly thresholds: Readonly<Record<string, number>>;
  }[];
  /** Of one run: its point moves on the curve. */
  readonly threshold?: Value<number>;
}

interface Point {
  readonly run: string;
  readonly color: string;
  readonly threshold: number;
  readonly x: number;
  readonly y: number;
  readonly name?: string;
}

interface Axes {
  readonly title: string;
  readonly x: string;
  readonly y: string;
  readonly below: string;
  readonly curve: (scores: readonly number[], labels: readonly (0 | 1)[]) => Omit<Point, 'run' | 'color'>[];
  readonly point: (
    scores: readonly number[],
    labels: readonly (0 | 1)[],
    threshold: number,
  ) => [number, number];
  /** What a worthless score gives. */
  readonly chance: (labels: readonly (0 | 1)[]) => { x: number; y: number }[];
}

const rateAt = (scores: readonly number[], labels: readonly (0 | 1)[], threshold: number) => {
  const counts = confusion(scores, labels, threshold);
  const nominal = counts.falsePositives + counts.trueNegatives;
  return { ...counts, falsePositiveRate: nominal === 0 ? 0 : counts.falsePositives / nominal };
};

const roc: Axes = {
  title: 'ROC curve',
  x: 'False-positive rate →',
  y: '↑ True-positive rate',
  below: 'How many of the defective images are found, over how many of the good ones are called defective.',
  curve: (scores, labels) => {
    const { thresholds, falsePositiveRates, truePositiveRates } = rocCurve(scores, labels);
    return thresholds.map((threshold, i) => ({
      threshold,
      x: falsePositiveRates[i] as number,
      y: truePositiveRates[i] as number,
    }));
  },
  point: (scores, labels, threshold) => {
    const { falsePositiveRate, recall } = rateAt(scores, labels, threshold);
    return [falsePositiveRate, recall];
  },
  chance: () => [
    { x: 0, y: 0 },
    { x: 1, y: 1 },
  ],
};

const precisionRecall: Axes = {
  title: 'Precision-recall curve',
  x: 'Recall →',
  y: '↑ Precision',
  below: 'How many of the images called defective are, over how many of the defective ones are found.',
  curve: (scores, labels) => {
    const { thresholds, precisions, recalls } = precisionRecallCurve(scores, labels);
    return thresholds.map((threshold, i) => ({
      threshold,
      x: recalls[i] as number,
      y: precisions[i] as number,
    }));
  },
  point: (scores, labels, threshold) => {
    const { precision, recall, truePositives, falsePositives } = confusion(scores, labels, threshold);
    return [recall, truePositives + falsePositives === 0 ? 1 : precision];
  },
  chance: (labels) => {
    const share = labels.filter((label) => label === 1).length / labels.length;
    return [
      { x: 0, y: share },
      { x: 1, y: share },
    ];
  },
};

export const rocChart = (curves: Curves): HTMLElement => curveChart(roc, curves);
export const precisionRecallChart = (curves: Curves): HTMLElement => curveChart(precisionRecall, curves);

function curveChart(axes: Axes, { labels, runs, threshold }: Curves): HTMLElement {
  const lines: Point[] = runs.flatMap(({ name, color, scores }) =>
    axes.curve(scores, labels).map((point) => ({ ...point, run: name, color })),
  );
  const marked: Point[] = runs.flatMap(({ name: run, color, scores, thresholds }) =>
    Object.entries(thresholds).map(([name, at]) => {
      const [x, y] = axes.point(scores, labels, at);
      return { run, color, name, threshold: at, x, y };
    }),
  );
  let move = (_threshold: number) => {};
  const draw = (width: number): DrawnChart => {
    const plot = Plot.plot({
      width,
      height: Math.min(width, 340),
      marginTop: 30,
      marginBottom: 42,
      marginLeft: 44,
      x: { domain: [0, 1], label: axes.x, grid: true },
      y: { domain: [0, 1], label: axes.y, grid: true },
      ariaLabel: axes.title,
      marks: [
        Plot.line(axes.chance(labels), {
          x: 'x',
          y: 'y',
          stroke: 'currentColor',
          strokeOpacity: 0.4,
          strokeDasharray: '4 4',
        }),
        Plot.line(lines, { x: 'x', y: 'y', z: 'run', stroke: 'color', strokeWidth: 2 }),
        Plot.dot(marked, {
          x: 'x',
          y: 'y',
          stroke: 'color',
          fill: 'var(--background)',
          strokeWidth: 2,
          r: 4,
        }),
        Plot.tip(
          [...lines, ...marked],
          Plot.pointer({
            x: 'x',
            y: 'y',
            title: (point: Point) => tipOf(point, axes, runs.length > 1),
            fill: 'var(--panel)',
          }),
        ),
      ],
    });
    if (threshold) {
      const [x, y] = [plot.scale('x'), plot.scale('y')];
      const scores = runs[0]?.scores ?? [];
      const current = svgElement('circle', { r: 6, class: 'current-point' });
      plot.append(current);
      move = (value) => {
        const [atX, atY] = axes.point(scores, labels, value);
        current.setAttribute('cx', String(x?.apply(atX)));
        current.setAttribute('cy', String(y?.apply(atY)));
      };
      move(threshold.get());
    }
    return plot;
  };
  const figure = chart(axes.title, draw, axes.below);
  threshold?.follow((value) => move(value));
  return figure;
}

function tipOf({ run, name, threshold, x, y }: Point, axes: Axes, withRun: boolean): string {
  const bare = (label: string) => label.replace(/[↑→]/g, '').trim();
  const at = Number.isFinite(threshold) ? `Threshold ${formatScore(threshold)}` : 'Nothing called defective';
  return [
    ...(withRun ? [run] : []),
    name === undefined ? at : `${at} (${name})`,
    `${bare(axes.y)} ${formatMeasure(y)}`,
    `${bare(axes.x)} ${formatMeasure(x)}`,
  ].join('\n');
}
