/** Numbers and commands as a person reads them. */
import prettyMilliseconds from 'pretty-ms';

export { shellCommand } from '@adfw/core';

/** `412ms`, `8.3s`, `2m 5s`. */
export const formatSeconds = (seconds: number): string =>
  prettyMilliseconds(seconds * 1000, { secondsDecimalDigits: seconds < 10 ? 1 : 0 });

/** Time that is left: whole seconds, since it is an estimate. */
export const formatRemaining = (seconds: number): string =>
  seconds < 1 ? '<1s' : prettyMilliseconds(Math.round(seconds) * 1000);

/** Four significant digits: scores and losses of methods differ by orders of magnitude. */
export function formatScore(score: number): string {
  const magnitude = Math.abs(score);
  if (score !== 0 && (magnitude < 1e-3 || magnitude >= 1e6)) return score.toExponential(3);
  return score.toPrecision(4);
}

/** A measure between 0 and 1. */
export const formatMeasure = (value: number | null): string => (value === null ? '-' : value.toFixed(3));

/** A chance that is at most this one, `5.9 %`: rounded up. */
export const formatBound = (chance: number): string => `${Math.ceil(1000 * chance - 1e-9) / 10} %`;

export const formatRate = (perSecond: number): string => perSecond.toFixed(perSecond < 10 ? 1 : 0);

/** `1 image`, `2 images`. */
export const count = (many: number, noun: string): string => `${many} ${noun}${many === 1 ? '' : 's'}`;
