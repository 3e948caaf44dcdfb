import { describe, expect, it } from 'vitest';
import { positionOf, stepped, thresholdAfterKey, thresholdAt, thresholdSteps } from './threshold-steps.js';

const scores = [0.4, 0.1, 0.3, 0.3];

describe('the steps of a threshold', () => {
  const steps = thresholdSteps(scores);

  it('are the distinct scores, and one above all', () => {
    expect(steps.steps.slice(0, 3)).toEqual([0.1, 0.3, 0.4]);
    expect(steps.steps[3]).toBeGreaterThan(0.4);
    expect(steps.domain[0]).toBeLessThan(0.1);
  });

  it('change the side of one score at a time', () => {
    expect(stepped(steps, 0.1, 1)).toBe(0.3);
    expect(stepped(steps, 0.2, 1)).toBe(0.3);
    expect(stepped(steps, 0.2, -1)).toBe(0.1);
    expect(stepped(steps, 0.3, -1)).toBe(0.1);
    expect(stepped(steps, 0.1, -1)).toBe(0.1);
    expect(stepped(steps, 0.4, 5)).toBe(steps.steps[3]);
    expect(stepped(steps, 99, 1)).toBe(steps.steps[3]);
    expect(stepped(steps, 99, -1)).toBe(steps.steps[3]);
    expect(stepped(steps, -99, -1)).toBe(0.1);
  });

  it('are gone to by keys', () => {
    const after = (key: string) => thresholdAfterKey(steps, 0.3, key);
    expect(['ArrowRight', 'ArrowUp', 'ArrowLeft', 'ArrowDown', 'Home'].map(after)).toEqual([
      0.4, 0.4, 0.1, 0.1, 0.1,
    ]);
    expect(after('End')).toBe(steps.steps[3]);
    expect(after('a')).toBeNull();
  });

  it.each([
    ['linear', scores],
    ['logarithmic', [0.001, 0.002, 0.003, 5]],
    ['of one score', [2, 2]],
    ['of zeros', [0, 0]],
    ['of negative scores', [-3, -1]],
  ])('have a scale, %s, that is undone', (_, some) => {
    const scale = thresholdSteps(some);
    for (const position of [0, 0.2, 0.5, 1])
      expect(positionOf(scale, thresholdAt(scale, position))).toBeCloseTo(position, 9);
    for (const score of some) {
      expect(positionOf(scale, score)).toBeGreaterThan(0);
      expect(positionOf(scale, score)).toBeLessThan(1);
    }
  });

  it('are logarithmic only where most scores would be at one end', () => {
    expect(thresholdSteps([0.001, 0.002, 0.003, 5]).isLogarithmic).toBe(true);
    expect(thresholdSteps([0, 0.002, 0.003, 5]).isLogarithmic).toBe(false);
    expect(thresholdSteps(scores).isLogarithmic).toBe(false);
  });
});
