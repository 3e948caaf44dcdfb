/** The JSON Schema of an experiment document, put together from what is registered. */
import type { JsonSchema, PartKind } from '../contracts/part.js';
import { learningRateScheduleOptions } from '../fitting/learning-rate-schedule.js';
import { listMethods, listParts, type Registry } from '../plugins/registry.js';
import { baseExperiment } from './base-experiment.js';

/** Where an experiment names a part, as the keys that lead there joined by dots, and the kind of part it names. */
export const partSlots = {
  teacher: 'backbone',
  student: 'backbone',
  loss: 'loss',
  score: 'score',
  threshold: 'threshold',
  deployedThreshold: 'threshold',
  dataset: 'dataset',
  'training.optimizer': 'optimizer',
} as const satisfies Record<string, PartKind>;
export type PartSlot = keyof typeof partSlots;

/** Keys of a slot that belong to the slot, whatever part fills it. */
const slotOptions: { readonly [slot in PartSlot]?: Readonly<Record<string, JsonSchema>> } = {
  teacher: {
    standardize: {
      type: 'boolean',
      default: baseExperiment.teacher.standardize,
      description:
        'Whether each channel of its features gets mean 0 and standard deviation 1 over the training images (eq. 4.12).',
    },
  },
  student: {
    count: {
      type: 'integer',
      minimum: 1,
      default: baseExperiment.student.count,
      description: 'How many students are trained; they differ in their seed.',
    },
    variants: {
      type: 'array',
      items: { type: 'object' },
      default: baseExperiment.student.variants,
      examples: [[{ residualScale: 0 }, { residualScale: 1 }]],
      description:
        'Options in which the students of an ensemble differ: each has those of the next variant, over and over; none by default, where they differ in their seed alone.',
    },
    adapter: {
      enum: ['none', 'convolution'],
      default: baseExperiment.student.adapter,
      description:
        "What brings a student's layers to the teacher's channels: `convolution` is a 1x1 convolution a layer, so that the two can be different networks; `none` needs as many channels on both sides.",
    },
  },
};

/** The names of a slot's own keys. */
export const slotKeys = (slot: string): string[] => Object.keys(slotOptions[slot as PartSlot] ?? {});

/**
 * The schema (draft 2020-12) of the documents that people write: nothing is required, since defaults and the method's preset
 * stand below it. An editor completes and checks an experiment that names the schema's file in `$schema`.
 */
export const experimentSchema = (registry: Registry): JsonSchema => buildSchema(registry, 'written');

/** The schema of a resolved experiment: every key and every option is there, and each part's options fit its type. */
export const resolvedExperimentSchema = (registry: Registry): JsonSchema => buildSchema(registry, 'resolved');

type Form = 'written' | 'resolved';

