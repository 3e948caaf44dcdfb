import { afterEach, expect, it } from 'vitest';
import { observeSpans, type SpanObserver, spanned, spannedBeside } from './spans.js';

afterEach(() => observeSpans(null));

function observed() {
  const seen: string[] = [];
  const told = (how: string) => (name: string) => {
    seen.push(`${how} ${name}`);
    return () => seen.push(`end ${name}`);
  };
  observeSpans({ begin: told('begin'), beginBeside: told('beside') } as SpanObserver);
  return seen;
}

it('tells of work when it begins and when it has ended, one within another and side by side', async () => {
  const seen = observed();
  const result = await spanned('outer', async () => {
    await Promise.all(['a', 'b'].map((name) => spannedBeside(name, async () => name)));
    return spanned('inner', async () => 3);
  });
  expect(result).toBe(3);
  expect(seen).toEqual([
    ...['begin outer', 'beside a', 'beside b', 'end a', 'end b', 'begin inner', 'end inner', 'end outer'],
  ]);
});

it('tells of the end of work that fails, and passes the error on', async () => {
  const seen = observed();
  const failing = async () => {
    throw new Error('no');
  };
  await expect(spanned('work', failing)).rejects.toThrow('no');
  expect(seen).toEqual(['begin work', 'end work']);
});

it('does the work all the same where nobody observes', async () => {
  const seen = observed();
  observeSpans(null);
  expect(await spanned('work', async () => 5)).toBe(5);
  expect(seen).toEqual([]);
});
