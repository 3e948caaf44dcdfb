import leven from 'leven';

/** With fewer letters a name begins like too many others. */
const SHORTEST_BEGINNING = 3;

/**
 * The allowed name that `name` most likely stands for: one that begins with it, from three letters on, or else the nearest, at most
 * two edits away, or a third of its length; upper and lower case count as equal. Undefined where none is that near.
 */
export function nearestName(name: string, allowed: readonly string[]): string | undefined {
  const begun = allowed.find((candidate) => candidate.toLowerCase().startsWith(name.toLowerCase()));
  if (begun !== undefined && name.length >= SHORTEST_BEGINNING) return begun;
  const distances = allowed.map((candidate) => leven(name.toLowerCase(), candidate.toLowerCase()));
  const smallest = Math.min(...distances);
  // As many edits as there are letters turn any word into any other.
  const near = smallest <= Math.max(2, Math.floor(name.length / 3)) && smallest < name.length;
  return near ? allowed[distances.indexOf(smallest)] : undefined;
}
