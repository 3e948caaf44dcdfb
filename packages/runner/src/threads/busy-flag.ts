/**
 * Whether a thread is at work, in memory that it shares with the thread that started it. When a process exits, Node ends its
 * threads wherever they are; inside a call of ONNX Runtime that aborts the process. So a process waits on its way out until its
 * threads are idle.
 */
export type BusyFlag = Int32Array<SharedArrayBuffer>;

const [IDLE, BUSY, ENDING] = [0, 1, 2];

/** The flag of a thread that starts, which is work. */
export const busyFlag = (): BusyFlag => new Int32Array(new SharedArrayBuffer(4)).fill(BUSY);

/** For the thread: whether it may work, which it may not when the process ends. */
export const beginWork = (flag: BusyFlag): boolean => Atomics.compareExchange(flag, 0, IDLE, BUSY) !== ENDING;

/** For the thread: it is idle now. */
export function endWork(flag: BusyFlag): void {
  Atomics.compareExchange(flag, 0, BUSY, IDLE);
  Atomics.notify(flag, 0);
}

/** What is at work for longer hangs. */
const LONGEST_WORK = 30_000;

const flags = new Set<BusyFlag>();

function awaitIdleThreads(): void {
  for (const flag of flags)
    while (Atomics.compareExchange(flag, 0, IDLE, ENDING) === BUSY)
      if (Atomics.wait(flag, 0, BUSY, LONGEST_WORK) === 'timed-out') break;
}

/**
 * The process waits for this thread before it exits.
 * @returns what undoes it, when the thread has ended.
 */
export function awaitBeforeExit(flag: BusyFlag): () => void {
  if (flags.size === 0) process.on('exit', awaitIdleThreads);
  flags.add(flag);
  return () => {
    flags.delete(flag);
    if (flags.size === 0) process.off('exit', awaitIdleThreads);
  };
}
