/**
 * Experiment documents: layers of JSON, from defaults to command-line flags, merged into one document that says everything
 * about a run.
 */

import type { ConfigurationError } from '../contracts/errors.js';
import type { JsonSchema, Method, PartKind } from '../contracts/part.js';
import type { LearningRateSchedule } from '../fitting/learning-rate-schedule.js';
import {
  hasKeys,
  isRecord,
  type JsonRecord,
  jsonPath,
  type Keys,
  mergeJson,
  readJson,
} from '../plugins/json.js';
import { listMethods, listParts, type Registry } from '../plugins/registry.js';
import { faultsError, type SchemaFault, schemaFaults } from '../plugins/schema-faults.js';
import { baseExperiment } from './base-experiment.js';
import { partSlots, resolvedExperimentSchema, slotKeys } from './schema.js';

/** A part by its name, with all of its options. */
export interface PartChoice {
  readonly type: string;
  readonly [option: string]: unknown;
}

/** The teacher's backbone, and whether its features are standardised. */
export interface TeacherChoice extends PartChoice {
  readonly standardize: boolean;
}

/** The students' backbone, how many of them there are, and what fits them to the teacher. */
export interface StudentChoice extends PartChoice {
  readonly count: number;
  readonly adapter: 'none' | 'convolution';
  /** Options in which single students differ: {@link studentChoice}. */
  readonly variants: readonly Readonly<Record<string, unknown>>[];
}

/** The part that a student is, and its options; of the variants, student s has the s-th, and they are gone through again and again. */
export function studentChoice(
  { count: _count, adapter: _adapter, variants, ...choice }: StudentChoice,
  index: number,
): PartChoice {
  return { ...(choice as PartChoice), ...variants[index % Math.max(1, variants.length)] };
}

/** An experiment with every default filled in: running it again repeats the run. */
export interface ResolvedExperiment {
  readonly $schema?: string;
  readonly method: string;
  readonly teacher: TeacherChoice;
  readonly student: StudentChoice;
  readonly layers: readonly string[];
  readonly loss: PartChoice;
  readonly score: PartChoice;
  readonly threshold: PartChoice;
  readonly deployedThreshold: PartChoice;
  /** Absent where images come from elsewhere. */
  readonly dataset?: PartChoice;
  readonly training: {
    readonly epochs: number;
    readonly batchSize: number;
    readonly validationFraction: number;
    readonly folds: number | null;
    readonly cacheMemory: string;
    readonly schedule: LearningRateSchedule;
    readonly clipNorm: number | null;
    readonly averageDecay: number;
    readonly preciseBatchNorm: boolean;
    readonly patience: number | null;
    readonly optimizer: PartChoice;
  };
  readonly plugins: readonly string[];
  readonly seed: number;
}

/** A partial experiment document, and who wrote it, for messages: `screw.json`, `--epochs`. */
export interface ExperimentLayer {
  readonly source: string;
  readonly document: unknown;
}

/**
 * Merges the defaults of parts < {@link baseExperiment} < the preset of the method < `layers`, the last of which is the
 * highest. Objects are merged key by key and anything else is replaced; where a higher layer gives a slot another `type`, the
 * options of the lower type are dropped. Students to which no layer gives a type are the teacher's: its type, and the
 * options it was given but its `weights`.
 *
 * The method is the one that the highest layer names. Resolving a resolved experiment again gives the same one.
 * @throws ConfigurationError with every fault of the merged document.
 */
export function resolveExperiment({
  registry,
  layers,
}: {
  registry: Registry;
  layers: readonly ExperimentLayer[];
}): ResolvedExperiment {
  const faults: SchemaFault[] = [];
  const read = layers.map(({ source, document }) => ({
    source,
    document: readDocument(document, (fault) => faults.push({ ...fault, source })),
  }));
  const name = read.findLast(({ document }) => document.method !== undefined)?.document.method;
  const method = listMethods(registry).find((registered) => registered.method.name === name)?.method;
  const preset = method ? [{ source: `method "${method.name}"`, document: method.preset }] : [];
  const resolved = mergeLayers(registry, resolvedExperimentSchema(registry), [base, ...preset, ...read]);
  const known = new Set(faults.map(({ path }) => path));
  const all = [...faults, ...resolved.faults.filter(({ path }) => !known.has(path))];
  if (all.length > 0) throw experimentError(all);
  return resolved.document as unknown as ResolvedExperiment;
}

/** Checks presets of methods: what one has that is wrong by itself; what it leaves open is no fault. */
export function presetCheck(registry: Registry): (method: Method) => SchemaFault[] {
  const schema = resolvedExperimentSchema(registry);
  return ({ name, preset }) => {
    const own = { source: 'preset', document: readDocument({ ...preset, method: name }, () => undefined) };
    return mergeLayers(registry, schema, [base, own]).faults.filter(({ source }) => source === own.source);
  };
}

const experimentError = (faults: readonly SchemaFault[]): ConfigurationError =>
  faultsError(
    'The experiment',
    faults.map(({ keys: _keys, keyword: _keyword, ...fault }) => fault),
  );

interface ReadLayer {
  readonly source: string;
  readonly document: JsonRecord;
}

const base: ReadLayer = { source: 'defaults', document: baseExperiment };

function readDocument(document: unknown, report: (fault: SchemaFault) => void): JsonRecord {
  const refuse = (keys: Keys, message: string) =>
    report({ path: jsonPath(keys), message, keys, keyword: 'json' });
  const read = readJson(document, refuse);
  if (isRecord(read)) return read;
  refuse([], 'must be an object with the keys of an experiment');
  return {};
}

