/** Options that are parts themselves, wherever they stand among the options of a part. */
import type { JsonSchema, Slot } from '../contracts/part.js';
import { isRecord, type JsonRecord, type Keys } from '../plugins/json.js';

export type OptionSchema = JsonSchema | Slot;

export const isSlot = (schema: unknown): schema is Slot =>
  isRecord(schema) && typeof schema.part === 'string';

/** The schemas of the properties of an option that is an object; {} where there are none. */
export const propertiesOf = (schema: JsonRecord): Readonly<Record<string, OptionSchema>> =>
  isRecord(schema.properties) ? (schema.properties as Record<string, OptionSchema>) : {};

/** Whether an option has a value where a document says nothing of it. */
export function hasDefault(schema: unknown): boolean {
  if (!isRecord(schema)) return false;
  if (schema.default !== undefined) return true;
  if (isSlot(schema)) return schema.like !== undefined;
  const properties = Object.values(propertiesOf(schema));
  return schema.type === 'object' && properties.length > 0 && properties.every(hasDefault);
}

/** The same schema in which `replace` stands for each slot, however deep. */
export function replaceSlots(schema: OptionSchema, replace: (slot: Slot) => JsonSchema): JsonSchema {
  if (isSlot(schema)) return replace(schema);
  const { properties, items, ...rest } = schema;
  return {
    ...rest,
    ...(isRecord(properties) && {
      properties: mapValues(properties, (child) => replaceSlots(child as OptionSchema, replace)),
    }),
    ...(properties !== undefined && !isRecord(properties) && { properties }),
    ...(isRecord(items) && { items: replaceSlots(items, replace) }),
    ...(items !== undefined && !isRecord(items) && { items }),
  };
}

/** The same value of an option in which `replace` stands for what each slot holds. */
export function replaceInSlots(
  schema: unknown,
  value: unknown,
  replace: (slot: Slot, value: unknown, keys: Keys) => unknown,
  keys: Keys = [],
): unknown {
  if (!isRecord(schema)) return value;
  if (isSlot(schema)) return replace(schema, value, keys);
  if (Array.isArray(value))
    return value.map((item, index) => replaceInSlots(schema.items, item, replace, [...keys, index]));
  if (!isRecord(value)) return value;
  const properties = propertiesOf(schema);
  return Object.fromEntries(
    Object.entries(value).map(([key, child]) => [
      key,
      Object.hasOwn(properties, key)
        ? replaceInSlots(properties[key], child, replace, [...keys, key])
        : child,
    ]),
  );
}

const mapValues = (record: JsonRecord, map: (value: unknown) => unknown): JsonRecord =>
  Object.fromEntries(Object.entries(record).map(([key, value]) => [key, map(value)]));
