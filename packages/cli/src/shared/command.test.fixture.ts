/** The built command as its users run it: a process with arguments, streams, signals and an exit code. */
import { fork, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

export const bin = fileURLToPath(new URL('../../bin/adfw.js', import.meta.url));
const signalItself = new URL('signal-itself.test.fixture.mjs', import.meta.url).href;
const warmProcess = fileURLToPath(new URL('warm-command.test.fixture.mjs', import.meta.url));

export interface CommandOptions {
  readonly cwd: string;
  readonly env?: NodeJS.ProcessEnv;
  /** The command sends itself this signal as soon as it has said this on stderr. */
  readonly signalled?: readonly [signal: NodeJS.Signals, text: string];
}

export interface CommandOutcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Without the variables that change what commands say. */
function environment(): NodeJS.ProcessEnv {
  const { ADFW_TOKEN: _, DEBUG: __, FORCE_COLOR: ___, ...inherited } = process.env;
  return inherited;
}

/** Starts `adfw`. */
export function startCommand(args: readonly string[], { cwd, env, signalled }: CommandOptions) {
  const child = spawn(process.execPath, [...(signalled ? ['--import', signalItself] : []), bin, ...args], {
    cwd,
    env: { ...environment(), ...(signalled && { ADFW_TEST_SIGNAL: JSON.stringify(signalled) }), ...env },
  });
  const output = { stdout: '', stderr: '' };
  for (const name of ['stdout', 'stderr'] as const)
    child[name].setEncoding('utf8').on('data', (text) => {
      output[name] += text;
    });
  const closed = once(child, 'close').then(([code, signal]): CommandOutcome => ({ code, signal, ...output }));
  /** Waits until it has said this on stderr. */
  const saying = async (text: string) => {
    while (!output.stderr.includes(text)) {
      if (child.exitCode !== null) throw new Error(`It ended without saying "${text}": ${output.stderr}`);
      await sleep(5);
    }
  };
  return { child, closed, saying };
}

export interface WarmCommand {
  /** What `adfw` with these arguments says and ends with. */
  run(...args: string[]): Promise<CommandOutcome>;
  close(): void;
}

/**
 * One process for many commands: what each of them says, without loading everything anew for each. Commands of overlapping calls
 * run one after another.
 */
export function warmCommand(cwd: string): WarmCommand {
  const child = fork(warmProcess, {
    cwd,
    env: environment(),
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const answers = new Map<number, (outcome: CommandOutcome) => void>();
  child.on('message', ({ id, outcome }: { id: number; outcome: CommandOutcome }) => {
    answers.get(id)?.(outcome);
    answers.delete(id);
  });
  let calls = 0;
  return {
    run: (...args) =>
      new Promise((resolve) => {
        answers.set(++calls, resolve);
        child.send({ id: calls, args });
      }),
    close: () => child.disconnect(),
  };
}
