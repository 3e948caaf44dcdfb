/** What is registered, as `adfw list` and `adfw describe` show it. */
import {
  ConfigurationError,
  documentSlots,
  draftExperiment,
  findMethod,
  findPart,
  isRecord,
  isSlot,
  type JsonRecord,
  type JsonSchema,
  listKinds,
  listMethods,
  listParts,
  nearestName,
  type Part,
  type PartKind,
  type Registry,
  type Slot,
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
  /** Its model with all options, as the preset leaves them. */
  model: JsonRecord;
}

/** The JSON Schema of an option, or the slot that it is; slots may also stand inside of objects and arrays. */
export type OptionSchema = JsonSchema | Slot;

export interface PartDescription extends CatalogEntry {
  kind: PartKind;
  options: {
    type: 'object';
    properties: Readonly<Record<string, OptionSchema>>;
    required: readonly string[];
    additionalProperties: false;
  };
}

export type Description = MethodDescription | PartDescription;

/** Methods first, then parts by kind, models before the others. */
export const listAll = (registry: Registry): CatalogEntry[] => [
  ...listMethods(registry).map(({ method, from }) => entryOf('method', method, from)),
  ...listParts(registry).map(({ part, from }) => entryOf(part.kind, part, from)),
];

const entryOf = (
  kind: CatalogEntry['kind'],
  { name, summary, reference = null }: { name: string; summary: string; reference?: string | null },
  plugin: string,
): CatalogEntry => ({ kind, name, summary, reference, plugin });

/**
 * What has this name, or this kind and name (`score/distance`).
 * @throws ConfigurationError where nothing has it, or parts of several kinds do.
 */
export function findDescription(registry: Registry, name: string): Description {
  const all = listAll(registry);
  const qualified = ({ kind, name }: CatalogEntry) => `${kind}/${name}`;
  const found = all.filter((entry) => entry.name === name || qualified(entry) === name);
  if (found.length > 1)
    throw new ConfigurationError(
      `${found.length} things are called "${name}"; choose one of ${found.map(qualified).join(', ')}.`,
    );
  if (found[0]) return describe(registry, found[0]);
  const [kind = ''] = name.split('/');
  const kinds = ['method', ...listKinds(registry).map(({ kind }) => kind.name)];
  if (name.includes('/') && !kinds.includes(kind))
    throw new ConfigurationError(
      `There is no kind "${kind}"; there are ${kinds.join(', ')}, as in score/distance.`,
    );
  const nearest = nearestName(name, all.map(name.includes('/') ? qualified : (entry) => entry.name));
  throw new ConfigurationError(
    `There is no method or part "${name}".${nearest === undefined ? '' : ` Did you mean "${nearest}"?`} adfw list shows all.`,
  );
}

function describe(registry: Registry, entry: CatalogEntry): Description {
  const { kind, name } = entry;
  if (kind === 'method') {
    const { preset } = findMethod(registry, name).method;
    const { model } = draftExperiment({
      registry,
      layers: [{ source: 'describe', document: { method: name } }],
    });
    return { ...entry, kind, preset, model: isRecord(model) ? model : {} };
  }
  const { options = {}, required = [] } = findPart(registry, kind, name).part;
  return {
    ...entry,
    kind,
    options: { type: 'object', properties: options, required, additionalProperties: false },
  };
}

/** The options of a part; those inside of an option that is an object with no default of its own each by itself: `training.epochs`. */
export const optionsOf = ({
  options = {},
}: Pick<Part, 'options'>): [keys: readonly string[], OptionSchema][] =>
  Object.entries(options).flatMap(([name, schema]) => withInner([name], schema));

function withInner(keys: readonly string[], schema: OptionSchema): [keys: readonly string[], OptionSchema][] {
  if (isSlot(schema) || schema.default !== undefined || !isRecord(schema.properties)) return [[keys, schema]];
  return Object.entries(schema.properties).flatMap(([name, inner]) =>
    withInner([...keys, name], inner as OptionSchema),
  );
}

/** Where in an experiment parts of each kind stand, as few keys deep as it can be: `model.backbone`; with `[]` where it is one of a list, and never by itself. */
export function placesOfKinds(registry: Registry): ReadonlyMap<PartKind, readonly string[]> {
  const places = new Map<PartKind, string[]>();
  let next = Object.entries(documentSlots).map(([path, kind]): { path: string; kind: PartKind } => ({
    path,
    kind,
  }));
  while (next.length > 0) {
    const fresh = next.filter(({ kind }) => !places.has(kind));
    const isAlone = (place: { path: string; kind: PartKind }) =>
      !fresh.some(({ path, kind }) => kind === place.kind && !path.endsWith('[]'));
    for (const { path, kind } of fresh.filter((place) => !place.path.endsWith('[]') || isAlone(place))) {
      const known = places.get(kind) ?? [];
      if (!known.includes(path)) places.set(kind, [...known, path]);
    }
    next = fresh.flatMap(({ path, kind }) =>
      listParts(registry, kind).flatMap(({ part }) =>
        optionsOf(part).flatMap(([keys, schema]) => {
          const own = [path, ...keys].join('.');
          if (isSlot(schema)) return [{ path: own, kind: schema.part }];
          return isSlot(schema.items) ? [{ path: `${own}[]`, kind: schema.items.part }] : [];
        }),
      ),
    );
  }
  return places;
}
