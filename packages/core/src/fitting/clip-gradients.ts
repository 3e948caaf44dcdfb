import {
  add,
  addN,
  div,
  minimum,
  mul,
  type NamedTensorMap,
  sqrt,
  square,
  sum,
  type Tensor,
} from '@tensorflow/tfjs-core';

/** Against a division by zero, as in PyTorch's `clip_grad_norm_`. */
const EPSILON = 1e-6;

/**
 * Gradients scaled down so that the norm of all of them together is at most `norm` (Pascanu et al. 2013, algorithm 1), as PyTorch's
 * `clip_grad_norm_` does it. Called inside `tidy`.
 */
export function clipGradients(gradients: NamedTensorMap, norm: number): NamedTensorMap {
  const all = Object.values(gradients);
  if (all.length === 0) return gradients;
  const length = sqrt(addN(all.map((gradient) => sum(square(gradient)))));
  const factor = minimum(div(norm, add(length, EPSILON)), 1);
  return Object.fromEntries(
    Object.entries(gradients).map(([name, gradient]) => [name, mul(gradient, factor) as Tensor]),
  );
}
