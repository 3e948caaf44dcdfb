import * as tf from '@tensorflow/tfjs-core';
import { afterEach, beforeAll, expect, it } from 'vitest';
import { watchEngine } from '../index.js';

beforeAll(() => tf.setBackend('onnxruntime'));
afterEach(() => watchEngine(null));

it('tells of each compilation and each run, and when they end', async () => {
  const told: string[] = [];
  watchEngine((work) => {
    told.push(work);
    return () => told.push(`end of ${work}`);
  });
  // A program of its own shape, so that no other test has compiled it.
  const halves = async () => (await tf.div(tf.tensor1d([2, 4, 6, 8, 10]), 2).data())[0];
  expect(await halves()).toBe(1);
  const first = ['compiling', 'end of compiling', 'running', 'end of running'];
  expect(told).toEqual(first);
  await halves();
  expect(told.slice(4)).toEqual(['running', 'end of running']);
  watchEngine(null);
  await halves();
  expect(told).toHaveLength(6);
});
