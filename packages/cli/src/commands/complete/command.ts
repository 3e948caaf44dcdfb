import { Args, Command } from '@oclif/core';

/** What the scripts of `adfw completion` call at every Tab. */
export default class Complete extends Command {
  static override hidden = true;
  static override strict = false;
  static override summary = 'Print what a word of a command line may become.';
  static override args = { shell: Args.string({ required: true, ignoreStdin: true }) };

  async run(): Promise<void> {
    const { argv } = await this.parse(Complete);
    const [shell, ...words] = argv as string[];
    const { candidates, candidateText } = await import('./completion.js');
    const text = candidateText(await candidates(words, this.config.commands), words, shell);
    if (text !== '') this.log(text);
  }
}
