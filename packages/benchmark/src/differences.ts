/** In what one JSON document differs from another. */
import { normalizedName } from '@adfw/core';

export interface Difference {
  /** `fit.batchSize`. */
  readonly path: string;
  readonly expected: unknown;
  readonly found: unknown;
}

/**
 * What `found` has otherwise than `expected`, key by key; keys that only `found` has are not looked at. Lists are compared as a
 * whole.
 */
export function differences(expected: unknown, found: unknown, path = ''): Difference[] {
  if (isRecord(expected) && isRecord(found))
    return Object.entries(expected).flatMap(([key, value]) =>
      differences(value, found[key], path === '' ? key : `${path}.${key}`),
    );
  return comparable(expected) === comparable(found) ? [] : [{ path, expected, found }];
}

/** The same in both directions: what only one of them has is a difference as well. */
export function allDifferences(expected: unknown, found: unknown): Difference[] {
  const there = differences(expected, found);
  const back = differences(found, expected).map(({ path, expected, found }) => ({
    path,
    expected: found,
    found: expected,
  }));
  const paths = new Set(there.map(({ path }) => path));
  return [...there, ...back.filter(({ path }) => !paths.has(path))];
}

/** Names of files and categories may come from a system that stores accents in another way. */
const comparable = (value: unknown): string => normalizedName(JSON.stringify(value) ?? '');

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
