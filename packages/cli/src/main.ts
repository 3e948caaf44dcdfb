/** Runs the command line: finds the command, and turns whatever is thrown into a message and an exit code. */
import { flush, run, settings } from '@oclif/core';
import { describeFailure, writeFailure } from './failure.js';
import { ignoreClosedPipe } from './streams.js';

/**
 * @param argv what follows `adfw`.
 * @returns the exit code: 0 done, 1 failed while running, 2 wrong usage or configuration, 128 + signal when interrupted.
 */
export async function main(argv: readonly string[]): Promise<number> {
  // oclif would otherwise look for sources to transpile when NODE_ENV says test or development.
  settings.enableAutoTranspile = false;
  ignoreClosedPipe(process.stderr);
  let exitCode = 0;
  try {
    await run(argv[0] === 'help' ? [...argv.slice(1), '--help'] : [...argv], import.meta.url);
  } catch (error) {
    const failure = await describeFailure(error);
    writeFailure(failure, { json: asksForJson(argv) });
    exitCode = failure.exitCode;
  }
  await flush();
  return exitCode;
}

function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end === -1 ? argv.length : end).includes('--json');
}
