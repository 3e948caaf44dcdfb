import { add, mul, scalar, sub, tidy } from '@tensorflow/tfjs-core';
import type { Optimizer } from '../contracts/optimizer.js';
import type { Part } from '../contracts/part.js';
import { slots } from './slots.js';

export interface SgdOptions {
  learningRate: number;
  momentum: number;
  weightDecay: number;
}

/**
 * Stochastic gradient descent with momentum and weight decay as PyTorch defines them:
 * g ← g + λp, b ← μb + g, p ← p − ηb, with b = 0 before the first step.
 */
export function sgd({ learningRate, momentum, weightDecay }: SgdOptions): Optimizer {
  const momenta = slots('momentum');
  return {
    step(parameters, gradients, rate = 1) {
      tidy(() => {
        const [eta, mu, lambda] = [scalar(learningRate * rate), scalar(momentum), scalar(weightDecay)];
        for (const [name, parameter] of Object.entries(parameters)) {
          const gradient = gradients[name];
          if (!gradient) continue;
          const momentumOf = momenta.of(name, parameter);
          const decayed = weightDecay ? add(gradient, mul(parameter, lambda)) : gradient;
          const velocity = add(mul(momentumOf, mu), decayed);
          momentumOf.assign(velocity);
          parameter.assign(sub(parameter, mul(velocity, eta)));
        }
      });
    },
    state: momenta.state,
    restore: momenta.restore,
    dispose: momenta.dispose,
  };
}

/** The defaults are the thesis' (section 6.3). */
export const sgdPart: Part<'optimizer'> = {
  kind: 'optimizer',
  name: 'sgd',
  summary: 'Stochastic gradient descent with momentum and weight decay, as PyTorch defines them.',
  reference: 'Sutskever et al. 2013; hyperparameters of thesis section 6.3',
  options: {
    learningRate: { type: 'number', exclusiveMinimum: 0, default: 0.4, description: 'Step size η.' },
    momentum: { type: 'number', minimum: 0, exclusiveMaximum: 1, default: 0.9, description: 'Momentum μ.' },
    weightDecay: {
      type: 'number',
      minimum: 0,
      default: 0.0001,
      description: 'λ, which is multiplied with each parameter and added to its gradient.',
    },
  },
  create: sgd,
};
