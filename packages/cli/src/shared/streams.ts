/** What stdout and stderr are used for: data on stdout, everything else on stderr. */
import { fstatSync } from 'node:fs';
import pc from 'picocolors';

/** Whether a stream of this number goes to another program. */
export function isPipe(descriptor: number): boolean {
  try {
    const stats = fstatSync(descriptor);
    return stats.isFIFO() || stats.isSocket();
  } catch {
    // It is closed.
    return false;
  }
}

/** A reader that goes away (`adfw list | head -1`) is no failure. Commands do the same for stdout. */
export function ignoreClosedPipe(stream: NodeJS.WritableStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EPIPE') throw error;
  });
}

/** Waits until what was written has left the process, or its reader has. */
export const flushed = (stream: NodeJS.WriteStream): Promise<void> =>
  new Promise((resolve) => {
    if (stream.destroyed) return resolve();
    stream.once('close', resolve);
    stream.write('', () => resolve());
  });

/**
 * Sends what anything writes to stdout to stderr instead, so that libraries and plugins cannot spoil a JSON document.
 * @returns what undoes it.
 */
export function divertStdout(): () => void {
  const { write } = process.stdout;
  process.stdout.write = process.stderr.write.bind(process.stderr);
  return () => {
    process.stdout.write = write;
  };
}

/** Colours for a stream, where it is a terminal; FORCE_COLOR and NO_COLOR (https://no-color.org) decide before that. */
export function coloursFor(stream: { isTTY?: boolean }, env = process.env) {
  const { NO_COLOR, FORCE_COLOR, TERM } = env;
  const wanted =
    FORCE_COLOR !== undefined && FORCE_COLOR !== ''
      ? FORCE_COLOR !== '0' && FORCE_COLOR !== 'false'
      : !NO_COLOR && stream.isTTY === true && TERM !== 'dumb';
  return pc.createColors(wanted);
}
export type Colours = ReturnType<typeof coloursFor>;
