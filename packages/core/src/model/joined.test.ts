import { disposeVariables, memory } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { Backbone } from '../contracts/backbone.js';
import { DataError } from '../contracts/errors.js';
import { imagenetNormalization } from '../tensors/normalization.js';
import { tf } from '../tensors/tf.js';
import { held } from './held.js';
import { joined, networkState, variablesState } from './joined.js';
import { onBackbone } from './on-backbone.js';

beforeAll(() => tf.setBackend('cpu'));
afterEach(() => disposeVariables());

const number = (value: number) => tf.tidy(() => tf.variable(tf.scalar(value), false));
const valuesOf = (state: Readonly<Record<string, tf.Tensor>>) =>
  Object.fromEntries(Object.entries(state).map(([name, value]) => [name, Array.from(value.dataSync())]));

/** A network of one weight and one statistic, which counts how often it is disposed. */
function network(weight: number, more: Partial<Backbone> = {}) {
  const [parameters, statistics] = [{ weight: number(weight) }, { mean: number(10 * weight) }];
  const disposed = { count: 0 };
  const value: Backbone = {
    layers: [],
    channels: {},
    parameters,
    statistics,
    features: () => ({}),
    dispose() {
      disposed.count += 1;
      tf.dispose([parameters.weight, statistics.mean]);
    },
    ...more,
  };
  return { value, disposed };
}

describe('variablesState', () => {
  it('gives variables by their names, and takes them over', () => {
    const [one, other] = [
      variablesState({ a: number(1), b: number(2) }),
      variablesState({ a: number(0), b: number(0) }),
    ];
    other.restore(one.state());
    expect(valuesOf(other.state())).toEqual({ a: [1], b: [2] });
    expect(() => other.restore({ a: tf.scalar(1) })).toThrow(DataError);
    expect(() => other.restore({ a: tf.scalar(1), b: tf.zeros([2]) })).toThrow(
      '"b" should be [], and is [2]',
    );
  });

  it('disposes them', () => {
    const before = memory().numTensors;
    variablesState({ a: number(1), b: number(2) }).dispose();
    expect(memory().numTensors).toBe(before);
  });
});

describe('joined', () => {
  it('gives what each has learnt under its name, without those that are null', () => {
    const bank = held('rows');
    const learnt = joined({ one: networkState(network(1).value), none: null, bank });
    expect(valuesOf(learnt.state())).toEqual({ 'one/weight': [1], 'one/mean': [10] });
    bank.set({ rows: tf.tensor1d([4, 5]) });
    expect(valuesOf(learnt.state())).toEqual({ 'one/weight': [1], 'one/mean': [10], 'bank/rows': [4, 5] });
  });

  it('takes over the same, and may be joined again', () => {
    const create = (weight: number) =>
      joined({ students: joined({ first: networkState(network(weight).value) }), bank: held('rows') });
    const [from, to] = [create(1), create(2)];
    const state: Record<string, tf.Tensor> = { ...from.state(), 'bank/rows': tf.tensor1d([4, 5]) };
    to.restore(state);
    expect(valuesOf(to.state())).toEqual(valuesOf(state));
    const { 'students/first/mean': _, ...rest } = state;
    expect(() => to.restore(rest)).toThrow('"mean" should be [], and is missing');
  });

  it('disposes each once', () => {
    const [one, other] = [network(1), network(2)];
    const before = memory().numTensors;
    joined({ one: networkState(one.value), none: null, other: networkState(other.value) }).dispose();
    expect([one.disposed.count, other.disposed.count]).toEqual([1, 1]);
    expect(memory().numTensors).toBe(before - 4);
  });
});

describe('onBackbone', () => {
  it('has the backbone and its normalisation, and as state what was learnt alone', () => {
    const normalization = { mean: [0, 0, 0], std: [1, 1, 1] } as const;
    const bank = held('rows');
    bank.set({ rows: tf.tensor1d([4]) });
    const frozen = network(1, { normalization });
    const model = onBackbone(frozen.value, bank);
    expect([model.backbone, model.normalization]).toEqual([frozen.value, normalization]);
    expect(Object.keys(model.state())).toEqual(['rows']);
    expect(onBackbone(network(1).value, bank).normalization).toEqual(imagenetNormalization);
    model.restore({ rows: tf.tensor1d([5]) });
    expect(valuesOf(model.state())).toEqual({ rows: [5] });
  });

  it('disposes both', () => {
    const before = memory().numTensors;
    const bank = held('rows');
    bank.set({ rows: tf.tensor1d([4]) });
    const frozen = network(1);
    onBackbone(frozen.value, bank).dispose();
    expect(frozen.disposed.count).toBe(1);
    expect(memory().numTensors).toBe(before);
  });
});
