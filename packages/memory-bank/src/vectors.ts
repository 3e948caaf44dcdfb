/** Vectors of one length, `width`, after one another; a bank of some hundred thousand is one block of memory. */
export interface Vectors {
  readonly values: Float32Array;
  readonly width: number;
}

export const vectorCount = ({ values, width }: Vectors): number => values.length / width;

/** Those at `indices`, in their order. */
export function pick({ values, width }: Vectors, indices: ArrayLike<number>): Vectors {
  const picked = new Float32Array(indices.length * width);
  for (let i = 0; i < indices.length; i++) {
    const start = (indices[i] as number) * width;
    picked.set(values.subarray(start, start + width), i * width);
  }
  return { values: picked, width };
}

/** The square of the length of each. */
export function squaredNorms(vectors: Vectors): Float64Array {
  const { values, width } = vectors;
  const norms = new Float64Array(vectorCount(vectors));
  for (let i = 0; i < norms.length; i++) {
    let sum = 0;
    for (let at = i * width; at < (i + 1) * width; at++) sum += (values[at] as number) ** 2;
    norms[i] = sum;
  }
  return norms;
}

/** The squared distance of the i-th of `a` to the j-th of `b`, of equal width, if it is below `limit`, else `limit`. */
export function squaredDistanceBelow(limit: number, a: Vectors, i: number, b: Vectors, j: number): number {
  const { width } = a;
  let [from, to] = [i * width, j * width];
  let sum = 0;
  for (const end = from + width; from < end; ) {
    for (const pause = Math.min(from + 16, end); from < pause; from++, to++) {
      const difference = (a.values[from] as number) - (b.values[to] as number);
      sum += difference * difference;
    }
    if (sum >= limit) return limit;
  }
  return sum;
}
