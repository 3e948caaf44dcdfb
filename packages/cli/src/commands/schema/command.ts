import type { JsonSchema } from '@adfw/core';
import { BaseCommand, pluginFlag } from '../../shared/base-command.js';

export default class Schema extends BaseCommand {
  static override summary = 'Print the JSON Schema of experiment documents, for editors and checks.';
  static override description =
    'An experiment that names the file in "$schema" is completed and checked by editors. The schema covers what is registered, plugins included.';
  static override examples = ['<%= config.bin %> schema > experiment.schema.json'];
  static override flags = { plugin: pluginFlag };

  async run(): Promise<JsonSchema> {
    const { flags } = await this.parse(Schema);
    const { loadRegistry } = await import('@adfw/runner/plugins');
    const { experimentSchema } = await import('@adfw/core');
    const schema = experimentSchema(await loadRegistry(flags.plugin));
    this.log(JSON.stringify(schema, null, 2));
    return schema;
  }
}
