/** What was kept is disposed where `create` fails. */
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
