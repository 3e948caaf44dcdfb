import {
  add,
  dispose,
  mul,
  scalar,
  sub,
  type Tensor,
  tidy,
  type Variable,
  variable,
} from '@tensorflow/tfjs-core';
import { restoreVariables } from '../tensors/stateful.js';

/** A running average of a network's weights, kept beside them. */
export interface WeightAverage {
  /** Moves it towards the weights as they are now; after each step. */
  update(): void;
  /** Does `work` while the network has the averaged weights, then gives it its own back. */
  whileApplied<T>(work: () => Promise<T>): Promise<T>;
  /** All that it holds, by the names of the weights, and `count`, the number of updates. */
  state(): Record<string, Tensor>;
  restore(state: Readonly<Record<string, Tensor>>): void;
  dispose(): void;
}

/**
 * An exponential moving average (Polyak and Juditsky 1992; Tarvainen and Valpola 2017, eq. 1): a ← d·a + (1 − d)·w, running
 * statistics of batch normalisation included. So that it forgets the random start, d is at most (1 + t) / (10 + t) at update t,
 * as TensorFlow's `ExponentialMovingAverage` has it.
 * @param weights are the network's own variables.
 * @param decay d, from 0 to below 1.
 */
export function weightAverage(weights: Readonly<Record<string, Variable>>, decay: number): WeightAverage {
  const names = Object.keys(weights);
  const average: Record<string, Variable> = {};
  for (const name of names) average[name] = tidy(() => variable((weights[name] as Variable).clone(), false));
  const counter = tidy(() => variable(scalar(0), false));
  let updates = 0;
  return {
    update() {
      updates += 1;
      tidy(() => {
        // A tensor, not a number: it changes from step to step, and an engine that compiles a step sees one program.
        const share = scalar(1 - Math.min(decay, (1 + updates) / (10 + updates)));
        for (const name of names) {
          const held = average[name] as Variable;
          held.assign(add(held, mul(sub(weights[name] as Variable, held), share)));
        }
      });
    },
    async whileApplied(work) {
      const own = Object.fromEntries(names.map((name) => [name, (weights[name] as Variable).clone()]));
      restoreVariables(weights, average);
      try {
        return await work();
      } finally {
        restoreVariables(weights, own);
        dispose(own);
      }
    },
    state() {
      tidy(() => counter.assign(scalar(updates)));
      return { ...average, count: counter };
    },
    restore({ count, ...state }) {
      restoreVariables(average, state);
      updates = count?.dataSync()[0] ?? 0;
    },
    dispose: () => dispose([...Object.values(average), counter]),
  };
}
