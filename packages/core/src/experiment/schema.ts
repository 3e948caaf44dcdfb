/** The JSON Schema of an experiment document, put together from what is registered. */
import type { JsonSchema, PartKind } from '../contracts/part.js';
import { isRecord, type JsonRecord } from '../plugins/json.js';
import { listKinds, listMethods, listParts, type Registry } from '../plugins/registry.js';
import { baseExperiment } from './base-experiment.js';
import { hasDefault, type OptionSchema, propertiesOf, replaceSlots } from './slots.js';

/** The keys of an experiment that name a part, and the kind of part each names. */
export const documentSlots = {
  model: 'model',
  threshold: 'threshold',
  deployedThreshold: 'threshold',
  dataset: 'dataset',
} as const satisfies Record<string, PartKind>;

/** The same document, with `change` of what is in its slots. */
export const inSlots = (
  document: JsonRecord,
  change: (kind: PartKind, choice: unknown, key: string) => unknown,
): JsonRecord => {
  const kinds: Readonly<Record<string, PartKind>> = documentSlots;
  return Object.fromEntries(
    Object.entries(document).map(([key, value]) => {
      const kind = Object.hasOwn(kinds, key) ? kinds[key] : undefined;
      return [key, kind ? change(kind, value, key) : value];
    }),
  );
};

/**
 * The schema (draft 2020-12) of the documents that people write: nothing is required, since defaults and the method's preset
 * stand below it. An editor completes and checks an experiment that names the schema's file in `$schema`.
 */
export const experimentSchema = (registry: Registry): JsonSchema => buildSchema(registry, 'written');

/**
 * The schema of a resolved experiment: every key and every option is there, and each part's options fit its type. The same object as
 * long as nothing more is registered, so that it is compiled once.
 */
export function resolvedExperimentSchema(registry: Registry): JsonSchema {
  const registered = listKinds(registry).length + listParts(registry).length + listMethods(registry).length;
  const known = resolvedSchemas.get(registry);
  if (known?.registered === registered) return known.schema;
  const schema = buildSchema(registry, 'resolved');
  resolvedSchemas.set(registry, { registered, schema });
  return schema;
}

const resolvedSchemas = new WeakMap<Registry, { registered: number; schema: JsonSchema }>();

/**
 * The schema of resolved experiments that finds the same faults in this document, and is compiled in a third of the time: of parts that
 * the document does not name it has the name alone. After a few different ones it is the whole schema, which does for all.
 * @returns the same object for what was asked for lately, so that it is compiled once, whichever registry it is of.
 */
export function schemaFor(schema: JsonSchema, document: unknown): JsonSchema {
  const made = timesMade.get(schema) ?? 0;
  if (made === MOST_MADE) return schema;
  const smaller = ofNamedParts(schema, typesIn(document));
  const text = JSON.stringify(smaller);
  const known = recentSchemas.get(text);
  if (known) return known;
  timesMade.set(schema, made + 1);
  recentSchemas.set(text, smaller);
  if (recentSchemas.size > MOST_RECENT) recentSchemas.delete(recentSchemas.keys().next().value as string);
  return smaller;
}

/** How often a smaller schema was made of this one. */
const timesMade = new WeakMap<JsonSchema, number>();
const MOST_MADE = 3;
/** By their text, the latest last. */
const recentSchemas = new Map<string, JsonSchema>();
const MOST_RECENT = 16;

function ofNamedParts(schema: JsonSchema, types: ReadonlySet<unknown>): JsonSchema {
  const alternative = (full: JsonSchema): JsonSchema => {
    const { type } = full.properties as Readonly<Record<string, JsonSchema>>;
    return types.has(type?.const) ? full : { type: 'object', properties: { type }, required: ['type'] };
  };
  const definition = (kind: JsonSchema): JsonSchema =>
    Array.isArray(kind.oneOf) ? { ...kind, oneOf: kind.oneOf.map(alternative) } : kind;
  const definitions = Object.entries(schema.$defs as Readonly<Record<string, JsonSchema>>);
  return {
    ...schema,
    $defs: Object.fromEntries(definitions.map(([kind, full]) => [kind, definition(full)])),
  };
}

/** Every `type` that is named anywhere in a value of JSON. */
function typesIn(value: unknown, found = new Set<unknown>()): ReadonlySet<unknown> {
  if (Array.isArray(value)) for (const item of value) typesIn(item, found);
  else if (isRecord(value))
    for (const [key, child] of Object.entries(value)) {
      if (key === 'type') found.add(child);
      typesIn(child, found);
    }
  return found;
}

