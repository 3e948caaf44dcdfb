import { describe, expect, it } from 'vitest';
import { initialValues } from './initialization.js';
import type { TensorSpec } from './layer.js';

const kernel: TensorSpec = { name: 'layer1.0.conv1.weight', role: 'kernel', shape: [3, 3, 32, 64] };

describe('initialValues', () => {
  it('draws kernels from a normal distribution of variance 2 / fan-out', () => {
    const values = initialValues(kernel, 7);
    const fanOut = 3 * 3 * 64;
    const moment = (power: number) => values.reduce((sum, value) => sum + value ** power, 0) / values.length;
    const variance = 2 / fanOut;
    expect(Math.abs(moment(1))).toBeLessThan(4 * Math.sqrt(variance / values.length));
    expect(moment(2) / variance).toBeCloseTo(1, 1);
    // A normal distribution's fourth moment is three times the square of its second; a uniform one's 1.8 times.
    expect(moment(4) / moment(2) ** 2).toBeGreaterThan(2.8);
    expect(moment(4) / moment(2) ** 2).toBeLessThan(3.2);
  });

  it('depends on the seed and the name alone', () => {
    expect(initialValues(kernel, 7)).toEqual(initialValues(kernel, 7));
    expect(initialValues(kernel, 8)).not.toEqual(initialValues(kernel, 7));
    expect(initialValues({ ...kernel, name: 'layer1.0.conv2.weight' }, 7)).not.toEqual(
      initialValues(kernel, 7),
    );
  });

  it('gives these numbers for ever: a run made with an older version can be repeated', () => {
    expect([...initialValues({ ...kernel, shape: [1, 1, 1, 3] }, 42)]).toMatchInlineSnapshot(`
      [
        -0.8108748197555542,
        0.36944887042045593,
        -1.0156571865081787,
      ]
    `);
  });

  it('draws a matrix uniformly between ±1/√C', () => {
    const values = initialValues({ name: 'fc.weight', role: 'matrix', shape: [16, 1000] }, 7);
    const moment = (power: number) => values.reduce((sum, value) => sum + value ** power, 0) / values.length;
    expect(Math.max(...values)).toBeLessThan(1 / 4);
    expect(Math.min(...values)).toBeGreaterThan(-1 / 4);
    expect(Math.abs(moment(1))).toBeLessThan(4 * Math.sqrt(moment(2) / values.length));
    expect(moment(2) / (1 / (3 * 16))).toBeCloseTo(1, 1);
  });

  it('begins batch normalisation as the identity', () => {
    const of = (role: TensorSpec['role']) => [...initialValues({ name: 'bn1', role, shape: [2] }, 0)];
    expect([of('scale'), of('offset'), of('mean'), of('variance')]).toEqual([
      [1, 1],
      [0, 0],
      [0, 0],
      [1, 1],
    ]);
  });
});
