import { describe, expect, it } from 'vitest';
import { newThreshold } from './new-threshold.js';

describe('newThreshold', () => {
  const manifest = { heldOutScores: [3, 1, 2, 5, 4] };
  const ask = (value: string | undefined, quantile?: string, model = manifest) =>
    newThreshold(model, { value, quantile });

  it('takes a score, or a quantile of the held-out scores', async () => {
    await expect(ask('0.31')).resolves.toBe(0.31);
    // numpy.quantile([1, 2, 3, 4, 5], 0.9)
    await expect(ask(undefined, '0.9')).resolves.toBeCloseTo(4.6, 12);
    await expect(ask(undefined, '1')).resolves.toBe(5);
    await expect(ask(undefined)).resolves.toBeUndefined();
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
