/** Values of flags that are not part of an experiment, whose schema would check them. */
import { ConfigurationError, nearestName } from '@adfw/core';

/** @throws ConfigurationError that lists what is allowed. */
export function choiceOf<T extends string>(flag: string, value: string, allowed: readonly T[]): T {
  const found = allowed.find((candidate) => candidate === value);
  if (found !== undefined) return found;
  const nearest = nearestName(value, allowed);
  throw new ConfigurationError(
    `${flag} must be one of ${allowed.join(', ')}; found "${value}".${nearest === undefined ? '' : ` Did you mean ${nearest}?`}`,
  );
}

/**
 * @param what it must be, as it follows "must be": `a number`.
 * @throws ConfigurationError where it is not a finite number.
 */
export function numberOf(flag: string, value: string, what = 'a number'): number {
  const number = value.trim() === '' ? Number.NaN : Number(value);
  if (Number.isFinite(number)) return number;
  throw new ConfigurationError(`${flag} must be ${what}; found "${value}".`);
}

/** @throws ConfigurationError where it is not a whole number of at least `least`. */
export function wholeNumber(flag: string, value: string, least = 0): number {
  const what = `a whole number from ${least} on`;
  const number = numberOf(flag, value, what);
  if (Number.isSafeInteger(number) && number >= least) return number;
  throw new ConfigurationError(`${flag} must be ${what}; found "${value}".`);
}

export const positiveWhole = (flag: string, value: string): number => wholeNumber(flag, value, 1);
