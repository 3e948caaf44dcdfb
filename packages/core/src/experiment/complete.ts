import type { PartKind, Slot } from '../contracts/part.js';
import { isRecord, type JsonRecord, type Keys, mergeJson } from '../plugins/json.js';
import { listParts, type Registry } from '../plugins/registry.js';
import { mergeDocuments } from './merge.js';
import { hasDefault, isSlot, type OptionSchema, propertiesOf } from './slots.js';

/** Where a part took over its type and options from the slot it is like. */
export interface Inheritance {
  readonly from: Keys;
  readonly to: Keys;
}

/**
 * A part's choice with the defaults of its options, of the parts in its slots, and so on. What is no part that is registered stays as
 * it is: the schema says so later.
 * @param keys where it stands in its document.
 * @param inherited takes the slots that are like others.
 */
export function completePart(
  registry: Registry,
  kind: PartKind,
  choice: unknown,
  keys: Keys,
  inherited: Inheritance[],
): unknown {
  if (!isRecord(choice)) return choice;
  const part = listParts(registry, kind).find(({ part }) => part.name === choice.type)?.part;
  if (!part) return choice;
  const options = part.options ?? {};

  const completeSlot = (slot: Slot, value: unknown, at: Keys, beside: JsonRecord): unknown => {
    const own = slot.default === undefined ? value : value === undefined ? slot.default : mergeDocuments(slot.default, value);
    const other = slot.like === undefined ? undefined : beside[slot.like];
    const isAlike = isRecord(other) && (own === undefined || (isRecord(own) && own.type === undefined));
    if (!isAlike) return completePart(registry, slot.part, own, at, inherited);
    inherited.push({ from: [...keys, slot.like as string], to: at });
    const taken = Object.fromEntries(Object.entries(other).filter(([key]) => !slot.except?.includes(key)));
    return completePart(registry, slot.part, mergeJson(taken, own ?? {}), at, inherited);
  };
  const completeValue = (schema: OptionSchema | undefined, value: unknown, at: Keys, beside: JsonRecord): unknown => {
    if (!isRecord(schema)) return value;
    if (isSlot(schema)) return completeSlot(schema, value, at, beside);
    const given =
      schema.default === undefined ? value : value === undefined ? schema.default : mergeJson(schema.default, value);
    if (Array.isArray(given))
      return given.map((item, index) =>
        completeValue(schema.items as OptionSchema | undefined, item, [...at, index], beside),
      );
    const record = given ?? (hasDefault(schema) ? {} : undefined);
    if (!isRecord(record) || Object.keys(propertiesOf(schema)).length === 0) return given;
    return completeProperties(propertiesOf(schema), record, at);
  };
  const completeProperties = (
    schemas: Readonly<Record<string, OptionSchema>>,
    record: JsonRecord,
    at: Keys,
  ): JsonRecord => {
    let filled = record;
    for (const [name, schema] of Object.entries(schemas)) {
      const value = Object.hasOwn(record, name) ? record[name] : undefined;
      const completed = completeValue(schema, value, [...at, name], filled);
      if (completed !== undefined) filled = { ...filled, [name]: completed };
    }
    return filled;
  };
  return inOrder(['type', ...Object.keys(options)], completeProperties(options, choice, keys));
}

/** The same record, with the keys that are in `order` first. */
export const inOrder = (order: readonly string[], record: JsonRecord): JsonRecord => ({
  ...Object.fromEntries(order.filter((key) => Object.hasOwn(record, key)).map((key) => [key, record[key]])),
  ...record,
});
