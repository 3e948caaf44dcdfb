/** What is registered, as `adfw list` and `adfw describe` show it. */
import {
  ConfigurationError,
  type JsonSchema,
  listMethods,
  listParts,
  nearestName,
  type PartKind,
  partKinds,
  type Registry,
} from '@adfw/core';

export interface CatalogEntry {
  kind: PartKind | 'method';
  name: string;
  summary: string;
  /** The equation or paper it comes from. */
  reference: string | null;
  /** The plugin that brings it. */
  plugin: string;
}

export interface MethodDescription extends CatalogEntry {
  kind: 'method';
  preset: Readonly<Record<string, unknown>>;
}

export interface PartDescription extends CatalogEntry {
  kind: PartKind;
  /** The JSON Schema of its options. */
  options: JsonSchema & {
    properties: Readonly<Record<string, JsonSchema>>;
    required: readonly string[];
  };
}

export type Description = MethodDescription | PartDescription;

/** Methods first, then parts by kind. */
export function describeAll(registry: Registry): Description[] {
  const methods = listMethods(registry).map(
    ({ method: { name, summary, reference = null, preset }, from }): MethodDescription => ({
      kind: 'method',
      name,
      summary,
      reference,
      plugin: from,
      preset,
    }),
  );
  const parts = listParts(registry).map(({ part, from }): PartDescription => {
    const { kind, name, summary, reference = null, options = {}, required = [] } = part;
    return {
      kind,
      name,
      summary,
      reference,
      plugin: from,
      options: { type: 'object', properties: options, required, additionalProperties: false },
    };
  });
  return [...methods, ...parts];
}

export const entryOf = ({ kind, name, summary, reference, plugin }: CatalogEntry): CatalogEntry => ({
  kind,
  name,
  summary,
  reference,
  plugin,
});

/**
 * What has this name, or this kind and name (`score/distance`).
 * @throws ConfigurationError where nothing has it, or parts of several kinds do.
 */
export function findDescription(registry: Registry, name: string): Description {
  const all = describeAll(registry);
  const qualified = ({ kind, name }: CatalogEntry) => `${kind}/${name}`;
  const found = all.filter((entry) => entry.name === name || qualified(entry) === name);
  if (found.length > 1)
    throw new ConfigurationError(
      `${found.length} things are called "${name}"; choose one of ${found.map(qualified).join(', ')}.`,
    );
  if (found[0]) return found[0];
  const [kind = ''] = name.split('/');
  if (name.includes('/') && ![...partKinds, 'method'].includes(kind))
    throw new ConfigurationError(
      `There is no kind "${kind}"; there are method, ${partKinds.join(', ')}, as in score/distance.`,
    );
  const nearest = nearestName(name, all.map(name.includes('/') ? qualified : (entry) => entry.name));
  throw new ConfigurationError(
    `There is no method or part "${name}".${nearest === undefined ? '' : ` Did you mean "${nearest}"?`} adfw list shows all.`,
  );
}
