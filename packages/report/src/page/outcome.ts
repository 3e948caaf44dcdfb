/** What a threshold makes of an image. */

export const outcomes = {
  falseBad: 'false bad',
  falseGood: 'false good',
  rightBad: 'found',
  rightGood: 'right',
} as const;
export type Outcome = keyof typeof outcomes;

export const outcomeOf = (label: 0 | 1, isCalledDefective: boolean): Outcome =>
  label === 1 ? (isCalledDefective ? 'rightBad' : 'falseGood') : isCalledDefective ? 'falseBad' : 'rightGood';

export const isWrong = (outcome: Outcome): boolean => outcome === 'falseBad' || outcome === 'falseGood';

/** Choices of a filter. */
export const outcomeFilters = [
  ['all', 'all'],
  ['wrong', 'wrong'],
  ['falseBad', 'false bads (good called defective)'],
  ['falseGood', 'false goods (defective called good)'],
  ['right', 'right'],
] as const;
export type OutcomeFilter = (typeof outcomeFilters)[number][0];

export function passes(filter: OutcomeFilter, outcome: Outcome): boolean {
  if (filter === 'all') return true;
  if (filter === 'wrong' || filter === 'right') return isWrong(outcome) === (filter === 'wrong');
  return outcome === filter;
}
