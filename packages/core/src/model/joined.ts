import type { Variable } from '@tensorflow/tfjs-core';
import type { Backbone } from '../contracts/backbone.js';
import type { Stateful } from '../contracts/stateful.js';
import { prefixed, restoreVariables, withPrefix } from '../tensors/stateful.js';

/** Variables by their names, whose shapes are fixed. */
export const variablesState = (byName: Readonly<Record<string, Variable>>): Stateful => ({
  state: () => byName,
  restore: (state) => restoreVariables(byName, state),
  dispose() {
    for (const value of Object.values(byName)) value.dispose();
  },
});

/** A network that learns, under the names of its weights. */
export const networkState = (network: Backbone): Stateful => ({
  ...variablesState({ ...network.parameters, ...network.statistics }),
  dispose: () => network.dispose(),
});

/** Several things that learn as one; what `bank` has learnt is called `bank/…`. Those that are null are left out. */
export function joined(members: Readonly<Record<string, Stateful | null>>): Stateful {
  const entries = Object.entries(members).flatMap(([name, member]) =>
    member ? [[name, member] as const] : [],
  );
  return {
    state: () => Object.assign({}, ...entries.map(([name, member]) => prefixed(member.state(), name))),
    restore(state) {
      for (const [name, member] of entries) member.restore(withPrefix(state, name));
    },
    dispose() {
      for (const [, member] of entries) member.dispose();
    },
  };
}
