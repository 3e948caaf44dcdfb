import { dispose, keep, type Tensor, tidy } from '@tensorflow/tfjs-core';
import { DataError } from '../contracts/errors.js';
import type { Stateful } from '../contracts/stateful.js';
import { freeze } from '../tensors/freeze.js';

/** Tensors whose shapes are known when they are gathered or restored, and that never change then. */
export interface Held extends Stateful {
  /** @throws DataError where it was neither set nor restored. */
  get<T extends Tensor = Tensor>(name: string): T;
  /** Takes the tensors over, in place of those it has. */
  set(tensors: Readonly<Record<string, Tensor>>): void;
}

/** What a model without parameters learns: a bank, means, factors. Until they are set or restored, `state()` has none. */
export function held(...names: readonly string[]): Held {
  let tensors: Readonly<Record<string, Tensor>> = {};
  const take = (given: Readonly<Record<string, Tensor>>) => {
    dispose(tensors);
    tensors = given;
    for (const tensor of Object.values(tensors)) freeze(keep(tensor));
  };
  const check = (given: readonly string[], what: string) => {
    const missing = names.find((name) => !given.includes(name));
    if (missing !== undefined) throw new DataError(`${what}: "${missing}" is missing.`);
  };
  return {
    get<T extends Tensor>(name: string) {
      const tensor = tensors[name];
      if (!tensor)
        throw new DataError(
          `The model has no "${name}": it has not been fitted, or its file is not complete.`,
        );
      return tensor as T;
    },
    set(given) {
      check(Object.keys(given), 'What was gathered is not complete');
      take(given);
    },
    state: () => tensors,
    restore(state) {
      const given = names.filter((name) => state[name]);
      // Of a fit that was interrupted before.
      if (given.length === 0) return;
      check(given, 'The saved weights do not fit this model');
      take(tidy(() => Object.fromEntries(given.map((name) => [name, (state[name] as Tensor).clone()]))));
    },
    dispose() {
      dispose(tensors);
      tensors = {};
    },
  };
}
