/** What is wrong with a plugin: its shape, and the option schemas and defaults of its parts. */
import type { Fault } from '../contracts/errors.js';
import type { Kind } from '../contracts/kind.js';
import { coreKinds } from '../plugins/core-kinds.js';
import { isRecord, type JsonRecord, jsonPath, type Keys, readJson } from '../plugins/json.js';
import { nearestName } from '../plugins/nearest-name.js';
import { compileSchema, schemaFaults } from '../plugins/schema-faults.js';
import { hasDefault, isSlot, type OptionSchema, propertiesOf, replaceSlots } from './slots.js';

const text = { type: 'string', minLength: 1 };
const partName = { type: 'string', pattern: '^[a-z0-9]+([-+_][a-z0-9]+)*$', examples: ['distance+variance'] };

const pluginSchema = {
  type: 'object',
  examples: [{ name: 'my-variant', parts: [], methods: [] }],
  required: ['name'],
  additionalProperties: false,
  properties: {
    name: text,
    kinds: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'title', 'shape'],
        additionalProperties: false,
        properties: {
          name: { ...partName, not: { const: 'method' } },
          title: text,
          shape: {
            anyOf: [
              { const: 'function' },
              {
                type: 'object',
                additionalProperties: { enum: ['function', 'object', 'number', 'string', 'boolean'] },
              },
            ],
          },
          contextFault: {},
          check: {},
        },
      },
    },
    parts: {
      type: 'array',
      items: {
        type: 'object',
        required: ['kind', 'name', 'summary'],
        additionalProperties: false,
        properties: {
          kind: text,
          name: partName,
          summary: text,
          reference: text,
          options: { type: 'object', additionalProperties: { type: 'object' } },
          required: { type: 'array', items: { type: 'string' }, uniqueItems: true },
          categories: {},
          create: {},
        },
      },
    },
    methods: {
      type: 'array',
      items: {
        type: 'object',
        required: ['name', 'summary', 'preset'],
        additionalProperties: false,
        properties: {
          name: partName,
          summary: text,
          reference: text,
          preset: { type: 'object' },
          sample: { type: 'object' },
        },
      },
    },
  },
};

/**
 * Everything that is wrong with a plugin by itself; empty where it can be registered. What its presets name is checked when
 * it is registered, beside the plugins whose parts they may name.
 */
export function checkPlugin(
  plugin: unknown,
  {
    source,
    beside = [],
  }: {
    /** Who brought it, for messages; its own name where that is left out. */
    readonly source?: string;
    /** Other plugins, of whose kinds its parts may be. */
    readonly beside?: readonly unknown[];
  } = {},
): Fault[] {
  const kinds = [
    ...new Set([...coreKinds.map(({ name }) => name), ...[...beside, plugin].flatMap(kindNamesOf)]),
  ];
  const faults = schemaFaults(pluginSchema, plugin).map(({ keys, message, suggestion }) =>
    pluginFault(plugin, keys, message, suggestion, source),
  );
  if (!isRecord(plugin))
    return faults.map((fault) => ({
      ...fault,
      message: `${fault.message}; a module gives its plugin as its default export`,
    }));
  const reportAt =
    (...place: Keys): Report =>
    (keys, message, suggestion) =>
      faults.push(pluginFault(plugin, [...place, ...keys], message, suggestion, source));
  const lists = [plugin.kinds, plugin.parts, plugin.methods].map(recordsOf);
  const [ownKinds = [], parts = [], methods = []] = lists;
  if (faults.length + lists.flat().length === 0) reportAt()([], 'brings neither parts nor methods');
  for (const [index, kind] of ownKinds) checkKind(kind, reportAt('kinds', index));
  for (const [index, part] of parts) checkPart(part, kinds, reportAt('parts', index));
  for (const [index, { preset, sample }] of methods) {
    checkPreset(preset, reportAt('methods', index, 'preset'));
    checkPreset(sample, reportAt('methods', index, 'sample'));
  }
  return faults;
}

type Report = (keys: Keys, message: string, suggestion?: string) => void;

/** A fault of a plugin, which says what of the plugin it is in: `plugin "my-variant", score "max"`. */
export function pluginFault(
  plugin: unknown,
  keys: Keys,
  message: string,
  suggestion?: string,
  source?: string,
): Fault {
  const { name, ...lists } = isRecord(plugin) ? plugin : {};
  const from = source ?? (typeof name === 'string' ? `plugin "${name}"` : 'a plugin without a name');
  const [list, index] = keys;
  const item = recordsOf(lists[list as string]).find(([at]) => at === index)?.[1];
  const kind = list === 'methods' ? 'method' : list === 'kinds' ? 'kind' : item?.kind;
  return {
    path: jsonPath(keys),
    message,
    ...(suggestion !== undefined && { suggestion }),
    source: item?.name && kind ? `${from}, ${kind} "${item.name}"` : from,
  };
}

const recordsOf = (value: unknown): [number, JsonRecord][] =>
  Array.isArray(value) ? [...value.entries()].filter(([, item]) => isRecord(item)) : [];

const kindNamesOf = (plugin: unknown): string[] =>
  isRecord(plugin)
    ? recordsOf(plugin.kinds).flatMap(([, { name }]) => (typeof name === 'string' ? [name] : []))
    : [];

function checkKind(kind: JsonRecord, report: Report): void {
  for (const key of ['contextFault', 'check'] as const satisfies readonly (keyof Kind)[])
    if (kind[key] !== undefined && typeof kind[key] !== 'function') report([key], 'must be a function');
}

