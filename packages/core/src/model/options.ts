import type { JsonSchema, Make, PartChoice, PartKind, Slot } from '../contracts/part.js';
import type { TrainStage } from '../contracts/stage.js';
import {
  type LearningRateSchedule,
  learningRateFactor,
  learningRateScheduleOptions,
} from '../fitting/learning-rate-schedule.js';

/** An option that is a part itself, see {@link Slot}. */
export const slot = <K extends PartKind>(
  part: K,
  description: string,
  more: Omit<Slot<K>, 'part' | 'description'> = {},
): Slot<K> => ({ part, description, ...more });

/** The layers of a backbone that a model works on. */
export const layersOption = (layers: readonly string[], description: string) =>
  ({
    type: 'array',
    items: { type: 'string', minLength: 1 },
    minItems: 1,
    uniqueItems: true,
    default: layers,
    description,
  }) as const satisfies JsonSchema;

/** What {@link trainingOption} gives where `create` sees it. */
export interface Training {
  readonly epochs: number;
  readonly schedule: LearningRateSchedule;
  readonly clipNorm: number | null;
  readonly averageDecay: number;
  readonly preciseBatchNorm: boolean;
  readonly patience: number | null;
  readonly optimizer: Make<'optimizer'>;
  /** None where it is missing. */
  readonly augmentation?: readonly Make<'augmentation'>[];
}

/** The option `training` of a model that trains with gradients. */
export const trainingOption = ({
  epochs,
  optimizer,
}: {
  readonly epochs: number;
  readonly optimizer: PartChoice;
}) => ({
  type: 'object',
  additionalProperties: false,
  description: 'How it is trained.',
  properties: {
    epochs: {
      type: 'integer',
      minimum: 1,
      default: epochs,
      description: 'How often each training image is seen.',
    },
    schedule: {
      type: 'object',
      properties: learningRateScheduleOptions,
      additionalProperties: false,
      description: 'How the learning rate goes over the training.',
    },
    clipNorm: {
      type: ['number', 'null'],
      exclusiveMinimum: 0,
      default: null,
      description:
        "What the norm of all gradients of a network is scaled down to where it is larger, as PyTorch's clip_grad_norm_; null for no limit.",
    },
    averageDecay: {
      type: 'number',
      minimum: 0,
      exclusiveMaximum: 1,
      default: 0,
      description:
        'With 0.99, say, an exponential moving average of the weights with this decay is tried on held-out images and kept in place of the weights themselves; 0 for none.',
    },
    preciseBatchNorm: {
      type: 'boolean',
      default: true,
      description:
        "Whether batch normalisation's statistics are computed anew, from training images, for weights that are tried on held-out images or kept (Wu and Johnson 2021, section 3); else they are the running ones, which lag behind the weights.",
    },
    patience: {
      type: ['integer', 'null'],
      minimum: 1,
      default: null,
      description:
        'Training ends after so many epochs in a row whose loss on held-out images was no new best; null for all epochs.',
    },
    optimizer: slot('optimizer', 'What moves the parameters of a network; each has its own.', {
      default: optimizer,
    }),
    augmentation: {
      type: 'array',
      items: slot('augmentation', 'A change of training images.'),
      default: [],
      description:
        'What changes each training image anew in each step, one after another: what nominal images may differ by. Features of a pretrained network are then not kept.',
    },
  },
});

/** What of {@link Training} a stage takes as it is. */
export const trainedBy = ({
  epochs,
  schedule,
  clipNorm,
  averageDecay,
  preciseBatchNorm,
  patience,
  augmentation = [],
}: Training): Pick<
  TrainStage,
  'epochs' | 'schedule' | 'clipNorm' | 'averageDecay' | 'preciseBatchNorm' | 'patience' | 'augmentations'
> => ({
  epochs,
  schedule: (progress) => learningRateFactor(schedule, progress),
  clipNorm,
  averageDecay,
  preciseBatchNorm,
  patience,
  augmentations: augmentation.map((make) => () => make()),
});
