/** What runs call the images, at a threshold of one kind. */
import type { ImageDocument, RunDocument } from '../report-document.js';
import { isWrong, outcomeOf } from './outcome.js';
import { formatScore } from './shared/format.js';

export type ThresholdKind = keyof RunDocument['thresholds'];

export interface RunVerdicts {
  /** null for a run without such a threshold. */
  isCalledDefective(run: RunDocument, index: number): boolean | null;
  /** null as well. */
  isRight(run: RunDocument, index: number): boolean | null;
  /** What the run calls the image. */
  name(run: RunDocument, index: number): string;
  /** `right` or `wrong`; empty where there is no verdict. */
  mark(run: RunDocument, index: number): string;
  /** A sentence without its end: the run, its verdict and its score. */
  inWords(run: RunDocument, index: number): string;
}

/** @param kind of the threshold; asked each time. */
export function runVerdicts(images: readonly ImageDocument[], kind: () => ThresholdKind): RunVerdicts {
  const isCalledDefective: RunVerdicts['isCalledDefective'] = (run, index) => {
    const threshold = run.thresholds[kind()];
    return threshold === null ? null : (run.scores[index] as number) >= threshold;
  };
  const isRight: RunVerdicts['isRight'] = (run, index) => {
    const verdict = isCalledDefective(run, index);
    return verdict === null ? null : !isWrong(outcomeOf((images[index] as ImageDocument).label, verdict));
  };
  const name: RunVerdicts['name'] = (run, index) => {
    const verdict = isCalledDefective(run, index);
    return verdict === null ? 'no threshold' : verdict ? 'defective' : 'good';
  };
  const mark: RunVerdicts['mark'] = (run, index) => {
    const right = isRight(run, index);
    return right === null ? '' : right ? 'right' : 'wrong';
  };
  return {
    isCalledDefective,
    isRight,
    name,
    mark,
    inWords(run, index) {
      const known = mark(run, index);
      return `${run.name}: ${name(run, index)}${known && `, ${known}`}, score ${formatScore(run.scores[index] as number)}`;
    },
  };
}
