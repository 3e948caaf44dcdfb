import { Command, Errors, Flags } from '@oclif/core';
import { interruptible } from './interruption.js';
import type { ProgressView } from './progress-view.js';
import { divertStdout } from './streams.js';

/**
 * What all commands share: `--json`, progress, and leaving it to {@link main} to say what went wrong. Commands declare their
 * flags and import what does the work when it is needed, so that help and a mistyped flag don't wait for it.
 */
export abstract class BaseCommand extends Command {
  static override enableJsonFlag = true;

  #restoreStdout = () => {};

  protected override async init(): Promise<void> {
    await super.init();
    if (this.jsonEnabled()) this.#restoreStdout = divertStdout();
  }

  // oclif would print errors as JSON here, each with an exit code of 1.
  protected override async catch(error: Error): Promise<never> {
    if (error instanceof Errors.CLIError) throw Object.assign(error, { command: this.id });
    throw error;
  }

  /** Runs what takes long: it shows how far it is, and Ctrl-C stops it. */
  protected async withProgress<T>(
    work: (progress: ProgressView, signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    const { progressView } = await import('./progress-view.js');
    const progress = progressView();
    progress.update({ task: 'Starting' });
    try {
      return await interruptible((signal) => work(progress, signal));
    } finally {
      progress.close();
    }
  }

  /** Says on stdout what others wait for while the command goes on: a line of JSON with `--json`, else the text. */
  protected announce(value: object, text: string): void {
    if (!this.jsonEnabled()) {
      this.log(text);
      return;
    }
    this.#restoreStdout();
    process.stdout.write(`${JSON.stringify(value)}\n`);
    this.#restoreStdout = divertStdout();
  }

  // Runs before oclif prints what the command gave.
  protected override async finally(error: Error | undefined): Promise<void> {
    this.#restoreStdout();
    await super.finally(error);
  }
}

/** `--plugin`, for every command that names parts. */
export const pluginFlag = Flags.string({
  multiple: true,
  multipleNonGreedy: true,
  helpGroup: 'EXPERIMENT',
  helpValue: 'MODULE',
  summary: 'Load a plugin: the path of an ES module, or the name of a package. May be repeated.',
});

/** What computes, for every command that does. */
export const engineFlags = {
  engine: Flags.string({
    helpGroup: 'ENGINE',
    helpValue: 'NAME',
    summary:
      'What computes: onnxruntime, tensorflow, wasm, cpu, or auto, which is tensorflow where it is installed (@tensorflow/tfjs-node-gpu or tfjs-node) and else onnxruntime.',
  }),
  provider: Flags.string({
    helpGroup: 'ENGINE',
    helpValue: 'NAME',
    summary: 'What onnxruntime computes on: cpu (the default), webgpu, cuda, coreml or dml.',
  }),
  threads: Flags.string({
    helpGroup: 'ENGINE',
    helpValue: 'N',
    summary: 'Threads of onnxruntime on the CPU; by default what the machine has.',
  }),
};
