/**
 * Compares names as people order them: runs of digits by their value, everything else by code unit, so that `9.png` comes
 * before `10.png` and the order is the same on every system and in every language, however it stores accents.
 * @returns below, above or equal to 0, as `Array.sort` takes it.
 */
export const naturalOrder = (left: string, right: string): number =>
  composedOrder(left.normalize('NFC'), right.normalize('NFC')) || compare(left, right);

function composedOrder(left: string, right: string): number {
  const leftRuns = digitRuns(left);
  const rightRuns = digitRuns(right);
  const count = Math.min(leftRuns.length, rightRuns.length);
  for (let i = 0; i < count; i++) {
    const [a, b] = [leftRuns[i] as string, rightRuns[i] as string];
    const order = i % 2 === 0 ? compare(a, b) : compareDigits(a, b);
    if (order !== 0) return order;
  }
  return leftRuns.length - rightRuns.length;
}

/** Text and digits by turns: `a12b` to `a`, `12`, `b`; the first is empty where it starts with a digit. */
const digitRuns = (name: string): string[] => name.split(/(\d+)/);

/** By value, as text: file names may have more digits than a number holds. */
function compareDigits(left: string, right: string): number {
  const [a, b] = [left.replace(/^0+/, ''), right.replace(/^0+/, '')];
  return a.length - b.length || compare(a, b);
}

const compare = (left: string, right: string): number => (left < right ? -1 : left > right ? 1 : 0);
