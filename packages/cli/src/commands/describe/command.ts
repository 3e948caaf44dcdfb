import { Args } from '@oclif/core';
import { BaseCommand, pluginFlag } from '../../shared/base-command.js';
import type { Description } from '../../shared/catalog.js';
import { coloursFor } from '../../shared/streams.js';

export default class Describe extends BaseCommand {
  static override summary =
    'Describe a method or part: its options, their defaults, its source; of a method, its model.';
  static override examples = [
    '<%= config.bin %> describe fvv',
    '<%= config.bin %> describe score/distance',
    '<%= config.bin %> describe sgd --json',
  ];
  static override args = {
    name: Args.string({
      required: true,
      ignoreStdin: true,
      description: 'a name that adfw list shows, or kind/name where several kinds have it',
    }),
  };
  static override flags = { plugin: pluginFlag };

  async run(): Promise<Description> {
    const { args, flags } = await this.parse(Describe);
    const { loadRegistry } = await import('@adfw/runner/plugins');
    const { findDescription } = await import('../../shared/catalog.js');
    const { descriptionText } = await import('../../shared/catalog-text.js');
    const { textWidth } = await import('../../shared/table.js');
    const registry = await loadRegistry(flags.plugin);
    const description = findDescription(registry, args.name);
    this.log(
      descriptionText(registry, description, {
        colours: coloursFor(process.stdout),
        width: textWidth(process.stdout),
      }),
    );
    return description;
  }
}
