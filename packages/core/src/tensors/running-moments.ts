/** Below this a channel is taken not to vary: dividing by its deviation would make noise of it. */
const SMALLEST_DEVIATION = 1e-6;

/**
 * Mean and standard deviation (population) of each channel of values that come in batches (Chan, Golub and LeVeque 1983, eq.
 * 2.1), in double precision.
 */
export function runningMoments() {
  let total = 0;
  const means: number[] = [];
  /** Sums of squared distances from the mean. */
  const squares: number[] = [];
  return {
    /** @param count how many values of each channel the batch has, of this mean and variance. */
    add(count: number, batchMeans: ArrayLike<number>, batchVariances: ArrayLike<number>): void {
      const sum = total + count;
      for (let channel = 0; channel < batchMeans.length; channel++) {
        const distance = (batchMeans[channel] as number) - (means[channel] ?? 0);
        squares[channel] =
          (squares[channel] ?? 0) +
          (batchVariances[channel] as number) * count +
          (distance * distance * total * count) / sum;
        means[channel] = (means[channel] ?? 0) + (distance * count) / sum;
      }
      total = sum;
    },
    means: (): readonly number[] => means,
    /** 1 for a channel that does not vary, so that dividing by it leaves it alone. */
    deviations: (): readonly number[] =>
      squares.map((square) => {
        const deviation = Math.sqrt(square / total);
        return deviation < SMALLEST_DEVIATION ? 1 : deviation;
      }),
  };
}
