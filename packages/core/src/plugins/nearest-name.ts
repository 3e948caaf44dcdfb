import leven from 'leven';
import { foldedName } from './normalized-name.js';

/** With fewer letters a name begins like too many others. */
const SHORTEST_BEGINNING = 3;

/**
 * The allowed name that `name` most likely stands for: one that begins with it, from three letters on, or else the nearest, at most
 * two edits away, or a third of its length. Upper and lower case count as equal, and so do the ways to store an accent. Undefined
 * where none is that near.
 */
export function nearestName(name: string, allowed: readonly string[]): string | undefined {
  const wanted = foldedName(name);
  const begun = allowed.find((candidate) => foldedName(candidate).startsWith(wanted));
  if (begun !== undefined && wanted.length >= SHORTEST_BEGINNING) return begun;
  const distances = allowed.map((candidate) => leven(wanted, foldedName(candidate)));
  const smallest = Math.min(...distances);
  // As many edits as there are letters turn any word into any other.
  const near = smallest <= Math.max(2, Math.floor(wanted.length / 3)) && smallest < wanted.length;
  return near ? allowed[distances.indexOf(smallest)] : undefined;
}
