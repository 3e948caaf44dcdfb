/** What the user is told when a command fails. */
import type { Fault } from '@adfw/core';
import { Errors } from '@oclif/core';
import { Interruption } from './interruption.js';
import { coloursFor } from './streams.js';
import { describeUsageError } from './usage-error.js';

export interface Failure {
  message: string;
  faults: readonly Fault[];
  exitCode: number;
  /** Where it was thrown, for those who set DEBUG. */
  stack?: string;
}

/**
 * Keeps what a command has found although it failed: with `--json` it is printed all the same, in the object that has the error.
 * @returns the error.
 */
export function withResult(error: unknown, result: object): unknown {
  if (error instanceof Error) results.set(error, result);
  return error;
}

const results = new WeakMap<Error, object>();

/** Of the error, or of the one that a signal came after. */
export function resultOf(error: unknown): object | undefined {
  if (!(error instanceof Error)) return undefined;
  return results.get(error) ?? resultOf(error.cause);
}

export async function describeFailure(error: unknown): Promise<Failure> {
  const stack = error instanceof Error && error.stack !== undefined ? { stack: error.stack } : {};
  if (error instanceof Errors.ExitError) return { message: '', faults: [], exitCode: error.oclif.exit ?? 0 };
  if (error instanceof Interruption)
    return { message: error.message, faults: [], exitCode: error.exitCode, ...stack };
  if (error instanceof Errors.CLIError) {
    const { command } = error as { command?: string };
    return { message: await describeUsageError(error, command), faults: [], exitCode: 2, ...stack };
  }
  // By name: only commands that use the core load it, and an error is no reason to.
  if (error instanceof Error && error.name === 'ConfigurationError')
    return { message: error.message, faults: faultsOf(error), exitCode: 2, ...stack };
  if (error instanceof Error && error.name === 'DataError')
    return { message: error.message, faults: [], exitCode: 1, ...stack };
  const what = error instanceof Error ? error.message : String(error);
  const [, kernel, engine] = missingKernel.exec(what) ?? [];
  if (kernel !== undefined)
    return {
      message: `The engine "${engine}" lacks the kernel ${kernel}, which this needs. Use another one, as in --engine onnxruntime.`,
      faults: [],
      exitCode: 2,
      ...stack,
    };
  return {
    message: `Unexpected error: ${what.replace(/\.?$/, '.')} Set DEBUG=1 to see where it comes from.`,
    faults: [],
    exitCode: 1,
    ...stack,
  };
}

/** As tfjs says it. */
const missingKernel = /^Kernel '(\w+)' not registered for backend '(\w+)'/;

const faultsOf = (error: Error): readonly Fault[] => ('faults' in error ? (error.faults as Fault[]) : []);

/**
 * Says it on stderr; with `--json` stdout gets one object too.
 * @param result what the command has found all the same.
 */
export function writeFailure(
  { message, faults, stack }: Failure,
  { json, result }: { json: boolean; result?: object | undefined },
): void {
  if (message === '') return;
  const { red } = coloursFor(process.stderr);
  process.stderr.write(`${red('adfw:')} ${message}\n`);
  if (process.env.DEBUG && stack !== undefined) process.stderr.write(`${stack}\n`);
  if (json) process.stdout.write(`${JSON.stringify({ ...result, error: { message, faults } }, null, 2)}\n`);
}
