import { tensor1d, variable } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { describe, expect, it } from 'vitest';
import type { Optimizer } from '../contracts/optimizer.js';
import { tf } from '../tensors/tf.js';
import { adam } from './adam.js';
import { sgd } from './sgd.js';

// Three steps on p = (1, -2) with gradients (0.5, 1), (-1, 0.25), (2, 2), by torch.optim of PyTorch 2.13:
//   torch.optim.SGD([p], lr=0.1, momentum=0.9, weight_decay=0.01)
//   torch.optim.Adam([p], lr=0.1, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.01)
const gradients = [
  [0.5, 1],
  [-1, 0.25],
  [2, 2],
];
const optimizers: [string, () => Optimizer, number[]][] = [
  ['sgd', () => sgd({ learningRate: 0.1, momentum: 0.9, weightDecay: 0.01 }), [0.848984749, -2.506884698]],
  [
    'adam',
    () => adam({ learningRate: 0.1, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0.01 }),
    [0.892965686, -2.267919957],
  ],
];

describe.each(optimizers)('%s', (_name, make, expected) => {
  const parameter = () => variable(tensor1d([1, -2]), true);
  const take = (optimizer: Optimizer, p: ReturnType<typeof parameter>, steps: number[][]) => {
    for (const gradient of steps) optimizer.step({ p }, { p: tensor1d(gradient) });
  };

  it('steps as PyTorch does', async () => {
    await tf.setBackend('cpu');
    const p = parameter();
    take(make(), p, gradients);
    for (const [i, value] of p.dataSync().entries()) expect(value).toBeCloseTo(expected[i] as number, 6);
  });

  it('goes on from a restored state as if it had never stopped', async () => {
    await tf.setBackend('cpu');
    const [straight, resumed] = [parameter(), parameter()];
    take(make(), straight, gradients);
    const [before, after] = [make(), make()];
    take(before, resumed, gradients.slice(0, 2));
    after.restore(before.state());
    before.dispose();
    take(after, resumed, gradients.slice(2));
    expect(resumed.dataSync()).toEqual(straight.dataSync());
  });
});

it("multiplies the learning rate with each step's factor", async () => {
  await tf.setBackend('cpu');
  const p = variable(tensor1d([1]), true);
  const optimizer = adam({ learningRate: 0.5, beta1: 0.9, beta2: 0.999, epsilon: 1e-8, weightDecay: 0 });
  // Of gradients that are always the same, Adam's step is the learning rate.
  for (const factor of [0.2, 0.4, 0.6]) optimizer.step({ p }, { p: tensor1d([0.5]) }, factor);
  expect(p.dataSync()[0]).toBeCloseTo(1 - 0.1 - 0.2 - 0.3, 5);
});
