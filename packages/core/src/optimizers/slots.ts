import { type Tensor, tidy, type Variable, variable, zerosLike } from '@tensorflow/tfjs-core';

/** The tensors that an optimizer keeps for each parameter (a momentum, a moment), made of zeros at first use. */
export interface Slots {
  of(name: string, parameter: Tensor): Variable;
  /** Each slot under `prefix/name`. */
  state(): Record<string, Tensor>;
  restore(state: Readonly<Record<string, Tensor>>): void;
  dispose(): void;
}

export function slots(prefix: string): Slots {
  const variables = new Map<string, Variable>();
  const disposeAll = () => {
    for (const slot of variables.values()) slot.dispose();
    variables.clear();
  };
  return {
    of(name, parameter) {
      const slot =
        variables.get(name) ??
        variable(
          tidy(() => zerosLike(parameter)),
          false,
        );
      variables.set(name, slot);
      return slot;
    },
    state: () => Object.fromEntries([...variables].map(([name, slot]) => [`${prefix}/${name}`, slot])),
    restore(state) {
      disposeAll();
      for (const [key, value] of Object.entries(state))
        if (key.startsWith(`${prefix}/`))
          variables.set(
            key.slice(prefix.length + 1),
            tidy(() => variable(value.clone(), false)),
          );
    },
    dispose: disposeAll,
  };
}
