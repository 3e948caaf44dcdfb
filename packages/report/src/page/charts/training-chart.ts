/** Loss over epochs, of training and on the held-out images: a chart for each stage that trained, a line for each learner. */
import * as Plot from '@observablehq/plot';
import type { RunDocument } from '../../report-document.js';
import { colorOf } from '../shared/palette.js';
import { chart } from './chart.js';
import { type LossPoint, type StageCurves, trainingCurves } from './training-curves.js';

/** A logarithmic scale from this ratio of the highest and the lowest loss on. */
const WIDE_RANGE = 20;

/** None for a run that was not trained. */
export function trainingCharts({
  history,
  training,
}: Pick<RunDocument, 'history' | 'training'>): HTMLElement[] {
  const stages = trainingCurves(history, training);
  return stages.map((curves) =>
    chart(
      stages.length === 1 ? 'Training' : `Training: ${curves.stage}`,
      (width) => lossPlot(curves, width),
      caption(curves),
    ),
  );
}

function caption({ learners, keptFor }: StageCurves): string {
  const one = learners.length === 1;
  const circles = one ? 'The circle is the epoch that was kept' : 'The circles are the epochs that were kept';
  const lines =
    one || keptFor === 'nothing held out' ? '' : 'Dashed is the training, solid the held-out images. ';
  switch (keptFor) {
    case 'lowest':
      return `${lines}${circles}, with the lowest loss on held-out images.`;
    case 'last':
      return `${lines}${circles}: the last.`;
    case 'nothing held out':
      return 'No image was held out: the last epoch was kept.';
  }
}

/** A single learner's lines have a colour for what they are of; those of several a colour for each learner. */
function lossPlot({ epochs, learners, points, kept, keptFor }: StageCurves, width: number) {
  const losses = points.map(({ loss }) => loss);
  const [lowest, highest] = [Math.min(...losses), Math.max(...losses)];
  const hasHeldOut = keptFor !== 'nothing held out';
  const several = learners.length > 1;
  const dashed = (kind: LossPoint['kind']) => several && hasHeldOut && kind === 'training';
  const lines = (kind: LossPoint['kind']) =>
    Plot.line(
      points.filter((point) => point.kind === kind),
      {
        x: 'epoch',
        y: 'loss',
        z: 'learner',
        stroke: several ? 'learner' : 'kind',
        strokeWidth: 2,
        ...(dashed(kind) && { strokeDasharray: '4 4', strokeOpacity: 0.8 }),
        ...(epochs < 20 && !dashed(kind) && { marker: 'dot' }),
      },
    );
  return Plot.plot({
    width,
    height: Math.min(width, 340),
    marginTop: 30,
    marginBottom: 42,
    marginLeft: 50,
    x: {
      label: 'Epoch →',
      ticks: Math.min(10, epochs),
      tickFormat: (epoch: number) => (Number.isInteger(epoch) ? String(epoch) : ''),
    },
    y: {
      label: '↑ Loss',
      grid: true,
      ...(lowest > 0 && highest > WIDE_RANGE * lowest ? { type: 'log' } : { zero: true }),
    },
    color: several
      ? {
          domain: learners,
          range: learners.map((_, learner) => colorOf(learner)),
          legend: true,
        }
      : {
          domain: ['training', 'held out'],
          range: ['var(--training)', 'var(--held-out)'],
          legend: hasHeldOut,
        },
    ariaLabel: 'Loss of each epoch',
    marks: [
      lines('training'),
      lines('held out'),
      Plot.dot(kept, {
        x: 'epoch',
        y: 'loss',
        r: 6,
        stroke: several ? 'learner' : 'kind',
        strokeWidth: 2,
      }),
      Plot.tip(
        points,
        Plot.pointerX({
          x: 'epoch',
          y: 'loss',
          channels: { loss: 'loss', of: 'kind', ...(several && { learner: 'learner' }) },
          format: { x: true, y: false },
          fill: 'var(--panel)',
        }),
      ),
    ],
  }) as SVGSVGElement | HTMLElement;
}
