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

/** Choices of a filter, and what each lets through. */
export const outcomeFilters = {
  all: { text: 'all', passes: () => true },
  wrong: { text: 'wrong', passes: isWrong },
  falseBad: {
    text: 'false bads (good called defective)',
    passes: (outcome: Outcome) => outcome === 'falseBad',
  },
  falseGood: {
    text: 'false goods (defective called good)',
    passes: (outcome: Outcome) => outcome === 'falseGood',
  },
  right: { text: 'right', passes: (outcome: Outcome) => !isWrong(outcome) },
} as const;
export type OutcomeFilter = keyof typeof outcomeFilters;
