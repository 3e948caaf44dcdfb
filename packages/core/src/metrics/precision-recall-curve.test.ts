import { expect, it } from 'vitest';
import { precisionRecallCurve } from './precision-recall-curve.js';

it("has the points of scikit-learn's precision_recall_curve, highest threshold first", () => {
  // scikit-learn 1.9: precision_recall_curve(labels, scores) reversed, without its last point (1, 0), which has no threshold.
  expect(precisionRecallCurve([0.8, 0.4, 0.4, 0.35, 0.1, 0.8, 0.2, 0.4], [1, 0, 1, 1, 0, 1, 0, 0])).toEqual({
    thresholds: [0.8, 0.4, 0.35, 0.2, 0.1],
    precisions: [1, 0.6, 4 / 6, 4 / 7, 0.5],
    recalls: [0.5, 0.75, 1, 1, 1],
  });
});

it('says what is wrong with its input', () => {
  expect(() => precisionRecallCurve([1, 2], [0, 0])).toThrow('There is no defective sample');
});
