import { readFile } from 'node:fs/promises';
import { Args } from '@oclif/core';
import { BaseCommand } from '../../shared/base-command.js';
import { shells } from './shells.js';

export default class Completion extends BaseCommand {
  static override summary = 'Print what makes a shell complete commands, flags and their values.';
  static override description =
    'Nothing is written: the shell reads it when it starts. Names of methods and parts are those of the installed version, and of each --plugin on the line.';
  static override examples = [
    { description: 'bash, in ~/.bashrc', command: 'source <(<%= config.bin %> completion bash)' },
    { description: 'zsh, in ~/.zshrc after compinit', command: 'source <(<%= config.bin %> completion zsh)' },
    {
      description: 'fish, in ~/.config/fish/config.fish',
      command: '<%= config.bin %> completion fish | source',
    },
  ];
  static override args = {
    shell: Args.string({ required: true, ignoreStdin: true, description: shells.join(', ') }),
  };

  async run(): Promise<{ shell: string; script: string }> {
    const { args } = await this.parse(Completion);
    const { choiceOf } = await import('../../shared/flag-value.js');
    const shell = choiceOf('SHELL', args.shell, shells);
    const script = await readFile(
      new URL(`../../../templates/completion/adfw.${shell}`, import.meta.url),
      'utf8',
    );
    this.log(script.trimEnd());
    return { shell, script };
  }
}
