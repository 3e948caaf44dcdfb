/** The results of `f` for every item, in order, at most `atOnce` calls at a time; none is begun after one has failed. */
export async function eachInOrder<T, R>(
  items: readonly T[],
  atOnce: number,
  f: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  const queue = items.entries();
  let failed = false;
  const take = async () => {
    for (const [index, item] of queue) {
      if (failed) return;
      try {
        results[index] = await f(item, index);
      } catch (error) {
        failed = true;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: atOnce }, take));
  return results;
}
