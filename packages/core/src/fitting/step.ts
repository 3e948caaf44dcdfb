import { add, keep, type Scalar, Tensor, tidy, type Variable, variableGrads } from '@tensorflow/tfjs-core';
import type { Mode } from '../contracts/backbone.js';
import type { Seen } from '../contracts/seen.js';
import type { Learner } from '../contracts/stage.js';
import { namedRandom, type Random } from '../images/named-random.js';
import { clipGradients } from './clip-gradients.js';

/** A loss that was computed, for the caller to dispose. */
export interface LossValue {
  readonly total: Scalar;
  /** Its terms by name; empty where it has one only. */
  readonly terms: Readonly<Record<string, Scalar>>;
}

export interface StepOptions {
  /** Of the learning rate. */
  readonly rate: number;
  /** What the norm of all gradients is scaled down to, where it is larger. */
  readonly clipNorm: number | null;
  /** For losses that draw numbers; always the same ones where it is missing. */
  readonly random?: Random;
  /** In the whole stage, 0 to 1; 1 where it is missing. */
  readonly progress?: number;
}

const sameNumbers = (): Random => namedRandom(0, 'loss');

/** One step of one learner; its loss before the step. */
export function trainStep(
  learner: Learner,
  seen: Seen,
  { rate, clipNorm, ...options }: StepOptions,
): LossValue {
  return tidy(() => {
    const variables = Object.entries(learner.parameters);
    let terms: LossValue['terms'] = {};
    const { value, grads } = variableGrads(
      () => {
        const loss = lossOf(learner, seen, 'train', options);
        // The scope of the gradients would dispose them.
        for (const term of Object.values(loss.terms)) keep(term);
        terms = loss.terms;
        return loss.total;
      },
      variables.map(([, variable]) => variable as Variable),
    );
    const byParameter = Object.fromEntries(
      variables.flatMap(([name, variable]) =>
        grads[variable.name] ? [[name, grads[variable.name] as Tensor]] : [],
      ),
    );
    const clipped = clipNorm === null ? byParameter : clipGradients(byParameter, clipNorm);
    learner.optimizer.step(learner.parameters, clipped, rate);
    return { total: value as Scalar, terms };
  });
}

/** The loss and its terms, without a step. */
export function lossOf(
  learner: Learner,
  seen: Seen,
  mode: Mode,
  { random = sameNumbers(), progress = 1 }: Pick<StepOptions, 'random' | 'progress'> = {},
): LossValue {
  const loss = learner.loss(seen, mode, random, progress);
  if (loss instanceof Tensor) return { total: loss, terms: {} };
  const [first, ...others] = Object.values(loss) as [Scalar, ...Scalar[]];
  // A tensor of its own, also where there is one term only.
  return { total: others.reduce((sum, term) => add(sum, term), first.clone()), terms: loss };
}