function mergeLayers(registry: Registry, schema: JsonSchema, layers: readonly ReadLayer[]) {
  const given = layers.reduce<unknown>(
    (lower, { document }) => mergeDocuments(lower, document),
    {},
  ) as JsonRecord;
  const inherited = inheritTeacher(given);
  const complete = Object.entries(partSlots).reduce(
    (document, [slot, kind]) =>
      updateAt(document, slot.split('.'), (value) => fillDefaults(registry, slot, kind, value)),
    inherited,
  );
  const document = structuredClone(inOrder(Object.keys(schema.properties as JsonRecord), complete));
  const found = schemaFaults(schema, document);
  const faults = found
    .filter((fault) => !isInherited(fault, found, given))
    .map((fault) => withSource(withPlace(fault, schema, document), layers));
  return { document, faults };
}

/** {@link mergeJson}, but what a lower layer says of a part is dropped where a higher one names another part. */
function mergeDocuments(lower: unknown, higher: unknown, keys: readonly string[] = []): unknown {
  if (!isRecord(lower) || !isRecord(higher)) return higher;
  const slot = keys.join('.');
  const otherPart =
    Object.hasOwn(partSlots, slot) &&
    Object.hasOwn(lower, 'type') &&
    (higher.type ?? lower.type) !== lower.type;
  const kept = otherPart ? pick(lower, slotKeys(slot)) : lower;
  const merged = Object.entries(higher).map(([key, value]) => [
    key,
    Object.hasOwn(kept, key) ? mergeDocuments(kept[key], value, [...keys, key]) : value,
  ]);
  return { ...kept, ...Object.fromEntries(merged) };
}

/** A student is initialised at random, whatever the teacher's weights are. */
const notInherited = ['type', 'weights', ...slotKeys('teacher')];

function inheritTeacher(document: JsonRecord): JsonRecord {
  const { teacher, student } = document;
  if (!isRecord(teacher) || !isRecord(student) || student.type !== undefined) return document;
  const options = Object.fromEntries(Object.entries(teacher).filter(([key]) => !notInherited.includes(key)));
  return { ...document, student: { type: teacher.type, ...(mergeJson(options, student) as JsonRecord) } };
}

/** Whether a fault of the student goes away with one of the teacher, whose type and options the student inherits. */
function isInherited({ keys }: SchemaFault, faults: readonly SchemaFault[], given: JsonRecord): boolean {
  const [slot, ...rest] = keys;
  if (slot !== 'student' || hasKeys(given, ['student', 'type']) || hasKeys(given, keys)) return false;
  const places = rest.map((_, depth) => jsonPath(['teacher', ...rest.slice(0, depth)]));
  return faults.some(({ path }) => [...places, jsonPath(['teacher', ...rest])].includes(path));
}

function fillDefaults(registry: Registry, slot: string, kind: PartKind, choice: unknown): unknown {
  if (!isRecord(choice)) return choice;
  const part = listParts(registry, kind).find((registered) => registered.part.name === choice.type)?.part;
  if (!part) return choice;
  const options = Object.entries(part.options ?? {});
  const defaults = options.filter(([, schema]) => schema.default !== undefined);
  const filled = mergeJson(
    Object.fromEntries(defaults.map(([name, schema]) => [name, schema.default])),
    choice,
  );
  return inOrder(['type', ...slotKeys(slot), ...options.map(([name]) => name)], filled as JsonRecord);
}

/** Names the layer that a fault comes from: the highest that has the faulty value. */
function withSource(fault: SchemaFault, layers: readonly ReadLayer[]): SchemaFault {
  const layer = layers.findLast(({ document }) => hasKeys(document, fault.keys));
  return layer ? { ...fault, source: layer.source } : fault;
}

/** For a key that is right but in the wrong place, the place where it belongs. */
function withPlace(fault: SchemaFault, schema: JsonRecord, document: JsonRecord): SchemaFault {
  if (fault.keyword !== 'additionalProperties' || fault.suggestion !== undefined) return fault;
  const key = fault.keys.at(-1) as string;
  const place = placesOf(schema, document).find((keys) => keys.at(-1) === key);
  return place ? { ...fault, suggestion: jsonPath(place) } : fault;
}

/** Every key that an experiment with these parts may have. */
function placesOf(schema: unknown, document: unknown, keys: Keys = []): Keys[] {
  if (!isRecord(schema)) return [];
  const value = isRecord(document) ? document : {};
  const alternatives = Array.isArray(schema.oneOf) ? schema.oneOf : [];
  const chosen = alternatives.find((alternative) => alternative.properties?.type?.const === value.type);
  const properties = { ...(schema.properties as JsonRecord), ...chosen?.properties };
  return Object.entries(properties).flatMap(([key, child]) => [
    [...keys, key],
    ...placesOf(child, value[key], [...keys, key]),
  ]);
}

function updateAt(value: unknown, keys: readonly string[], update: (value: unknown) => unknown): JsonRecord {
  const [first, ...rest] = keys;
  if (first === undefined) return update(value) as JsonRecord;
  if (!isRecord(value) || !Object.hasOwn(value, first)) return value as JsonRecord;
  return { ...value, [first]: updateAt(value[first], rest, update) };
}

const pick = (record: JsonRecord, keys: readonly string[]): JsonRecord =>
  Object.fromEntries(Object.entries(record).filter(([key]) => keys.includes(key)));

/** The same record, with the keys that are in `order` first. */
const inOrder = (order: readonly string[], record: JsonRecord): JsonRecord => ({
  ...Object.fromEntries(order.filter((key) => Object.hasOwn(record, key)).map((key) => [key, record[key]])),
  ...record,
});
