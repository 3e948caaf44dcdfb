import { describe, expect, it } from 'vitest';
import { hasKeys, jsonPath, mergeJson, readJson, showJson } from './json.js';

describe('jsonPath', () => {
  it.each([
    [[], '$'],
    [['student', 'count'], '$.student.count'],
    [['layers', 0], '$.layers[0]'],
    [['two words', 'a.b'], '$["two words"]["a.b"]'],
  ])('%j is %s', (keys, path) => {
    expect(jsonPath(keys)).toBe(path);
  });
});

describe('mergeJson', () => {
  it.each([
    [
      { a: 1, b: 2 },
      { b: 3, c: 4 },
      { a: 1, b: 3, c: 4 },
    ],
    [{ a: { b: 1, c: 2 } }, { a: { c: 3 } }, { a: { b: 1, c: 3 } }],
    [{ a: [1, 2] }, { a: [3] }, { a: [3] }],
    [{ a: { b: 1 } }, { a: null }, { a: null }],
    [{ a: 1 }, { a: { b: 1 } }, { a: { b: 1 } }],
    [{}, { constructor: { name: 'x' } }, { constructor: { name: 'x' } }],
  ])('%j under %j is %j', (lower, higher, merged) => {
    expect(mergeJson(lower, higher)).toEqual(merged);
  });

  it('changes neither and no prototype', () => {
    const [lower, higher] = [{ a: { b: 1 } }, { a: { c: 2 } }];
    mergeJson(lower, higher);
    expect([lower, higher]).toEqual([{ a: { b: 1 } }, { a: { c: 2 } }]);
    const merged = mergeJson({}, JSON.parse('{"__proto__": {"polluted": true}}')) as { polluted?: boolean };
    expect([merged.polluted, ({} as { polluted?: boolean }).polluted]).toEqual([undefined, undefined]);
  });
});

describe('hasKeys', () => {
  it('sees own keys and indices only', () => {
    const value = { a: [{ b: null }] };
    expect([hasKeys(value, []), hasKeys(value, ['a', 0, 'b'])]).toEqual([true, true]);
    expect([hasKeys(value, ['a', 1]), hasKeys(value, ['a', 0, 'b', 'c'])]).toEqual([false, false]);
    expect([hasKeys(value, ['toString']), hasKeys(value, ['a', 'map'])]).toEqual([false, false]);
  });
});

describe('showJson', () => {
  it('writes values as JSON does, names what it cannot hold, and cuts what is long', () => {
    expect([3, 'x', null, [1], undefined, Number.NaN, () => 1, 3n].map(showJson)).toEqual([
      '3',
      '"x"',
      'null',
      '[1]',
      'undefined',
      'NaN',
      'a function',
      'a bigint',
    ]);
    expect(showJson('x'.repeat(100))).toBe(`"${'x'.repeat(76)}...`);
  });
});

describe('readJson', () => {
  const refused = (value: unknown) => {
    const messages: string[] = [];
    const read = readJson(value, (keys, message) => messages.push(`${jsonPath(keys)} ${message}`));
    return { read, messages };
  };

  it('copies JSON', () => {
    const value = { a: [1, 'b', null, true, { c: -0.5 }] };
    const { read, messages } = refused(value);
    expect(read).toEqual(value);
    expect(read).not.toBe(value);
    expect(messages).toEqual([]);
  });

  it('takes objects without a prototype, such as the namespace of a module', () => {
    expect(refused(Object.assign(Object.create(null), { a: 1 }))).toEqual({ read: { a: 1 }, messages: [] });
  });

  it('leaves out what JSON cannot hold, and says so', () => {
    const { read, messages } = refused({ a: undefined, b: () => 1, c: [new Map()], d: 1n, e: Symbol('s') });
    expect(read).toEqual({ c: [undefined] });
    expect(messages).toEqual([
      '$.b must be a JSON value; found a function',
      '$.c[0] must be a JSON value; found an instance of a class',
      '$.d must be a JSON value; found a bigint',
      '$.e must be a JSON value; found a symbol',
    ]);
  });
});
