import { describe, expect, it } from 'vitest';
import type { Named, Value } from './graph.js';
import { type Recordable, Recorder } from './recorder.js';
import { ordinaryData } from './stored-data.js';

/** Operations on single numbers, computed here. */
interface Arithmetic extends Recordable {
  compute(inputs: readonly number[], attributes: unknown): number;
}
const add: Arithmetic = { name: 'Add', compute: ([a = 0, b = 0]) => a + b };
const fill: Arithmetic = {
  name: 'Fill',
  compute: (_, value) => value as number,
  uniform: (value: number) => value,
};

const scalar = { shape: [], dtype: 'float32' } as const;
const number = (value: number) => ordinaryData(Float32Array.of(value), 0);

function recorderOf(pendingNodes = 100) {
  /** The names of the nodes of each run. */
  const runs: string[][] = [];
  const recorder = new Recorder<Arithmetic>(pendingNodes, (nodes, results) => {
    runs.push(nodes.map(({ operation }) => operation.name));
    const known = new Map<Value<Named>, number>();
    const numberIn = (value: Value<Named>) => known.get(value) ?? (value.stored?.array[0] as number);
    for (const { operation, inputs, attributes, outputs } of nodes)
      known.set(
        outputs[0] as Value<Named>,
        operation.compute(
          inputs.map(({ value }) => numberIn(value)),
          attributes,
        ),
      );
    return results.map((value) => number(numberIn(value)));
  });
  const sum = (...inputs: Value<Arithmetic>[]) =>
    recorder.record(
      add,
      inputs.map((value) => ({ value, shape: [] })),
      null,
      [scalar],
    )[0] as Value<Arithmetic>;
  const filled = (value: number) => recorder.record(fill, [], value, [scalar])[0] as Value<Arithmetic>;
  const read = (value: Value<Arithmetic>) => recorder.stored(value).array[0];
  return { recorder, runs, sum, filled, read };
}

describe('Recorder', () => {
  it('computes what is connected with a wanted value in one run, and nothing twice', () => {
    const { recorder, runs, sum, read } = recorderOf();
    const one = recorder.give(scalar, number(1));
    const two = sum(one, one);
    const four = sum(two, two);
    const apart = sum(one, one);
    expect(runs).toEqual([]);
    expect([read(four), read(two)]).toEqual([4, 2]);
    expect(runs).toEqual([['Add', 'Add']]);
    expect(read(apart)).toBe(2);
    expect(runs).toHaveLength(2);
  });

  it('leaves out what was dropped and nothing needs', () => {
    const { recorder, runs, sum, filled, read } = recorderOf();
    const x = filled(3);
    const unwanted = sum(sum(x, x), x);
    const wanted = sum(x, x);
    recorder.drop(unwanted);
    // A value between is dropped too, but the wanted one needs it.
    recorder.drop(x);
    expect(read(wanted)).toBe(6);
    expect(runs).toEqual([['Fill', 'Add', 'Add']]);
    expect(x.stored).toBeNull();
  });

  it('computes when much is pending, although nobody asks', () => {
    const { recorder, runs, sum } = recorderOf(4);
    let last = recorder.give(scalar, number(1));
    for (let i = 0; i < 4; i++) last = sum(last, last);
    expect(runs).toEqual([]);
    last = sum(last, last);
    expect(runs).toEqual([['Add', 'Add', 'Add', 'Add', 'Add']]);
    expect(last.stored?.array[0]).toBe(32);
  });

  it('forgets that all elements are one number, without a run', () => {
    const { recorder, runs, filled } = recorderOf();
    const value = filled(7);
    recorder.settle(value);
    expect(value.stored).toEqual(number(7));
    const given = recorder.give(scalar, { ...number(1), uniform: 1 });
    recorder.settle(given);
    expect(given.stored).toEqual(number(1));
    expect(runs).toEqual([]);
  });

  it('says which values came into being in a call, but for those of a call inside of it', () => {
    const { recorder, sum } = recorderOf();
    const before = recorder.give(scalar, number(1));
    const inside = () => {
      const a = sum(before, before);
      const { result: b, made } = recorder.madeBy(() => sum(a, a));
      expect([...made]).toEqual([b]);
      return [a, recorder.give(scalar, number(5))];
    };
    const { result, made } = recorder.madeBy(inside);
    expect([...made]).toEqual(result);
    expect(() => recorder.madeBy(() => expect.fail('as the function fails'))).toThrow(
      'as the function fails',
    );
    sum(before, before);
    expect(made.size).toBe(2);
  });

  it('computes all that a function recorded', () => {
    const { recorder, runs, sum } = recorderOf();
    const one = recorder.give(scalar, number(1));
    const results: Value<Arithmetic>[] = [];
    recorder.computeAll(() => {
      results.push(sum(one, one), sum(one, one));
    });
    expect(results.map(({ stored }) => stored?.array[0])).toEqual([2, 2]);
    expect(runs).toEqual([['Add'], ['Add']]);
  });
});
