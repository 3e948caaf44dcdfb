import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { tf } from './tf.js';

beforeAll(() => tf.setBackend('cpu'));

describe('tf', () => {
  it('has the gradients of all kernels', async () => {
    const square = tf.grad((x) => tf.sum(tf.square(x)));
    expect(await square(tf.tensor1d([1, -3])).array()).toEqual([2, -6]);
  });

  it('has gradients that are written with the methods of tensors', async () => {
    const product = tf.grad((x) => tf.prod(x));
    expect(await product(tf.tensor1d([2, 3, 4])).array()).toEqual([12, 8, 6]);
  });
});
