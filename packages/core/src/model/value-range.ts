export interface ValueRange {
  readonly min: number;
  readonly max: number;
}

/** The smallest and the largest number in several lists, of which at least one has some; -Infinity, for no score, does not count. */
export function valueRange(lists: readonly ArrayLike<number>[]): ValueRange {
  let [min, max] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const list of lists)
    for (let i = 0; i < list.length; i++) {
      const value = list[i] as number;
      if (value < min && value !== Number.NEGATIVE_INFINITY) min = value;
      if (value > max) max = value;
    }
  return { min, max };
}
