/**
 * Creates what holds tensors; what was kept of it is disposed where that fails half-way.
 * @param create is given `keep`, which is told of each thing that has to be disposed, and gives it back.
 */
export async function disposingOnError<T>(
  create: (keep: <U extends { dispose(): void }>(value: U) => U) => Promise<T>,
): Promise<T> {
  const kept: { dispose(): void }[] = [];
  try {
    return await create((value) => {
      kept.push(value);
      return value;
    });
  } catch (error) {
    for (const value of kept) value.dispose();
    throw error;
  }
}
