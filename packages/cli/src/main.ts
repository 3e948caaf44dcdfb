/** Runs the command line: finds the command, and turns whatever is thrown into a message and an exit code. */
import { run, settings } from '@oclif/core';
import { describeFailure, resultOf, writeFailure } from './shared/failure.js';
import { flushed, ignoreClosedPipe } from './shared/streams.js';

/**
 * @param argv what follows `adfw`.
 * @returns the exit code: 0 done, 1 failed while running, 2 wrong usage or configuration, 128 + signal when interrupted.
 */
export async function main(argv: readonly string[]): Promise<number> {
  // oclif would otherwise look for sources to transpile when NODE_ENV says test or development.
  settings.enableAutoTranspile = false;
  ignoreClosedPipe(process.stderr);
  // What is thrown where nobody waits for it: a stream's error, a plugin's callback.
  process.once('uncaughtException', async (error) => process.exit(await fail(error, argv)));
  let exitCode = 0;
  try {
    await run(argv[0] === 'help' ? [...argv.slice(1), '--help'] : [...argv], import.meta.url);
    // Of a command that has a result, but one with failures in it.
    exitCode = Number(process.exitCode ?? 0);
  } catch (error) {
    exitCode = await fail(error, argv);
  }
  await Promise.all([flushed(process.stdout), flushed(process.stderr)]);
  return exitCode;
}

async function fail(error: unknown, argv: readonly string[]): Promise<number> {
  const failure = await describeFailure(error);
  writeFailure(failure, { json: asksForJson(argv), result: resultOf(error) });
  return failure.exitCode;
}

function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--');
  return argv.slice(0, end === -1 ? argv.length : end).includes('--json');
}
