import leven from 'leven';

/**
 * The allowed name that `name` is most likely a typo of: at most two edits away, or a third of its length, upper and lower
 * case counting as equal; undefined where none is that near.
 */
export function nearestName(name: string, allowed: readonly string[]): string | undefined {
  const distances = allowed.map((candidate) => leven(name.toLowerCase(), candidate.toLowerCase()));
  const smallest = Math.min(...distances);
  // As many edits as there are letters turn any word into any other.
  const near = smallest <= Math.max(2, Math.floor(name.length / 3)) && smallest < name.length;
  return near ? allowed[distances.indexOf(smallest)] : undefined;
}
