import { BaseCommand, pluginFlag } from '../../shared/base-command.js';
import type { CatalogEntry } from '../../shared/catalog.js';
import { coloursFor } from '../../shared/streams.js';

export default class List extends BaseCommand {
  static override summary = 'List every method and part, and the plugin that each comes from.';
  static override examples = [
    '<%= config.bin %> list',
    '<%= config.bin %> list --plugin ./my-variant.js --json',
  ];
  static override flags = { plugin: pluginFlag };

  async run(): Promise<CatalogEntry[]> {
    const { flags } = await this.parse(List);
    const { loadRegistry } = await import('@adfw/runner/plugins');
    const { listAll } = await import('../../shared/catalog.js');
    const { catalogText } = await import('../../shared/catalog-text.js');
    const { textWidth } = await import('../../shared/table.js');
    const registry = await loadRegistry(flags.plugin);
    const entries = listAll(registry);
    this.log(
      catalogText(registry, entries, {
        colours: coloursFor(process.stdout),
        width: textWidth(process.stdout),
      }),
    );
    return entries;
  }
}