function buildSchema(registry: Registry, form: Form): JsonSchema {
  const slot = (name: PartSlot, description: string) => partSlot(registry, name, form, description);
  const { training } = baseExperiment;
  const trainingProperties = {
    epochs: {
      type: 'integer',
      minimum: 1,
      default: training.epochs,
      description: 'How often each training image is seen.',
    },
    batchSize: {
      type: 'integer',
      minimum: 1,
      default: training.batchSize,
      description: 'Images in a training step.',
    },
    validationFraction: {
      type: 'number',
      minimum: 0,
      exclusiveMaximum: 1,
      default: training.validationFraction,
      description:
        'The share of the nominal images that is held out; the epoch with the lowest loss on them is kept. 0 keeps the last.',
    },
    folds: {
      type: ['integer', 'null'],
      minimum: 2,
      maximum: 20,
      default: training.folds,
      description:
        'With 5, say, the deployed threshold is chosen from the scores of all nominal images: each is scored by a further model, fitted without a fifth of the images that it is in. So many more fits, as long as the first; null for none.',
    },
    cacheMemory: {
      type: 'string',
      pattern: '^\\s*\\d+(\\.\\d+)?\\s*([KMG]i?B|B)?\\s*$',
      examples: ['2GiB', '500MB'],
      default: training.cacheMemory,
      description:
        "How much memory decoded images and the teacher's features may take before they are computed again.",
    },
    schedule: {
      type: 'object',
      properties: learningRateScheduleOptions,
      additionalProperties: false,
      description: 'How the learning rate goes over the training.',
      ...(form === 'resolved' && { required: Object.keys(learningRateScheduleOptions) }),
    },
    clipNorm: {
      type: ['number', 'null'],
      exclusiveMinimum: 0,
      default: training.clipNorm,
      description:
        "What the norm of all gradients of a student is scaled down to where it is larger, as PyTorch's clip_grad_norm_; null for no limit.",
    },
    averageDecay: {
      type: 'number',
      minimum: 0,
      exclusiveMaximum: 1,
      default: training.averageDecay,
      description:
        'With 0.99, say, an exponential moving average of the weights with this decay is tried on held-out images and kept in place of the weights themselves; 0 for none.',
    },
    preciseBatchNorm: {
      type: 'boolean',
      default: training.preciseBatchNorm,
      description:
        "Whether batch normalisation's statistics are computed anew, from training images, for weights that are tried on held-out images or kept (Wu and Johnson 2021, section 3); else they are the running ones, which lag behind the weights.",
    },
    patience: {
      type: ['integer', 'null'],
      minimum: 1,
      default: training.patience,
      description:
        'Training ends after so many epochs in a row whose loss on held-out images was no new best; null for all epochs.',
    },
    optimizer: slot(
      'training.optimizer',
      'What moves the parameters of a student; each student has its own.',
    ),
  };
  const properties = {
    $schema: { type: 'string', description: 'The file of this schema, for editors.' },
    method: nameSchema(
      listMethods(registry).map(({ method }) => method.name),
      'no method is registered, load a plugin that brings one',
      'The method whose preset the experiment starts from.',
    ),
    teacher: slot('teacher', 'The network that students learn from; it is never trained.'),
    student: slot('student', "The networks that learn; without a type they have the teacher's architecture."),
    layers: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      minItems: 1,
      uniqueItems: true,
      default: baseExperiment.layers,
      description: 'The layers whose features are distilled and scored, shallow to deep.',
    },
    loss: slot('loss', 'What a student minimises on nominal images.'),
    score: slot('score', 'How what teacher and students see becomes an anomaly map.'),
    threshold: slot('threshold', "The benchmark's threshold, chosen on the labelled test images."),
    deployedThreshold: slot(
      'deployedThreshold',
      'The threshold that predictions use, chosen from nominal images that were held out.',
    ),
    dataset: slot('dataset', 'The images.'),
    training: {
      type: 'object',
      properties: trainingProperties,
      additionalProperties: false,
      description: 'How the students are trained.',
      ...(form === 'resolved' && { required: Object.keys(trainingProperties) }),
    },
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
      description: 'Decides every random number: initial students, held-out images, the order of batches.',
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
  };
}

/** `{type, ...options}`: an alternative for each registered part of the slot's kind. */
function partSlot(registry: Registry, name: PartSlot, form: Form, description: string): JsonSchema {
  const kind = partSlots[name];
  const parts = listParts(registry, kind).map(({ part }) => part);
  const own = slotOptions[name] ?? {};
  const first = parts[0];
  if (first === undefined) {
    const type = nameSchema([], `no ${kind} is registered, load a plugin that brings one`, '');
    return {
      type: 'object',
      properties: { type, ...own },
      description,
      ...(form === 'resolved' && { required: ['type'] }),
    };
  }
  const alternatives = parts.map((part) => {
    const properties = {
      type: { const: part.name },
      ...mapValues(own, () => true),
      ...(Object.hasOwn(own, 'variants') && { variants: variantsSchema(part.options ?? {}) }),
      ...part.options,
    };
    return {
      type: 'object',
      title: part.name,
      description: part.reference === undefined ? part.summary : `${part.summary} (${part.reference})`,
      properties,
      additionalProperties: false,
      ...(form === 'resolved' && { required: ['type', ...Object.keys(part.options ?? {})] }),
    };
  });
  return {
    type: 'object',
    description,
    examples: [{ type: first.name }],
    ...(form === 'resolved'
      ? {
          properties: own,
          required: Object.keys(own),
          discriminator: { propertyName: 'type' },
          oneOf: alternatives,
        }
      : {
          // Said here as well, so that an editor lists all of them where the type is wrong.
          properties: { type: { enum: parts.map(({ name }) => name), description: 'Its name.' }, ...own },
          anyOf: alternatives,
        }),
  };
}

const variantsSchema = (options: Readonly<Record<string, JsonSchema>>): JsonSchema => ({
  type: 'array',
  items: { type: 'object', properties: options, additionalProperties: false },
});

const nameSchema = (names: readonly string[], none: string, description: string): JsonSchema =>
  names.length > 0 ? { enum: names, description } : { not: {}, description: none };

const mapValues = <T>(record: object, value: () => T): Record<string, T> =>
  Object.fromEntries(Object.keys(record).map((key) => [key, value()]));
