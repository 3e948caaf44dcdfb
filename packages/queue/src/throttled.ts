/** Says the same message but once a minute: a connection that is lost fails many times. */
export function throttled(say: (error: Error) => void): (error: Error) => void {
  const last = new Map<string, number>();
  return (error) => {
    const now = performance.now();
    if (now - (last.get(error.message) ?? Number.NEGATIVE_INFINITY) < 60_000) return;
    last.set(error.message, now);
    say(error);
  };
}
