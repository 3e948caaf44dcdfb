/** Loss over epochs, of training and on the held-out images. */
import type { EpochRecord } from '@adfw/core';
import * as Plot from '@observablehq/plot';
import { chart } from './chart.js';

interface LossPoint {
  readonly epoch: number;
  readonly kind: 'training' | 'held out';
  readonly student: number;
  readonly loss: number;
  readonly isKept: boolean;
}

/** A logarithmic scale from this ratio of the highest and the lowest loss on. */
const WIDE_RANGE = 20;

/** null where there is no history. @param bestEpochs the epoch each student was kept from. */
export function trainingChart(
  history: readonly EpochRecord[],
  bestEpochs: readonly number[],
): HTMLElement | null {
  const points = lossPoints(history, bestEpochs);
  if (points.length === 0) return null;
  const losses = points.map(({ loss }) => loss);
  const [lowest, highest] = [Math.min(...losses), Math.max(...losses)];
  const heldOut = points.some(({ kind }) => kind === 'held out');
  const kept = points.filter(({ isKept, kind }) => isKept && (kind === 'held out' || !heldOut));
  const students = new Set(points.map(({ student }) => student)).size;
  const below = [
    students > 1 ? 'A line for each student.' : '',
    heldOut
      ? `The circle is the epoch that was kept, with the lowest error on held-out images.`
      : 'No image was held out: the last epoch was kept.',
  ].join(' ');
  return chart(
    'Training',
    (width) =>
      Plot.plot({
        width,
        height: Math.min(width, 340),
        marginTop: 30,
        marginBottom: 42,
        marginLeft: 50,
        x: {
          label: 'Epoch →',
          ticks: Math.min(10, history.length),
          tickFormat: (epoch: number) => (Number.isInteger(epoch) ? String(epoch) : ''),
        },
        y: {
          label: '↑ Loss',
          grid: true,
          ...(lowest > 0 && highest > WIDE_RANGE * lowest ? { type: 'log' } : { zero: true }),
        },
        color: {
          domain: ['training', 'held out'],
          range: ['var(--training)', 'var(--held-out)'],
          legend: heldOut,
        },
        ariaLabel: 'Loss of each epoch',
        marks: [
          Plot.line(points, {
            x: 'epoch',
            y: 'loss',
            z: ({ kind, student }: LossPoint) => `${kind} ${student}`,
            stroke: 'kind',
            strokeWidth: 2,
            ...(history.length < 20 && { marker: 'dot' }),
          }),
          Plot.dot(kept, { x: 'epoch', y: 'loss', r: 6, stroke: 'kind', strokeWidth: 2 }),
          Plot.tip(
            points,
            Plot.pointerX({
              x: 'epoch',
              y: 'loss',
              channels: { loss: 'loss', of: 'kind' },
              format: { x: true, y: false },
              fill: 'var(--panel)',
            }),
          ),
        ],
      }) as SVGSVGElement | HTMLElement,
    below.trim(),
  );
}

function lossPoints(history: readonly EpochRecord[], bestEpochs: readonly number[]): LossPoint[] {
  return history.flatMap(({ epoch, loss, validationLoss }) => {
    const pointsOf = (kind: LossPoint['kind'], losses: readonly number[]) =>
      losses.map((value, student) => ({
        epoch,
        kind,
        student,
        loss: value,
        isKept: bestEpochs[student] === epoch,
      }));
    return [...pointsOf('training', loss), ...pointsOf('held out', validationLoss ?? [])];
  });
}
