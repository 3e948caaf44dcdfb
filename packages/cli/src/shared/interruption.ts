/** Ctrl-C and SIGTERM: the first asks the work to stop where it can go on later, the second ends the process. */
import { constants } from 'node:os';

const signals = ['SIGINT', 'SIGTERM'] as const;
type Signal = (typeof signals)[number];

/** The work was stopped by a signal; the exit code is 128 + the signal's number, as shells have it. */
export class Interruption extends Error {
  override name = 'Interruption';
  readonly exitCode: number;
  /** @param advice a sentence about what to do next. */
  constructor(
    readonly signal: Signal,
    advice?: string,
    options?: ErrorOptions,
  ) {
    super(`Interrupted${advice === undefined ? '.' : `. ${advice}`}`, options);
    this.exitCode = exitCodeOf(signal);
  }
}

const exitCodeOf = (signal: Signal): number => 128 + constants.signals[signal];

/**
 * Runs `work` with a signal that Ctrl-C aborts; what it then throws becomes an {@link Interruption}, unless it is one, with
 * advice, already.
 */
export async function interruptible<T>(work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const controller = new AbortController();
  let received: Signal | undefined;
  const onSignal = (signal: Signal) => {
    if (received) process.exit(exitCodeOf(signal));
    received = signal;
    controller.abort(new Interruption(signal));
  };
  for (const signal of signals) process.on(signal, onSignal);
  try {
    return await work(controller.signal);
  } catch (error) {
    throw received && !(error instanceof Interruption)
      ? new Interruption(received, undefined, { cause: error })
      : error;
  } finally {
    for (const signal of signals) process.off(signal, onSignal);
  }
}
