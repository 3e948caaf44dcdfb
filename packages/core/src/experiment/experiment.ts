/**
 * Experiment documents: layers of JSON, from defaults to command-line flags, merged into one document that says everything
 * about a run.
 */

import type { ConfigurationError } from '../contracts/errors.js';
import type { JsonSchema, Method, PartChoice } from '../contracts/part.js';
import type { Frame, ImageFit, Size } from '../contracts/size.js';
import { type Tiles, tileGrid } from '../images/tiles.js';
import {
  hasKeys,
  isRecord,
  type JsonRecord,
  jsonPath,
  type Keys,
  readJson,
  valueAt,
} from '../plugins/json.js';
import { nearestName } from '../plugins/nearest-name.js';
import { listMethods, type Registry } from '../plugins/registry.js';
import { faultsError, type SchemaFault, schemaFaults } from '../plugins/schema-faults.js';
import { baseExperiment } from './base-experiment.js';
import { completePart, type Inheritance, inOrder, withDefaultTypes } from './complete.js';
import { mergeDocuments } from './merge.js';
import { inSlots, resolvedExperimentSchema, schemaFor } from './schema.js';

/** An experiment with every default filled in: running it again repeats the run. */
export interface ResolvedExperiment {
  readonly $schema?: string;
  readonly method: string;
  /** Absent where images come from elsewhere. */
  readonly dataset?: PartChoice;
  readonly images: {
    readonly size: SideOrSize;
    /** Missing in documents of before for `stretch`. */
    readonly fit?: ImageFit;
    /** The path of a mask, or points; null, or missing in documents of before, for the whole image. */
    readonly region?: string | PolygonRegion | null;
    /** Null, or missing in documents of before, for none. */
    readonly tile?: { readonly size: SideOrSize; readonly overlap: number } | null;
  };
  readonly model: PartChoice;
  readonly fit: {
    readonly batchSize: number;
    readonly validationFraction: number;
    readonly folds: number | null;
    readonly cacheMemory: string;
  };
  readonly threshold: PartChoice;
  readonly deployedThreshold: PartChoice;
  readonly plugins: readonly string[];
  readonly seed: number;
}

/** A polygon of points `[x, y]`, in fractions of the image, or in pixels of images of the size `of`. */
export interface PolygonRegion {
  readonly polygon: readonly (readonly [x: number, y: number])[];
  readonly of?: readonly [height: number, width: number];
}

/** The side of a square, or height and width. */
type SideOrSize = number | readonly [height: number, width: number];

const sizeOf = (size: SideOrSize): Size => {
  const [height, width] = typeof size === 'number' ? [size, size] : size;
  return { height, width };
};

/** The frame that all images of an experiment come into; it says how only where they are not stretched, as those of before. */
export const imageSizeOf = ({
  images: { size, fit = 'stretch' },
}: Pick<ResolvedExperiment, 'images'>): Frame => ({
  ...sizeOf(size),
  ...(fit !== 'stretch' && { fit }),
});

/** The tiles that its images are cut into, and how many are looked at together; null where they are not. */
export function tilesOf({ images, fit }: Pick<ResolvedExperiment, 'images' | 'fit'>): Tiles | null {
  const { size, tile = null } = images;
  if (tile === null) return null;
  return { grid: tileGrid(sizeOf(size), sizeOf(tile.size), tile.overlap), batchSize: fit.batchSize };
}

/** What a model of the experiment is given: tiles, or images. */
export const modelImageSizeOf = ({ images }: Pick<ResolvedExperiment, 'images'>): Size =>
  sizeOf(images.tile?.size ?? images.size);

/** A partial experiment document, and who wrote it, for messages: `screw.json`, `--epochs`. */
export interface ExperimentLayer {
  readonly source: string;
  readonly document: unknown;
}

/**
 * Merges the defaults of parts < {@link baseExperiment} < the preset of the method < `layers`, the last of which is the
 * highest. Objects are merged key by key and anything else is replaced; where a higher layer gives a slot another `type`, the
 * options of the lower type are dropped. A slot to which no layer gives a type is like the slot that its part names, if it does:
 * it has that one's type, and the options that were given to it but those that the part excepts.
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
  const { document, faults } = mergedExperiment({ registry, layers });
  if (faults.length > 0) throw experimentError(faults);
  return document as unknown as ResolvedExperiment;
}

/** The same without a word of what is wrong: for questions that are asked before a document is complete. */
export const draftExperiment = (given: {
  registry: Registry;
  layers: readonly ExperimentLayer[];
}): JsonRecord => mergedExperiment(given, () => []).document;

