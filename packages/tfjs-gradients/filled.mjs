// What stands for tfjs-core's ops/ones and ops/zeros in its gradients: there they fill an array on the host, as large as the
// tensor, in each step of a training; a kernel may know that a tensor is all ones without one.
import { fill } from '@tensorflow/tfjs-core';

export const ones = (shape, dtype = 'float32') => fill(shape, 1, dtype);
export const zeros = (shape, dtype = 'float32') => fill(shape, 0, dtype);
