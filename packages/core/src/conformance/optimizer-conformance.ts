/**
 * What must hold for an optimizer: it moves parameters downhill, and from its saved state it goes on as if it had never stopped.
 */
import {
  addN,
  dispose,
  mul,
  type Scalar,
  square,
  sub,
  sum,
  type Tensor,
  tensor,
  tidy,
  type Variable,
  variable,
  variableGrads,
} from '@tensorflow/tfjs-core';
import type { Report, Trial } from '../contracts/kind.js';
import type { Optimizer } from '../contracts/optimizer.js';
import { peekAll, type Reading, take, whereNotFinite, whereNotSame } from './reading.js';
import { savedCopy } from './saved-copy.js';
import { attempt } from './trial.js';

const steps = 4;
const start = {
  weight: [
    [1, -2],
    [0.5, 3],
  ],
  bias: [2, -1],
};
const goal = {
  weight: [
    [0.2, 0.1],
    [-1, 1],
  ],
  bias: [0, 0.5],
};

type Parameters = Record<keyof typeof start, Variable>;

/** The squared distance from the goal, weighed so that every optimizer's default step is short enough. */
const distance = (parameters: Parameters): Scalar =>
  tidy(() =>
    addN(
      (['weight', 'bias'] as const).map((name) =>
        sum(mul(square(sub(parameters[name], tensor(goal[name]))), 0.05)),
      ),
    ),
  ) as Scalar;

export async function checkOptimizer({ create, report }: Trial<'optimizer'>): Promise<void> {
  const optimizer = await create();
  const parameters = startParameters();
  const other = await create();
  const restored = startParameters();
  try {
    const before = (await take(distance(parameters))).values[0] as number;
    await takeSteps(optimizer, parameters, report);
    const notFinite = whereNotFinite(await peekAll(parameters));
    if (notFinite !== undefined) report(`must keep parameters finite; found ${notFinite}`);
    const after = (await take(distance(parameters))).values[0] as number;
    if (!(after < before))
      report(
        `must move parameters against their gradients; a loss of ${before} became ${after} in ${steps} steps`,
      );

    const state = await savedCopy(await attempt(report, 'state()', () => optimizer.state()));
    for (const [name, value] of Object.entries(await peekAll(parameters)))
      tidy(() => restored[name as keyof Parameters].assign(tensor(value.values, [...value.shape])));
    await attempt(report, 'restore()', () => other.restore(state));
    dispose(state);
    const [went, wentOn] = [
      await pathOf(optimizer, parameters, report),
      await pathOf(other, restored, report),
    ];
    const differs = whereNotSame(went, wentOn);
    if (differs !== undefined)
      report(
        `must go on from its saved state as if it had not stopped; after ${steps} more steps ${differs}`,
      );
  } finally {
    optimizer.dispose();
    other.dispose();
    dispose(parameters);
    dispose(restored);
  }
}

const startParameters = (): Parameters => ({
  weight: tidy(() => variable(tensor(start.weight))),
  bias: tidy(() => variable(tensor(start.bias))),
});

async function pathOf(
  optimizer: Optimizer,
  parameters: Parameters,
  report: Report,
): Promise<Record<string, Reading>> {
  await takeSteps(optimizer, parameters, report);
  return peekAll(parameters);
}

async function takeSteps(optimizer: Optimizer, parameters: Parameters, report: Report): Promise<void> {
  for (let index = 0; index < steps; index++)
    await attempt(report, 'step()', () =>
      tidy(() => {
        const { grads } = variableGrads(() => distance(parameters), Object.values(parameters));
        const named = Object.entries(parameters).map(([name, parameter]): [string, Tensor] => [
          name,
          grads[parameter.name] as Tensor,
        ]);
        optimizer.step(parameters, Object.fromEntries(named));
      }),
    );
}
