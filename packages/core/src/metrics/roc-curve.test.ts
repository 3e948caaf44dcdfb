import { expect, it } from 'vitest';
import { auroc } from './auroc.js';
import { rocCurve } from './roc-curve.js';

const scores = [0.8, 0.4, 0.4, 0.35, 0.1, 0.8, 0.2, 0.4];
const labels = [1, 0, 1, 1, 0, 1, 0, 0];

it("has the points of scikit-learn's roc_curve", () => {
  // scikit-learn 1.9: roc_curve(labels, scores, drop_intermediate=False)
  expect(rocCurve(scores, labels)).toEqual({
    thresholds: [Infinity, 0.8, 0.4, 0.35, 0.2, 0.1],
    falsePositiveRates: [0, 0, 0.5, 0.5, 0.75, 1],
    truePositiveRates: [0, 0.5, 0.75, 1, 1, 1],
  });
});

it('has the area that is the AUROC', () => {
  const { falsePositiveRates: x, truePositiveRates: y } = rocCurve(scores, labels);
  let area = 0;
  for (let i = 1; i < x.length; i++)
    area += (((x[i] as number) - (x[i - 1] as number)) * ((y[i] as number) + (y[i - 1] as number))) / 2;
  expect(area).toBeCloseTo(auroc(scores, labels), 14);
});

it('says what is wrong with its input', () => {
  expect(() => rocCurve([], [])).toThrow('There are no samples');
  expect(() => rocCurve([1, 2], [1, 1])).toThrow('There is no nominal sample');
  expect(() => rocCurve([1, Number.NaN], [0, 1])).toThrow('Score 1 is NaN');
});
