/** Mean and deviation (population) of values that come in batches, in double precision (Chan, Golub and LeVeque 1983, eq. 2.1). */
export function runningMoments() {
  let count = 0;
  let mean = 0;
  /** Sum of squared distances from the mean. */
  let squares = 0;
  return {
    add(values: ArrayLike<number>): void {
      if (values.length === 0) return;
      let sum = 0;
      for (let index = 0; index < values.length; index++) sum += values[index] as number;
      const batchMean = sum / values.length;
      let batchSquares = 0;
      for (let index = 0; index < values.length; index++)
        batchSquares += ((values[index] as number) - batchMean) ** 2;
      const total = count + values.length;
      const distance = batchMean - mean;
      squares += batchSquares + (distance * distance * count * values.length) / total;
      mean += (distance * values.length) / total;
      count = total;
    },
    mean: () => mean,
    /** 0 where there are no values, or all are equal. */
    deviation: () => (count === 0 ? 0 : Math.sqrt(squares / count)),
  };
}
