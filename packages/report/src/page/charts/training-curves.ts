/** The losses of a run's training as what a chart draws: for each stage points by epoch and learner. */
import type { EpochRecord } from '@adfw/core';
import type { RunDocument } from '../../report-document.js';

export interface LossPoint {
  readonly epoch: number;
  readonly kind: 'training' | 'held out';
  readonly learner: string;
  readonly loss: number;
}

export interface StageCurves {
  readonly stage: string;
  readonly epochs: number;
  /** In their order. */
  readonly learners: readonly string[];
  readonly points: readonly LossPoint[];
  /** The points of the epochs that were kept: on held-out images where there are such losses. */
  readonly kept: readonly LossPoint[];
  /** Why these: those of the lowest loss on held-out images, or the last although images were held out, or for want of them. */
  readonly keptFor: 'lowest' | 'last' | 'nothing held out';
}

/** Of each stage that trained, in their order. */
export function trainingCurves(
  history: readonly EpochRecord[],
  training: RunDocument['training'],
): StageCurves[] {
  const stages = [...new Set(history.map(({ stage }) => stage))];
  return stages.map((stage) => {
    const kept = training.find((each) => each.stage === stage)?.kept ?? {};
    return curvesOf(
      stage,
      history.filter((record) => record.stage === stage),
      kept,
    );
  });
}

function curvesOf(
  stage: string,
  records: readonly EpochRecord[],
  keptEpochs: RunDocument['training'][number]['kept'],
): StageCurves {
  const points = records.flatMap(({ epoch, loss, heldOutLoss }) => [
    ...pointsOf(epoch, 'training', loss),
    ...pointsOf(epoch, 'held out', heldOutLoss ?? {}),
  ]);
  const heldOut = points.filter(({ kind }) => kind === 'held out');
  const deciding = heldOut.length > 0 ? heldOut : points;
  const kept = deciding.filter(({ epoch, learner }) => keptEpochs[learner] === epoch);
  const isLowest = ({ learner, loss }: LossPoint) =>
    heldOut.every((other) => other.learner !== learner || other.loss >= loss);
  return {
    stage,
    epochs: records.length,
    learners: [...new Set(points.map(({ learner }) => learner))],
    points,
    kept,
    keptFor: heldOut.length === 0 ? 'nothing held out' : kept.every(isLowest) ? 'lowest' : 'last',
  };
}

const pointsOf = (
  epoch: number,
  kind: LossPoint['kind'],
  losses: Readonly<Record<string, number>>,
): LossPoint[] => Object.entries(losses).map(([learner, loss]) => ({ epoch, kind, learner, loss }));
