import { Command, Errors, Flags } from '@oclif/core';
import { divertStdout } from './streams.js';

/** What all commands share: `--json`, and leaving it to {@link main} to say what went wrong. */
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

/** `--engine`, for every command that computes. */
export const engineFlag = Flags.string({
  helpValue: 'NAME',
  summary:
    'What computes: onnxruntime, tensorflow, wasm, cpu, or auto, which is tensorflow where it is installed (@tensorflow/tfjs-node-gpu or tfjs-node) and else onnxruntime.',
});