type Form = 'written' | 'resolved';

function buildSchema(registry: Registry, form: Form): JsonSchema {
  const slot = (kind: PartKind, description: string) => slotSchema(registry, kind, description);
  const { fit } = baseExperiment;
  const section = (description: string, properties: Readonly<Record<string, JsonSchema>>) => ({
    type: 'object',
    properties,
    additionalProperties: false,
    description,
    ...(form === 'resolved' && { required: Object.keys(properties) }),
  });
  const properties = {
    $schema: { type: 'string', description: 'The file of this schema, for editors.' },
    method: nameSchema(
      listMethods(registry).map(({ method }) => method.name),
      'no method is registered, load a plugin that brings one',
      'The method whose preset the experiment starts from.',
    ),
    dataset: slot('dataset', 'Where the images come from.'),
    images: section('How images come to the model.', imageOptions(form)),
    model: slot('model', 'What learns from nominal images, and then finds anomalies.'),
    fit: section('How the model is fitted, whatever it is.', {
      batchSize: {
        type: 'integer',
        minimum: 1,
        default: fit.batchSize,
        description: 'Images that are looked at together, and in a training step.',
      },
      validationFraction: {
        type: 'number',
        minimum: 0,
        exclusiveMaximum: 1,
        default: fit.validationFraction,
        description:
          'The share of the nominal images that is held out: the deployed threshold is chosen from their scores, and of a training the epoch with the lowest loss on them is kept. 0 keeps the last.',
      },
      folds: {
        type: ['integer', 'null'],
        minimum: 2,
        maximum: 20,
        default: fit.folds,
        description:
          'With 5, say, the deployed threshold is chosen from the scores of all nominal images: each is scored by a further model, fitted without a fifth of the images that it is in. So many more fits, as long as the first; null for none.',
      },
      cacheMemory: {
        type: 'string',
        pattern: '^\\s*\\d+(\\.\\d+)?\\s*([KMG]i?B|B)?\\s*$',
        examples: ['2GiB', '500MB'],
        default: fit.cacheMemory,
        description:
          'How much memory decoded images and features of a frozen network may take before they are computed again.',
      },
    }),
    threshold: slot('threshold', "The benchmark's threshold, chosen on the labelled test images."),
    deployedThreshold: slot(
      'threshold',
      'The threshold that predictions use, chosen from nominal images that were held out.',
    ),
    plugins: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      default: baseExperiment.plugins,
      description: 'Modules whose parts and methods the experiment may name.',
    },
    seed: {
      type: 'integer',
      minimum: 0,
      maximum: 2 ** 31 - 1,
      default: baseExperiment.seed,
      description: 'Decides every random number: initial weights, held-out images, the order of batches.',
    },
  };
  const optional = ['$schema', 'dataset'];
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    title: 'adfw experiment',
    type: 'object',
    properties,
    additionalProperties: false,
    ...(form === 'resolved' && {
      required: Object.keys(properties).filter((key) => !optional.includes(key)),
    }),
    $defs: Object.fromEntries(
      listKinds(registry).map(({ kind: { name } }) => [name, kindSchema(registry, name, form)]),
    ),
  };
}