function checkPart(
  { kind, options = {}, required = [], categories, create }: JsonRecord,
  kinds: readonly string[],
  report: Report,
): void {
  if (typeof kind === 'string' && kind !== '') checkKindName(kind, kinds, report, 'kind');
  if (typeof create !== 'function')
    report(['create'], 'must be a function that takes the options and gives the part');
  if (categories !== undefined && (typeof categories !== 'function' || kind !== 'dataset'))
    report(
      ['categories'],
      'must be a function, of a dataset, that takes the options and gives names or null',
    );
  if (!isRecord(options) || !Array.isArray(required)) return;
  if (categories !== undefined && !Object.hasOwn(options, 'category'))
    report(['options'], 'must have the option category, where there are categories');
  const names = Object.keys(options);
  for (const [index, name] of required.entries())
    if (typeof name === 'string' && !names.includes(name))
      report(['required', index], `names an option that is not there: "${name}"`, nearestName(name, names));
  checkOptions(options, required, kinds, (keys, ...rest) => report(['options', ...keys], ...rest));
}

function checkKindName(name: string, kinds: readonly string[], report: Report, key: string): void {
  if (kinds.includes(name)) return;
  const known = kinds.map((kind) => `"${kind}"`).join(', ');
  report([key], `must be one of ${known}; found ${JSON.stringify(name)}`, nearestName(name, kinds));
}

function checkOptions(
  options: JsonRecord,
  required: readonly unknown[],
  kinds: readonly string[],
  report: Report,
): void {
  for (const [index, [name, schema]] of Object.entries(options).entries()) {
    const reportOption: Report = (keys, ...rest) => report([name, ...keys], ...rest);
    if (name === 'type') reportOption([], 'must have another name: experiments use "type" themselves');
    else if (!/^[a-z][a-zA-Z0-9]*$/.test(name))
      reportOption([], 'must be named in camelCase, as in learningRate');
    if (!isRecord(schema)) continue;
    checkOption(schema, required.includes(name), reportOption);
    checkSlots(schema, kinds, Object.keys(options).slice(0, index), reportOption);
  }
}

/** @param before the options that a slot may be like. */
function checkSlots(
  schema: JsonRecord,
  kinds: readonly string[],
  before: readonly string[],
  report: Report,
): void {
  if (!isSlot(schema)) {
    const properties = Object.entries(propertiesOf(schema));
    for (const [index, [name, child]] of properties.entries())
      checkSlots(
        child as JsonRecord,
        kinds,
        properties.slice(0, index).map(([key]) => key),
        (keys, ...rest) => report(['properties', name, ...keys], ...rest),
      );
    if (isRecord(schema.items))
      checkSlots(schema.items, kinds, before, (keys, ...rest) => report(['items', ...keys], ...rest));
    return;
  }
  checkKindName(schema.part, kinds, report, 'part');
  if (schema.like !== undefined && !before.includes(schema.like))
    report(
      ['like'],
      `must be the name of an option before it; found "${schema.like}"`,
      nearestName(schema.like, before),
    );
  for (const key of Object.keys(schema))
    if (!slotKeys.includes(key))
      report([key], `is not known here; a slot has ${slotKeys.join(', ')}`, nearestName(key, slotKeys));
  if (schema.default !== undefined && typeof schema.default?.type !== 'string')
    report(['default'], 'must name a part, as in {"type": "resnet18"}');
}

const slotKeys = ['part', 'description', 'default', 'like', 'except', 'pretrained'];

const constraints = ['type', 'enum', 'const', 'anyOf', 'oneOf', 'allOf'];
// Options become parts of one schema, in which these would mean something else.
const references = ['$ref', '$dynamicRef', '$id', '$anchor', '$dynamicAnchor', '$defs', '$schema'];

function checkOption(schema: JsonRecord, isRequired: boolean, report: Report): void {
  if (typeof schema.description !== 'string' || schema.description === '')
    report(['description'], 'is missing; it must be a sentence that says what the option does');
  const isFilled = hasDefault(schema);
  if (!isFilled && !isRequired)
    report(['default'], "is missing; give one, or name the option in the part's required");
  if (schema.default !== undefined && isRequired)
    report(['default'], "is never used, since the part's required names the option; remove one of the two");
  if (isSlot(schema)) return;
  if (!constraints.some((keyword) => keyword in schema))
    report([], 'accepts anything; give it a type, or an enum of the values it may have');
  const plain = replaceSlots(schema as OptionSchema, () => ({ type: 'object' }));
  const invalid = whyInvalid(plain);
  if (invalid !== undefined) report([], invalid);
  if (invalid !== undefined || schema.default === undefined) return;
  const value = readJson(schema.default, (keys, message) => report(['default', ...keys], message));
  for (const { keys, message, suggestion } of schemaFaults(plain, value))
    report(['default', ...keys], message, suggestion);
}

function whyInvalid(schema: JsonRecord): string | undefined {
  const reference = references.find((keyword) => hasKeyword(schema, keyword));
  if (reference !== undefined)
    return `must be complete in itself: ${reference} is not supported in the schema of an option`;
  try {
    compileSchema(schema);
    return undefined;
  } catch (error) {
    return `is not a valid JSON Schema: ${(error as Error).message}`;
  }
}

const hasKeyword = (schema: unknown, keyword: string): boolean =>
  typeof schema === 'object' &&
  schema !== null &&
  Object.entries(schema).some(([key, value]) => key === keyword || hasKeyword(value, keyword));

const notOfPresets = ['$schema', 'method', 'plugins'];

function checkPreset(preset: unknown, report: Report): void {
  if (!isRecord(preset)) return;
  for (const key of notOfPresets)
    if (Object.hasOwn(preset, key)) report([key], 'is not for a preset to set; remove it');
  readJson(preset, report);
}
