import type { Part, PartKind, Slot } from '../contracts/part.js';
import { isRecord, type JsonRecord, type Keys } from '../plugins/json.js';
import { listParts, type Registry } from '../plugins/registry.js';
import { mergeDocuments } from './merge.js';
import { hasDefault, isSlot, type OptionSchema, propertiesOf, replaceInSlots } from './slots.js';

/** Where a part took over its type and options from the slot it is like. */
export interface Inheritance {
  readonly from: Keys;
  readonly to: Keys;
}

/** The options among which a slot, or the list that it is in, stands. */
interface Beside {
  readonly at: Keys;
  readonly options: JsonRecord;
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
  const part = partOf(registry, kind, choice);
  if (!part) return choice;
  const options = part.options ?? {};

  const completeSlot = (slot: Slot, value: unknown, at: Keys, beside: Beside): unknown => {
    const byDefault = withDefaultTypes(registry, slot.part, slot.default);
    const own = value === undefined ? byDefault : mergeDocuments(byDefault, value);
    const isAlike =
      slot.like !== undefined && (own === undefined || (isRecord(own) && own.type === undefined));
    if (!isAlike) return completePart(registry, slot.part, own, at, inherited);
    const other = beside.options[slot.like as string];
    inherited.push({ from: [...beside.at, slot.like as string], to: at });
    if (!isRecord(other)) return own;
    const taken = Object.fromEntries(Object.entries(other).filter(([key]) => !slot.except?.includes(key)));
    return completePart(registry, slot.part, mergeDocuments(taken, own ?? {}), at, inherited);
  };
  const completeValue = (
    schema: OptionSchema | undefined,
    value: unknown,
    at: Keys,
    beside: Beside,
  ): unknown => {
    if (!isRecord(schema)) return value;
    if (isSlot(schema)) return completeSlot(schema, value, at, beside);
    const given =
      schema.default === undefined
        ? value
        : value === undefined
          ? schema.default
          : mergeDocuments(schema.default, value);
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
      const completed = completeValue(schema, value, [...at, name], { at, options: filled });
      if (completed !== undefined) filled = { ...filled, [name]: completed };
    }
    return filled;
  };
  return inOrder(['type', ...Object.keys(options)], completeProperties(options, choice, keys));
}

/**
 * A part's choice in which whatever is in a slot with a default has a type, its own or the default's, and so on: what is laid above it
 * can then be of another type.
 */
export function withDefaultTypes(registry: Registry, kind: PartKind, choice: unknown): unknown {
  const part = isRecord(choice) ? partOf(registry, kind, choice) : undefined;
  if (!part) return choice;
  const typed = (slot: Slot, value: unknown) =>
    withDefaultTypes(
      registry,
      slot.part,
      isRecord(value) && slot.default ? { type: slot.default.type, ...value } : value,
    );
  return Object.fromEntries(
    Object.entries(choice as JsonRecord).map(([name, value]) => [
      name,
      replaceInSlots(part.options?.[name], value, typed),
    ]),
  );
}

const partOf = (registry: Registry, kind: PartKind, { type }: JsonRecord): Part | undefined =>
  listParts(registry, kind).find(({ part }) => part.name === type)?.part;

/** The same record, with the keys that are in `order` first. */
export const inOrder = (order: readonly string[], record: JsonRecord): JsonRecord => ({
  ...Object.fromEntries(order.filter((key) => Object.hasOwn(record, key)).map((key) => [key, record[key]])),
  ...record,
});
