import { Args, Flags } from '@oclif/core';
import { BaseCommand, pluginFlag } from '../../shared/base-command.js';
import { oclifExperimentFlags } from '../../shared/experiment-flags.js';
import type { InitializedExperiment } from './perform.js';

export default class Init extends BaseCommand {
  static override summary = 'Ask a few questions and write an experiment file.';
  static override description =
    'What a flag says is not asked. Without a terminal, or with --yes, nothing is asked: flags and defaults make the file. Its schema is written beside it, by which editors complete and check it. An experiment that is there is not overwritten.';
  static override examples = [
    '<%= config.bin %> init',
    '<%= config.bin %> init screw.json --method fvv --data ./mvtec --category screw --yes',
  ];
  static override args = {
    file: Args.string({
      ignoreStdin: true,
      default: 'experiment.json',
      description: 'the file that is written',
    }),
  };
  static override flags = {
    ...oclifExperimentFlags,
    plugin: pluginFlag,
    yes: Flags.boolean({ char: 'y', summary: 'Ask nothing: flags and defaults.' }),
  };

  async run(): Promise<InitializedExperiment> {
    const { args, flags } = await this.parse(Init);
    const { initExperiment, initializedText } = await import('./perform.js');
    const isTerminal = process.stdin.isTTY === true && process.stderr.isTTY === true;
    const written = await initExperiment(args.file, flags, {
      interactive: isTerminal && !flags.yes && !this.jsonEnabled(),
    });
    this.log(initializedText(written));
    return written;
  }
}
