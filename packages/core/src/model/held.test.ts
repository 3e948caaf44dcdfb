import { disposeVariables, memory } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import { DataError } from '../contracts/errors.js';
import { tf } from '../tensors/tf.js';
import { held } from './held.js';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => disposeVariables());

const values = (tensor: tf.Tensor | undefined) => Array.from(tensor?.dataSync() ?? []);

describe('held', () => {
  it('has what it was set to, of any shape', () => {
    const bank = held('rows', 'scale');
    bank.set({ rows: tf.tensor2d([1, 2, 3, 4], [2, 2]), scale: tf.scalar(5) });
    expect(bank.get('rows').shape).toEqual([2, 2]);
    expect(Object.keys(bank.state())).toEqual(['rows', 'scale']);
    expect(values(bank.state().scale)).toEqual([5]);
    bank.dispose();
  });

  it('says that it is not fitted where nothing was set, and has then no state', () => {
    const bank = held('rows');
    expect(bank.state()).toEqual({});
    expect(() => bank.get('rows')).toThrow(DataError);
    expect(() => bank.get('rows')).toThrow('The model has no "rows": it has not been fitted');
  });

  it('takes over what it is set to, also within tidy, and lets go of what it had', () => {
    const bank = held('rows');
    const before = memory().numTensors;
    tf.tidy(() => {
      bank.set({ rows: tf.mul(tf.tensor1d([1, 2]), 2) });
    });
    expect(values(bank.get('rows'))).toEqual([2, 4]);
    expect(memory().numTensors).toBe(before + 1);
    bank.set({ rows: tf.tensor1d([7]) });
    expect(values(bank.get('rows'))).toEqual([7]);
    expect(memory().numTensors).toBe(before + 1);
    bank.dispose();
    expect(memory().numTensors).toBe(before);
  });

  it('goes on in another, which keeps copies of its own', () => {
    const [bank, other] = [held('rows'), held('rows')];
    const before = memory().numTensors;
    bank.set({ rows: tf.tensor1d([1, 2, 3]) });
    other.set({ rows: tf.tensor1d([9]) });
    other.restore({ ...bank.state(), more: tf.scalar(1) });
    bank.dispose();
    expect(values(other.get('rows'))).toEqual([1, 2, 3]);
    expect(Object.keys(other.state())).toEqual(['rows']);
    other.dispose();
    expect(memory().numTensors).toBe(before + 1);
  });

  it('stays as it is where a fit was saved before it was set', () => {
    const bank = held('rows', 'scale');
    bank.restore({});
    expect(bank.state()).toEqual({});
    bank.restore({ other: tf.scalar(1) });
    expect(bank.state()).toEqual({});
  });

  it('refuses what is not complete, and then stays as it was', () => {
    const bank = held('rows', 'scale');
    bank.set({ rows: tf.tensor1d([1]), scale: tf.scalar(2) });
    expect(() => bank.restore({ rows: tf.tensor1d([3]) })).toThrow(DataError);
    expect(() => bank.restore({ rows: tf.tensor1d([3]) })).toThrow(
      'The saved weights do not fit this model: "scale" is missing.',
    );
    expect(() => bank.set({ scale: tf.scalar(3) })).toThrow(
      'What was gathered is not complete: "rows" is missing.',
    );
    expect([values(bank.get('rows')), values(bank.get('scale'))]).toEqual([[1], [2]]);
  });
});
