import { describe, expect, it } from 'vitest';
import { ConfigurationError } from '../contracts/errors.js';
import { memoryBudget, parseMemory } from './memory-budget.js';

describe('memoryBudget', () => {
  it('is spent, and refuses what is too much without spending it', () => {
    const budget = memoryBudget(10);
    expect([budget.take(6), budget.take(5), budget.take(4), budget.take(1)]).toEqual([
      true,
      false,
      true,
      false,
    ]);
  });
});

describe('parseMemory', () => {
  it.each([
    ['2GiB', 2 ** 31],
    ['1.5 KiB', 1536],
    ['500MB', 5e8],
    ['0', 0],
  ])('%s', (amount, bytes) => expect(parseMemory(amount)).toBe(bytes));

  it.each(['', 'lots', '-1GiB', '2 TB', '1e9', 'GiB'])('refuses "%s"', (amount) => {
    expect(() => parseMemory(amount)).toThrow(ConfigurationError);
  });
});
