import { describe, expect, it } from 'vitest';
import { newThreshold } from './new-threshold.js';

describe('newThreshold', () => {
  const manifest = { heldOutScores: [3, 1, 2, 5, 4] };
  const ask = (value: string | undefined, quantile?: string, model = manifest) =>
    newThreshold(model, { value, quantile });

  it('takes a score, or a quantile of the held-out scores', async () => {
    await expect(ask('0.31')).resolves.toEqual({ threshold: 0.31 });
    // Just above the ⌈6 · 0.5⌉ = 3rd, and the 5th.
    await expect(ask(undefined, '0.5')).resolves.toEqual({ threshold: 3 + 2 ** -22 });
    await expect(ask(undefined, '1')).resolves.toEqual({ threshold: 5 + 2 ** -21 });
    await expect(ask(undefined)).resolves.toBeUndefined();
  });

  it('says how many held-out images a quantile needs where there are fewer', async () => {
    await expect(ask(undefined, '0.8')).resolves.not.toHaveProperty('heldOutWanted');
    await expect(ask(undefined, '0.9')).resolves.toEqual({ threshold: 5 + 2 ** -21, heldOutWanted: 9 });
  });

  it.each([
    ['x', undefined, 'The threshold must be a score, which is a number; found "x".'],
    ['', undefined, 'found "".'],
    [undefined, '0', '--quantile must be a number above 0 and at most 1, as in 0.99; found 0.'],
    [undefined, '1.1', 'found 1.1.'],
    [undefined, 'NaN', 'found "NaN".'],
    ['1', '0.5', 'not both'],
  ])('refuses the score %j with the quantile %j', async (value, quantile, message) => {
    await expect(ask(value, quantile)).rejects.toThrow(message);
  });

  it('needs held-out images for a quantile', async () => {
    await expect(ask(undefined, '0.9', { heldOutScores: [] })).rejects.toThrow('held none out');
  });
});
