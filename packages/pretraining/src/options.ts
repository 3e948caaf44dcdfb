/** What a pretraining is told: the options that every kind of it has, with those of one, checked and filled up with defaults. */
import {
  type ExperimentLayer,
  faultsError,
  findPart,
  type JsonSchema,
  type Registry,
  schemaFaults,
} from '@adfw/core';

export interface PretrainingOptions {
  readonly kind: string;
  /** Folders of images, and `generated` for pictures that are made for it. */
  readonly images: readonly string[];
  readonly generatedImages: number;
  readonly imageSize: number;
  readonly skipBadImages: boolean;
  readonly steps: number;
  readonly batchSize: number;
  readonly learningRate: number;
  readonly seed: number;
  readonly recordEvery: number;
  readonly storage: 'float32' | 'float16';
  readonly cacheMemory: string;
  /** Those of its kind. */
  readonly [option: string]: unknown;
}

/** What stands for generated pictures among folders of images. */
export const GENERATED = 'generated';

/** The options that every pretraining has; one may give them other defaults. */
export const commonOptions: Readonly<Record<string, JsonSchema>> = {
  images: {
    type: 'array',
    items: { anyOf: [{ const: GENERATED }, { type: 'string', format: 'path' }] },
    minItems: 1,
    uniqueItems: true,
    default: [GENERATED],
    description:
      'Folders of images to learn from, any; `generated` stands for generated textures and scenes.',
  },
  generatedImages: {
    type: 'integer',
    minimum: 1,
    default: 2000,
    description: 'How many pictures are generated, where they are asked for.',
  },
  imageSize: {
    type: 'integer',
    minimum: 32,
    maximum: 4096,
    default: 256,
    description: 'The shorter side that images are resized to before pieces are cut out of them.',
  },
  skipBadImages: {
    type: 'boolean',
    default: false,
    description:
      'Leave out, and count, images that cannot be read; otherwise the first one stops the training.',
  },
  steps: { type: 'integer', minimum: 1, default: 10000, description: 'Batches to learn from.' },
  batchSize: { type: 'integer', minimum: 2, default: 16, description: 'Pieces of images in a batch.' },
  learningRate: {
    type: 'number',
    exclusiveMinimum: 0,
    default: 0.001,
    description: "Adam's, at its highest; it rises over the first twentieth of the steps, then falls to 0.",
  },
  seed: {
    type: 'integer',
    minimum: 0,
    maximum: 2 ** 32 - 1,
    default: 0,
    description: 'Decides every random number; the same seed repeats a training.',
  },
  recordEvery: {
    type: 'integer',
    minimum: 1,
    default: 200,
    description: 'Steps between checkpoints, each with a line in train.jsonl.',
  },
  storage: {
    enum: ['float32', 'float16'],
    default: 'float32',
    description: 'How the weights are stored: float16 takes half the space and rounds to three digits.',
  },
  cacheMemory: {
    type: 'string',
    default: '2GiB',
    description: 'Memory for images; what does not fit is read, or generated, each time it is needed.',
  },
};

/**
 * What `layers` say together, later ones before earlier ones, filled up with the defaults.
 * @throws ConfigurationError with every fault.
 */
export function resolvePretraining(
  registry: Registry,
  layers: readonly ExperimentLayer[],
): PretrainingOptions {
  const asked: Record<string, unknown> = Object.assign({}, ...layers.map(({ document }) => document));
  const { part } = findPart(registry, 'pretraining', String(asked.kind));
  const properties = (part.options ?? {}) as Readonly<Record<string, JsonSchema>>;
  const defaults = Object.entries(properties).flatMap(([name, schema]) =>
    schema.default === undefined ? [] : [[name, schema.default]],
  );
  const document = { kind: part.name, ...Object.fromEntries(defaults), ...asked };
  const faults = schemaFaults(
    {
      type: 'object',
      properties: { kind: { const: part.name }, ...properties },
      required: ['kind', ...Object.keys(commonOptions), ...(part.required ?? [])],
      additionalProperties: false,
    },
    document,
  );
  if (faults.length > 0)
    throw faultsError(
      'The pretraining',
      faults.map((fault) => {
        const source = layers.findLast((layer) =>
          Object.hasOwn(layer.document as object, fault.keys[0] ?? ''),
        )?.source;
        return source === undefined ? fault : { ...fault, source };
      }),
    );
  return document as unknown as PretrainingOptions;
}