function imageOptions(form: Form): Readonly<Record<string, JsonSchema>> {
  const { images } = baseExperiment;
  const side = { type: 'integer', minimum: 8, maximum: 16384 };
  return {
    size: {
      anyOf: [side, { type: 'array', items: side, minItems: 2, maxItems: 2, examples: [[256, 512]] }],
      default: images.size,
      description: 'What images are resized to, in pixels: the side of a square, or height and width.',
    },
    fit: {
      enum: ['stretch', 'pad', 'crop'],
      default: images.fit,
      description:
        'How an image of another shape becomes this size: stretched to it, or resized with its shape kept, to lie inside and be padded with a grey, or to cover and be cut to the centre.',
    },
    region: {
      anyOf: [
        { type: 'null' },
        { type: 'string', format: 'path', minLength: 1, description: 'The file of a mask.' },
        {
          type: 'object',
          properties: {
            polygon: {
              type: 'array',
              minItems: 3,
              items: { type: 'array', items: { type: 'number', minimum: 0 }, minItems: 2, maxItems: 2 },
              description:
                'Points [x, y] from the upper left corner: fractions, or pixels where `of` is given.',
            },
            of: {
              type: 'array',
              items: { type: 'integer', minimum: 1 },
              minItems: 2,
              maxItems: 2,
              description: 'Height and width of the images that points are pixels of.',
            },
          },
          additionalProperties: false,
          required: ['polygon'],
        },
      ],
      default: images.region,
      examples: ['region.png'],
      description:
        'The part of images that is looked at, of a thing that lies in the same place in all of them: a mask, not zero inside, or a polygon. Nothing else is learnt, scored or counted. null for all of it.',
    },
    tile: {
      type: ['object', 'null'],
      properties: {
        size: {
          anyOf: [side, { type: 'array', items: side, minItems: 2, maxItems: 2, examples: [[256, 512]] }],
          description: 'Of a tile, in pixels: the side of a square, or height and width.',
        },
        overlap: {
          type: 'integer',
          minimum: 0,
          maximum: 16384,
          description:
            'How many pixels neighbouring tiles have in common, at least: over these their maps are blended. A quarter of the shorter side by default.',
        },
      },
      additionalProperties: false,
      required: form === 'resolved' ? ['size', 'overlap'] : ['size'],
      examples: [{ size: 256, overlap: 64 }],
      default: images.tile,
      description:
        'Images are cut into tiles that overlap: each is an image to the model, in training and in scoring, and their maps are blended. For defects that are small beside the image, which is then to be large. null for none.',
    },
  };
}

/** `{type, ...options}` of a kind, where it is used. */
const slotSchema = (registry: Registry, kind: PartKind, description: string): JsonSchema => {
  const first = listParts(registry, kind)[0]?.part.name;
  return {
    $ref: `#/$defs/${kind}`,
    description,
    ...(first !== undefined && { examples: [{ type: first }] }),
  };
};

/** `{type, ...options}`: an alternative for each registered part of the kind. */
function kindSchema(registry: Registry, kind: PartKind, form: Form): JsonSchema {
  const parts = listParts(registry, kind).map(({ part }) => part);
  const first = parts[0];
  if (first === undefined)
    return {
      type: 'object',
      properties: { type: nameSchema([], `no ${kind} is registered, load a plugin that brings one`, '') },
      ...(form === 'resolved' && { required: ['type'] }),
    };
  const alternatives = parts.map(({ name, summary, reference, options = {} }) => ({
    type: 'object',
    title: name,
    description: reference === undefined ? summary : `${summary} (${reference})`,
    properties: {
      type: { const: name },
      ...Object.fromEntries(
        Object.entries(options).map(([option, schema]) => [option, optionSchema(registry, schema, form)]),
      ),
    },
    additionalProperties: false,
    ...(form === 'resolved' && { required: ['type', ...Object.keys(options)] }),
  }));
  return {
    type: 'object',
    examples: [{ type: first.name }],
    ...(form === 'resolved'
      ? { discriminator: { propertyName: 'type' }, oneOf: alternatives }
      : {
          // Said here as well, so that an editor lists all of them where the type is wrong.
          properties: { type: { enum: parts.map(({ name }) => name), description: 'Its name.' } },
          anyOf: alternatives,
        }),
  };
}

const optionSchema = (registry: Registry, schema: OptionSchema, form: Form): JsonSchema => {
  const plain = replaceSlots(schema, (slot) => slotSchema(registry, slot.part, slot.description));
  return form === 'resolved' ? requireDefaults(plain, schema) : plain;
};

/** In an object that was completed, what has a default is there. */
function requireDefaults(schema: JsonSchema, option: OptionSchema): JsonSchema {
  const own = propertiesOf(option as JsonSchema);
  const names = Object.keys(own).filter((name) => hasDefault(own[name]));
  if (names.length === 0 || !isRecord(schema.properties)) return schema;
  const properties = schema.properties as Readonly<Record<string, JsonSchema>>;
  return {
    ...schema,
    properties: Object.fromEntries(
      Object.entries(properties).map(([name, child]) => [
        name,
        requireDefaults(child, own[name] as OptionSchema),
      ]),
    ),
    required: [...new Set([...((schema.required as string[] | undefined) ?? []), ...names])],
  };
}

const nameSchema = (names: readonly string[], none: string, description: string): JsonSchema =>
  names.length > 0 ? { enum: names, description } : { not: {}, description: none };
