import { expect, it } from 'vitest';
import { rankSamples } from './ranking.js';

/** Counted one by one, for every distinct defective score. */
function counted(scores: ArrayLike<number>, labels: ArrayLike<number>) {
  const of = (label: number) => Array.from(scores).filter((_, i) => labels[i] === label);
  const [nominal, defective] = [of(0), of(1)];
  const distinct = [...new Set(defective)].sort((a, b) => a - b);
  const many = (list: number[], wanted: (score: number) => boolean) => list.filter(wanted).length;
  return {
    scores: distinct,
    defective: distinct.map((score) => many(defective, (other) => other === score)),
    nominalAbove: distinct.map((score) => many(nominal, (other) => other > score)),
    nominalEqual: distinct.map((score) => many(nominal, (other) => other === score)),
  };
}

const random = (count: number, score: (random: number) => number) => {
  let state = 1;
  const next = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  return Array.from({ length: count }, () => score(next()));
};

it.each([
  ['float32 of both signs', random(700, (x) => Math.fround(x - 0.5))],
  ['many ties', random(700, (x) => Math.floor(x * 20))],
  ['hundreds of orders of magnitude, beyond float32 at both ends', random(700, (x) => 10 ** (600 * x - 300))],
  ['float64 closer to each other than float32', random(700, (x) => 1 + x * 1e-12)],
  ['a single value', random(700, () => 0.25)],
])('counts how the scores of each class compare: %s', (_, scores) => {
  // Few defective scores in the middle, then many: nominal ones lie below, between and above them.
  for (const share of [150, 2]) {
    const labels = scores.map((_, i) => (i % share === 1 ? 1 : 0));
    const ranking = rankSamples(scores, labels);
    const expected = counted(scores, labels);
    for (const key of ['scores', 'defective', 'nominalAbove', 'nominalEqual'] as const)
      expect([...ranking[key]]).toEqual(expected[key]);
  }
});
