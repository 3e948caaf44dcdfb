import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../shared/base-command.js';
import type { InitializedPlugin } from './perform.js';

export default class InitPlugin extends BaseCommand {
  static override summary = 'Write a small working plugin to begin a variant of your own with.';
  static override description =
    'A folder with a loss and a method of that name, their test, an experiment and its schema. Nothing that is there is overwritten.';
  static override examples = [
    '<%= config.bin %> init plugin my-variant',
    '<%= config.bin %> init plugin my-variant --dir variants/first',
  ];
  static override args = {
    name: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'the name of the plugin, its loss and its method: lower case words joined by "-"',
    }),
  };
  static override flags = {
    dir: Flags.string({ helpValue: 'DIR', summary: 'The folder, new or empty; by default ./NAME.' }),
  };

  async run(): Promise<InitializedPlugin> {
    const { args, flags } = await this.parse(InitPlugin);
    const { initPlugin, initializedText } = await import('./perform.js');
    const written = await initPlugin(args.name, flags.dir ?? args.name);
    this.log(initializedText(written));
    return written;
  }
}
