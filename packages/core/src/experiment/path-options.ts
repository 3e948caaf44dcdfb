import type { JsonSchema, PartKind } from '../contracts/part.js';
import { isRecord, type JsonRecord } from '../plugins/json.js';
import { findPart, type Registry } from '../plugins/registry.js';
import { compileSchema } from '../plugins/schema-faults.js';
import type { ResolvedExperiment } from './experiment.js';
import { partSlots } from './schema.js';

/**
 * Rewrites every option whose schema says `format: 'path'`. Where the schema has alternatives, a value that an alternative
 * without a path accepts is left alone: the teacher's `weights` may be `imagenet` or a file.
 * @param resolve makes a path absolute.
 */
export function resolvePaths(
  experiment: ResolvedExperiment,
  registry: Registry,
  resolve: (path: string) => string,
): ResolvedExperiment {
  const resolveSlot = (value: unknown, keys: readonly string[], kind: PartKind): unknown => {
    if (!isRecord(value)) return value;
    const [first, ...rest] = keys;
    if (first !== undefined) return { ...value, [first]: resolveSlot(value[first], rest, kind) };
    const { options } = findPart(registry, kind, value.type as string).part;
    return mapEntries(value, (option, name) => resolveValue(option, options?.[name], resolve));
  };
  return Object.entries(partSlots).reduce<unknown>(
    (document, [slot, kind]) => resolveSlot(document, slot.split('.'), kind),
    experiment,
  ) as ResolvedExperiment;
}

function resolveValue(value: unknown, schema: unknown, resolve: (path: string) => string): unknown {
  if (!isRecord(schema)) return value;
  const alternatives = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(alternatives)) {
    const accepting = alternatives.filter((alternative) => accepts(alternative, value));
    const plain = accepting.some((alternative) => resolveValue(value, alternative, resolve) === value);
    return plain ? value : resolveValue(value, accepting[0], resolve);
  }
  if (typeof value === 'string') return schema.format === 'path' ? resolve(value) : value;
  if (Array.isArray(value)) return value.map((item) => resolveValue(item, schema.items, resolve));
  if (isRecord(value)) {
    const properties = isRecord(schema.properties) ? schema.properties : {};
    return mapEntries(value, (child, name) => resolveValue(child, properties[name], resolve));
  }
  return value;
}

const accepts = (schema: JsonSchema, value: unknown): boolean => compileSchema(schema)(value);

const mapEntries = (record: JsonRecord, map: (value: unknown, key: string) => unknown): JsonRecord =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
