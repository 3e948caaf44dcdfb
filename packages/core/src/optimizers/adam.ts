import { add, div, mul, scalar, sqrt, square, sub, type Tensor, tidy } from '@tensorflow/tfjs-core';
import type { Optimizer } from '../contracts/optimizer.js';
import type { Part } from '../contracts/part.js';
import { slots } from './slots.js';

export interface AdamOptions {
  learningRate: number;
  beta1: number;
  beta2: number;
  epsilon: number;
  weightDecay: number;
}

/**
 * Adam (Kingma and Ba 2015, algorithm 1) as PyTorch defines it, weight decay added to the gradient:
 * m ← β₁m + (1−β₁)g, v ← β₂v + (1−β₂)g², p ← p − η m̂ / (√v̂ + ε), with m̂ = m/(1−β₁ᵗ) and v̂ = v/(1−β₂ᵗ).
 */
export function adam({ learningRate, beta1, beta2, epsilon, weightDecay }: AdamOptions): Optimizer {
  const first = slots('first-moment');
  const second = slots('second-moment');
  const counter = slots('step');
  let steps = 0;
  return {
    step(parameters, gradients, rate = 1) {
      steps += 1;
      tidy(() => {
        // Tensors, not numbers: they change from step to step, and an engine that compiles a step sees one program.
        const eta = scalar((learningRate * rate) / (1 - beta1 ** steps));
        const inverseCorrection = scalar(1 / (1 - beta2 ** steps));
        for (const [name, parameter] of Object.entries(parameters)) {
          const gradient = gradients[name];
          if (!gradient) continue;
          const firstOf = first.of(name, parameter);
          const secondOf = second.of(name, parameter);
          const decayed = weightDecay ? add(gradient, mul(parameter, weightDecay)) : gradient;
          const m = add(mul(firstOf, beta1), mul(decayed, 1 - beta1));
          const v = add(mul(secondOf, beta2), mul(square(decayed), 1 - beta2));
          firstOf.assign(m);
          secondOf.assign(v);
          const scale = add(sqrt(mul(v, inverseCorrection)), epsilon);
          parameter.assign(sub(parameter, div(mul(m, eta), scale)));
        }
      });
    },
    state() {
      tidy(() => counter.of('count', scalar(0)).assign(scalar(steps)));
      return { ...first.state(), ...second.state(), ...counter.state() };
    },
    restore(state: Readonly<Record<string, Tensor>>) {
      first.restore(state);
      second.restore(state);
      counter.restore(state);
      steps = state['step/count']?.dataSync()[0] ?? 0;
    },
    dispose() {
      first.dispose();
      second.dispose();
      counter.dispose();
    },
  };
}

export const adamPart: Part<'optimizer'> = {
  kind: 'optimizer',
  name: 'adam',
  summary: 'Adam, as PyTorch defines it.',
  reference: 'Kingma and Ba 2015, "Adam: A Method for Stochastic Optimization"',
  options: {
    learningRate: { type: 'number', exclusiveMinimum: 0, default: 0.001, description: 'Step size η.' },
    beta1: {
      type: 'number',
      minimum: 0,
      exclusiveMaximum: 1,
      default: 0.9,
      description: 'Decay of the mean of gradients.',
    },
    beta2: {
      type: 'number',
      minimum: 0,
      exclusiveMaximum: 1,
      default: 0.999,
      description: 'Decay of the mean of squared gradients.',
    },
    epsilon: {
      type: 'number',
      exclusiveMinimum: 0,
      default: 1e-8,
      description: 'Added to the denominator, against division by zero.',
    },
    weightDecay: {
      type: 'number',
      minimum: 0,
      default: 0,
      description: 'λ, which is multiplied with each parameter and added to its gradient.',
    },
  },
  create: adam,
};
