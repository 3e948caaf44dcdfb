import { describe, expect, it } from 'vitest';
import { mergeDocuments } from './merge.js';

describe('mergeDocuments', () => {
  it('merges objects key by key, and replaces everything else', () => {
    const lower = { a: { b: 1, c: [1, 2] }, d: 3 };
    expect(mergeDocuments(lower, { a: { c: [3] }, e: null })).toEqual({ a: { b: 1, c: [3] }, d: 3, e: null });
    expect(mergeDocuments(lower, { a: 'text' })).toEqual({ a: 'text', d: 3 });
    expect(mergeDocuments({ a: 'text' }, lower)).toEqual(lower);
    expect(mergeDocuments(lower, null)).toBeNull();
    expect(mergeDocuments(undefined, lower)).toBe(lower);
  });

  it('drops what is said of a part, however deep, where a higher layer names another', () => {
    const lower = { model: { type: 'a', network: { type: 'b', width: 3 }, share: 1 } };
    expect(mergeDocuments(lower, { model: { network: { type: 'c' } } })).toEqual({
      model: { type: 'a', network: { type: 'c' }, share: 1 },
    });
    expect(mergeDocuments(lower, { model: { network: { type: 'b', depth: 2 } } })).toEqual({
      model: { type: 'a', network: { type: 'b', width: 3, depth: 2 }, share: 1 },
    });
    expect(mergeDocuments(lower, { model: { type: 'd' } })).toEqual({ model: { type: 'd' } });
    expect(mergeDocuments({ width: 3 }, { type: 'b' })).toEqual({ width: 3, type: 'b' });
  });

  it('changes neither', () => {
    const [lower, higher] = [{ a: { b: 1 } }, { a: { c: 2 } }];
    mergeDocuments(lower, higher);
    expect([lower, higher]).toEqual([{ a: { b: 1 } }, { a: { c: 2 } }]);
  });
});
