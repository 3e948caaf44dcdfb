/** For how many milliseconds a loop goes on without letting others have their turn: whoever aborts it, for one. */
const TURN = 100;

/** To be called in each round of a loop that computes for long: waits a moment where others have had no turn for a while. */
export function turns(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < TURN) return;
    await new Promise((resolve) => setTimeout(resolve));
    last = performance.now();
  };
}
