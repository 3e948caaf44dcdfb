import type { JsonSchema, PartKind } from '../contracts/part.js';
import { isRecord, type JsonRecord } from '../plugins/json.js';
import { findPart, type Registry } from '../plugins/registry.js';
import { compileSchema } from '../plugins/schema-faults.js';
import type { ResolvedExperiment } from './experiment.js';
import { inSlots } from './schema.js';
import { isSlot, propertiesOf } from './slots.js';

/**
 * Rewrites every option whose schema says `format: 'path'`, of all parts, and the mask of a region. Where the schema has alternatives, a value that an
 * alternative without a path accepts is left alone: a network's `weights` may be `imagenet` or a file.
 * @param resolve makes a path absolute.
 */
export function resolvePaths(
  experiment: ResolvedExperiment,
  registry: Registry,
  resolve: (path: string) => string,
): ResolvedExperiment {
  const resolvePart = (value: unknown, kind: PartKind): unknown => {
    if (!isRecord(value)) return value;
    const { options } = findPart(registry, kind, value.type as string).part;
    return mapEntries(value, (option, name) => resolveValue(option, options?.[name]));
  };
  const resolveValue = (value: unknown, schema: unknown): unknown => {
    if (!isRecord(schema)) return value;
    if (isSlot(schema)) return resolvePart(value, schema.part);
    const alternatives = schema.anyOf ?? schema.oneOf;
    if (Array.isArray(alternatives)) {
      const accepting = alternatives.filter((alternative) => accepts(alternative, value));
      const plain = accepting.some((alternative) => resolveValue(value, alternative) === value);
      return plain ? value : resolveValue(value, accepting[0]);
    }
    if (typeof value === 'string') return schema.format === 'path' ? resolve(value) : value;
    if (Array.isArray(value)) return value.map((item) => resolveValue(item, schema.items));
    if (isRecord(value))
      return mapEntries(value, (child, name) => resolveValue(child, propertiesOf(schema)[name]));
    return value;
  };
  const resolved = inSlots(experiment as unknown as JsonRecord, (kind, choice) =>
    resolvePart(choice, kind),
  ) as unknown as ResolvedExperiment;
  const { images } = resolved;
  if (typeof images?.region !== 'string') return resolved;
  return { ...resolved, images: { ...images, region: resolve(images.region) } };
}

const accepts = (schema: JsonSchema, value: unknown): boolean => compileSchema(schema)(value);

const mapEntries = (record: JsonRecord, map: (value: unknown, key: string) => unknown): JsonRecord =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value, key)]));