function mergedExperiment(
  { registry, layers }: { registry: Registry; layers: readonly ExperimentLayer[] },
  check?: (schema: JsonSchema, document: JsonRecord) => SchemaFault[],
): { document: JsonRecord; faults: SchemaFault[] } {
  const faults: SchemaFault[] = [];
  const read = layers.map(({ source, document }) => ({
    source,
    document: readDocument(document, (fault) => faults.push({ ...fault, source })),
  }));
  const name = read.findLast(({ document }) => document.method !== undefined)?.document.method;
  const method = listMethods(registry).find((registered) => registered.method.name === name)?.method;
  const preset = method ? [{ source: `method "${method.name}"`, document: method.preset }] : [];
  const resolved = mergeLayers(
    registry,
    resolvedExperimentSchema(registry),
    [base, ...preset, ...read],
    check,
  );
  const known = new Set(faults.map(({ path }) => path));
  return {
    document: resolved.document,
    faults: [...faults, ...resolved.faults.filter(({ path }) => !known.has(path))],
  };
}

/**
 * Checks what methods bring, by the key that holds it: what is wrong with it by itself; what it leaves open is no fault. What is for
 * the sample is checked above the preset.
 */
export function presetCheck(
  registry: Registry,
): (method: Method) => (SchemaFault & { of: 'preset' | 'sample' })[] {
  const schema = resolvedExperimentSchema(registry);
  return ({ name, preset, sample }) => {
    const layers: ReadLayer[] = [base];
    return Object.entries({ preset: { ...preset, method: name }, ...(sample && { sample }) }).flatMap(
      ([of, document]) => {
        layers.push({ source: of, document: readDocument(document, () => undefined) });
        const { faults } = mergeLayers(registry, schema, layers);
        return faults
          .filter(({ source }) => source === of)
          .map((fault) => ({ ...fault, of: of as 'preset' | 'sample' }));
      },
    );
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

function mergeLayers(
  registry: Registry,
  schema: JsonSchema,
  layers: readonly ReadLayer[],
  check: (schema: JsonSchema, document: JsonRecord) => SchemaFault[] = documentFaults,
) {
  const given = layers.reduce<JsonRecord>(
    (lower, { document }) =>
      mergeDocuments(
        inSlots(lower, (kind, choice) => withDefaultTypes(registry, kind, choice)),
        document,
      ) as JsonRecord,
    {},
  );
  const inherited: Inheritance[] = [];
  const complete = inSlots(given, (kind, choice, key) =>
    completePart(registry, kind, choice, [key], inherited),
  );
  const document = structuredClone(
    inOrder(Object.keys(schema.properties as JsonRecord), withOverlap(complete)),
  );
  const found = check(schema, document);
  const faults = found
    .filter((fault) => !isInherited(fault, found, given, inherited) && !isOfMethod(fault, found))
    .flatMap((fault) => withPlace(fault, schema, document))
    .map((fault) => withSource(fault, layers));
  return { document, faults };
}

/** What the schema forbids, and what its options are wrong beside one another. */
function documentFaults(schema: JsonSchema, document: JsonRecord): SchemaFault[] {
  const faults = schemaFaults(schemaFor(schema, document), document);
  if (faults.some(({ keys }) => keys[0] === 'images')) return faults;
  return [...faults, ...tileFaults(document), ...regionFaults(document)];
}

/** Tiles overlap by a quarter of their shorter side where nothing is said. */
function withOverlap(document: JsonRecord): JsonRecord {
  const { images } = document;
  const tile = isRecord(images) ? images.tile : null;
  if (!isRecord(images) || !isRecord(tile) || tile.overlap !== undefined) return document;
  const sides = [tile.size].flat().filter((side) => typeof side === 'number');
  if (sides.length === 0) return document;
  return {
    ...document,
    images: { ...images, tile: { ...tile, overlap: Math.floor(Math.min(...sides) / 4) } },
  };
}

/** What is wrong with tiles beside each other, of which each option by itself is right. */
function tileFaults(document: JsonRecord): SchemaFault[] {
  const { size, fit, tile = null } = (document as unknown as ResolvedExperiment).images ?? {};
  if (tile === null || size === undefined) return [];
  if (fit === 'pad') {
    const keys = ['images', 'fit'];
    const message =
      'is "pad", and images that are cut into tiles have nothing to be filled: set "crop" or "stretch", or $.images.tile to null';
    return [{ path: jsonPath(keys), message, keys, keyword: 'fit' }];
  }
  const [image, own] = [sizeOf(size), sizeOf(tile.size)];
  const fault = (option: string, message: string): SchemaFault => {
    const keys = ['images', 'tile', option];
    return { path: jsonPath(keys), message, keys, keyword: 'tile' };
  };
  const text = ({ height, width }: Size) => `${height}x${width}`;
  if (own.height > image.height || own.width > image.width)
    return [
      fault('size', `is ${text(own)}, larger than the images (${text(image)}): set it to null for no tiles`),
    ];
  const side = Math.min(own.height, own.width);
  if (tile.overlap < side) return [];
  return [
    fault(
      'overlap',
      `is ${tile.overlap}, and has to be smaller than the side of a tile, ${side}: the next tile would not lie further on`,
    ),
  ];
}

/** What is wrong with a region beside the fit, and with points beside their image. */
function regionFaults(document: JsonRecord): SchemaFault[] {
  const { fit, region = null } = (document as unknown as ResolvedExperiment).images ?? {};
  if (region === null || typeof region === 'string') return [];
  const fault = (option: string, message: string): SchemaFault => {
    const keys = ['images', 'region', option];
    return { path: jsonPath(keys), message, keys, keyword: 'region' };
  };
  const { polygon, of } = region;
  if (!of && (fit === 'pad' || fit === 'crop'))
    return [
      fault(
        'of',
        `is missing: with $.images.fit "${fit}" the points are to be pixels of images of a size, [height, width]`,
      ),
    ];
  const [height, width] = of ?? [1, 1];
  const beyond = polygon.find(([x, y]) => x > width || y > height);
  if (!beyond) return [];
  const what = of
    ? `the image, ${width}x${height} pixels`
    : 'the image, of which points are fractions from 0 to 1; give $.images.region.of for pixels';
  return [fault('polygon', `has the point ${JSON.stringify(beyond)}, which is beyond ${what}`)];
}

/** A method brings its model: where it is wrong, that there is none is no other fault. */
const isOfMethod = ({ path, keyword }: SchemaFault, faults: readonly SchemaFault[]): boolean =>
  path === '$.model' && keyword === 'required' && faults.some(({ path }) => path === '$.method');

/** Whether a fault goes away with one of the slot that its own was like. */
const isInherited = (
  { keys }: SchemaFault,
  faults: readonly SchemaFault[],
  given: JsonRecord,
  inherited: readonly Inheritance[],
): boolean =>
  !hasKeys(given, keys) &&
  inherited.some(({ from, to }) => {
    const rest = keys.slice(to.length);
    if (jsonPath(keys.slice(0, to.length)) !== jsonPath(to)) return false;
    const places = [rest, ...rest.map((_, depth) => rest.slice(0, depth))].map((keys) =>
      jsonPath([...from, ...keys]),
    );
    return faults.some(({ path }) => places.includes(path));
  });

/** Names the layer that a fault comes from: the highest that has the faulty value. */
function withSource(fault: SchemaFault, layers: readonly ReadLayer[]): SchemaFault {
  const layer = layers.findLast(({ document }) => hasKeys(document, fault.keys));
  return layer ? { ...fault, source: layer.source } : fault;
}

/** Keys of documents of before, and what they are called now. */
const renamed: Readonly<Record<string, string>> = { imageSize: 'size', count: 'students' };

/**
 * For a key that is right but in the wrong place, or nearly right, the place where it belongs. What such a key holds may belong elsewhere
 * again, further out: then each is a fault of its own.
 */
function withPlace(fault: SchemaFault, schema: JsonRecord, document: JsonRecord): SchemaFault[] {
  if (fault.keyword !== 'additionalProperties' || fault.suggestion !== undefined) return [fault];
  const places = placesOf(schema, schema, document);
  const placeOf = (key: string) =>
    places.find((keys) => keys.at(-1) === key) ?? places.find((keys) => keys.at(-1) === renamed[key]);
  const key = fault.keys.at(-1) as string;
  const place =
    placeOf(key) ??
    placeOf(
      nearestName(
        key,
        places.map((keys) => keys.at(-1) as string),
      ) ?? key,
    );
  if (!place) return [fault];
  const held = Object.keys(Object(valueAt(document, fault.keys)));
  const strays = held.flatMap((name): SchemaFault[] => {
    const own = placeOf(name);
    if (name === 'type' || !own || own.length > place.length) return [];
    const keys = [...fault.keys, name];
    return [
      { ...fault, keys, path: jsonPath(keys), message: 'is not known here', suggestion: jsonPath(own) },
    ];
  });
  const isEmptied = held.length > 0 && strays.length === held.length;
  return [...(isEmptied ? [] : [{ ...fault, suggestion: jsonPath(place) }]), ...strays];
}

/** Every key that an experiment with these parts may have. */
function placesOf(root: JsonRecord, schema: unknown, document: unknown, keys: Keys = []): Keys[] {
  if (!isRecord(schema)) return [];
  const value = isRecord(document) ? document : {};
  const target =
    typeof schema.$ref === 'string'
      ? (root.$defs as JsonRecord)[schema.$ref.slice('#/$defs/'.length)]
      : undefined;
  const { oneOf } = isRecord(target) ? target : schema;
  const alternatives = Array.isArray(oneOf) ? oneOf : [];
  const chosen = alternatives.find((alternative) => alternative.properties?.type?.const === value.type);
  const properties = { ...(schema.properties as JsonRecord), ...chosen?.properties };
  return Object.entries(properties).flatMap(([key, child]) => [
    [...keys, key],
    ...placesOf(root, child, value[key], [...keys, key]),
  ]);
}
