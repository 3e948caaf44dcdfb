import * as tf from '@tensorflow/tfjs-core';
import { afterEach, expect, it } from 'vitest';
import '@tensorflow/tfjs-backend-cpu';
import { freeze } from './freeze.js';

afterEach(() => {
  delete (tf.backend() as { freeze?: unknown }).freeze;
});

it('tells the engine which values never change', async () => {
  await tf.setBackend('cpu');
  const frozen: object[] = [];
  Object.assign(tf.backend(), { freeze: (dataId: object) => frozen.push(dataId) });
  const weight = tf.scalar(1);
  freeze(weight);
  expect(frozen).toEqual([weight.dataId]);
});

it('does nothing on an engine that cannot make use of it', async () => {
  await tf.setBackend('cpu');
  expect(() => freeze(tf.scalar(1))).not.toThrow();
});
