// Sorts the tests that ran: passed, listed in `exceptions.mjs`, not run for want of a kernel, or wrong.
import { exceptions } from './exceptions.mjs';

const reasons = new Map(exceptions.flatMap(({ why, tests }) => tests.map((name) => [name, why])));

/**
 * @param isWhole whether all tests ran, so that a listed name that no test has is an error too
 * @returns `{ passed, listed, unregistered, unexpected, stale }`: tests; of `listed` with the reason each, of `stale` names
 */
export function judge(tests, isWhole) {
  const unregistered = tests.filter((test) => test.missing.size > 0);
  const judged = tests.filter((test) => test.missing.size === 0);
  const failed = judged.filter((test) => !test.passed);
  const failedNames = new Set(failed.map(({ name }) => name));
  const ran = new Set(tests.map(({ name }) => name));
  return {
    passed: judged.filter((test) => test.passed),
    listed: failed
      .filter(({ name }) => reasons.has(name))
      .map((test) => ({ ...test, why: reasons.get(test.name) })),
    unregistered,
    unexpected: failed.filter(({ name }) => !reasons.has(name)),
    stale: [...reasons.keys()].filter((name) => !failedNames.has(name) && (isWhole || ran.has(name))),
  };
}

/** How many of the list have each key, in the order in which the keys come first. */
export function countBy(list, keyOf) {
  const counts = new Map();
  for (const element of list) {
    const key = keyOf(element);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  return [...counts];
}
