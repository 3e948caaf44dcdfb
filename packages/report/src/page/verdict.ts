/** The verdict on a run in plain words. */
import { confusion, falseAlarmBound } from '@adfw/core';
import type { ReportDocument, RunDocument } from '../report-document.js';
import { count, formatBound, formatPercent, formatScore, formatSeconds } from './shared/format.js';

export interface Verdict {
  readonly title: string;
  /** What was run, on what. */
  readonly summary: string;
  /** What each threshold costs. */
  readonly thresholds: readonly { readonly name: 'deployed' | 'benchmark'; readonly text: string }[];
}

export const datasetName = ({ dataset }: Pick<RunDocument, 'dataset'>): string =>
  [dataset.name, dataset.category].filter(Boolean).join(' / ');

export function verdict({ runs, images }: Pick<ReportDocument, 'runs' | 'images'>): Verdict {
  const run = runs[0] as RunDocument;
  const { dataset } = run;
  const labels = images.map(({ label }) => label);
  return {
    title: `${run.method} on ${datasetName(run)}`,
    summary: [
      fitting(run),
      `Tested on ${count(dataset.testGood, 'good image')} and ${count(dataset.testDefective, 'defective one')}.`,
      ...(dataset.unlabelled
        ? [`${count(dataset.unlabelled, 'image')} without a label: scored, and counted nowhere.`]
        : []),
      ...(dataset.skipped > 0
        ? [`${count(dataset.skipped, 'file')} could not be read and was left out.`]
        : []),
      ...(dataset.leftOut?.count
        ? [
            `${count(dataset.leftOut.count, 'file')} in the folders ${dataset.leftOut.count === 1 ? 'is no image' : 'are no images'}.`,
          ]
        : []),
    ].join(' '),
    thresholds: [deployed(run, labels), benchmark(run, labels)],
  };
}

/** Whether its model learns by epochs; others gather what they need. */
export const isTrained = ({ training }: Pick<RunDocument, 'training'>): boolean => training.length > 0;

function fitting(run: RunDocument): string {
  const { dataset, history, timings, engine, experiment } = run;
  const images = `${count(dataset.train, 'good image')}, ${dataset.validation > 0 ? `${dataset.validation} more` : 'none'} held out`;
  const how = `(${formatSeconds(timings.trainSeconds)}, ${engine.name} on ${engine.provider})`;
  if (!isTrained(run)) {
    const { type } = (experiment as { model?: { type?: string } }).model ?? {};
    return `Fitted to ${images} ${how}. Its model${type ? `, ${type},` : ''} is not trained: it takes what it needs from these images.`;
  }
  const stages = [...new Set(history.map(({ stage }) => stage))];
  const epochs = stages.map((name) => {
    const many = count(history.filter(({ stage }) => stage === name).length, 'epoch');
    return stages.length === 1 ? many : `${many} of ${name}`;
  });
  // The log of the training may be gone.
  return `Trained on ${images}${epochs.length > 0 ? `, for ${epochs.join(' and ')}` : ''} ${how}.`;
}

function deployed(run: RunDocument, labels: readonly (0 | 1)[]): Verdict['thresholds'][number] {
  const { thresholds, heldOutScores, metrics, dataset } = run;
  const threshold = thresholds.deployed;
  if (threshold === null)
    return {
      name: 'deployed',
      text: 'There is no deployed threshold, since no good image was held out. Set one with adfw threshold, or run with --validation-fraction.',
    };
  // With folds more images have a held-out score than the model holds out.
  const images =
    heldOutScores.length > dataset.validation
      ? `${count(heldOutScores.length, 'good image')}, each held out of a fit`
      : count(heldOutScores.length || dataset.validation, 'held-out good image');
  const isOfTheRun = metrics.deployed?.threshold === threshold;
  const origin = isOfTheRun ? `set without the test images, from ${images}` : 'set after the run';
  return {
    name: 'deployed',
    text: `With the deployed threshold ${formatScore(threshold)}, which adfw predict uses (${origin}), ${costs(run.scores, labels, threshold)}.${worth(run, threshold)}`,
  };
}

/** What the held-out images say of a threshold; nothing where there were none. */
function worth({ heldOutScores, metrics }: RunDocument, threshold: number): string {
  const bound = falseAlarmBound(heldOutScores, threshold);
  if (bound === null) return '';
  const wanted = metrics.deployed?.threshold === threshold ? metrics.deployed.heldOutWanted : undefined;
  const instead = wanted === undefined ? '' : `; what was asked for would take ${wanted} held-out images`;
  return ` Of further good images like the held-out ones, at most ${formatBound(bound)} are called defective${instead}.`;
}

function benchmark(
  { thresholds, scores }: RunDocument,
  labels: readonly (0 | 1)[],
): Verdict['thresholds'][number] {
  const threshold = thresholds.benchmark;
  if (threshold === null)
    return {
      name: 'benchmark',
      text: 'There is no benchmark threshold: the test images do not allow one to be chosen.',
    };
  return {
    name: 'benchmark',
    text: `With the benchmark's threshold ${formatScore(threshold)}, chosen on these test images themselves and so optimistic, ${costs(scores, labels, threshold)}.`,
  };
}

/** `2 of 24 good images are called defective and 7 of 24 defective ones are missed`. */
export function costs(scores: readonly number[], labels: readonly (0 | 1)[], threshold: number): string {
  const { falsePositives, trueNegatives, falseNegatives, truePositives } = confusion(
    scores,
    labels,
    threshold,
  );
  const good = falsePositives + trueNegatives;
  const defective = falseNegatives + truePositives;
  const parts = [
    ...(good > 0
      ? [`${falsePositives} of ${count(good, 'good image')} ${areOrIs(falsePositives)} called defective`]
      : []),
    ...(defective > 0
      ? [`${falseNegatives} of ${count(defective, 'defective image')} ${areOrIs(falseNegatives)} missed`]
      : []),
  ];
  return parts.join(' and ') || 'nothing can be said, since there are no test images';
}

const areOrIs = (many: number) => (many === 1 ? 'is' : 'are');

/** What the area under the ROC curve means. */
export const aurocMeaning = (auroc: number | null): string =>
  auroc === null
    ? 'needs good and defective test images'
    : `a defective image scores above a good one in ${formatPercent(auroc)} of all pairs`;
