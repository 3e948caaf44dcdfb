/** The flags of `adfw run` that say something about the experiment. */
import { Flags, type Interfaces } from '@oclif/core';

export interface ExperimentFlag {
  summary: string;
  /** What the value is, in the help; a flag without it takes none. */
  value?: string;
  group: 'DATA' | 'MODEL' | 'TRAINING';
  /** Where its value stands in an experiment; `pretrained` for the weights of the pretrained network, which models call differently. */
  place: readonly string[] | 'pretrained';
  /** What the flag says beside that value. */
  beside?: Readonly<Record<string, unknown>>;
  /** Whether the value is a number, where it is one; else it stays a string. */
  numeric?: boolean;
}

export const experimentFlags: Record<string, ExperimentFlag> = {
  method: {
    group: 'MODEL',
    value: 'NAME',
    summary:
      'The method to start from, as stfpm, fvv or simple-student; adfw list names all, those of plugins included.',
    place: ['method'],
  },
  weights: {
    group: 'MODEL',
    value: 'FILE',
    summary:
      "Weights of the model's pretrained network, such as a teacher: a .safetensors or torchvision .pth file, imagenet (downloaded once) or built-in (a small network that comes along).",
    place: 'pretrained',
  },
  data: {
    group: 'DATA',
    value: 'DIR',
    summary:
      'Images in the MVTec layout, or that of --dataset: a folder of categories, or one category with train/good and test/*.',
    place: ['dataset', 'root'],
    beside: { type: 'mvtec' },
  },
  dataset: {
    group: 'DATA',
    value: 'NAME',
    summary:
      'How the images of --data are laid out, as mvtec, visa, mvtec-loco or table; adfw list names all. mvtec by default.',
    place: ['dataset', 'type'],
  },
  category: {
    group: 'DATA',
    value: 'NAME',
    summary: 'Which category of the dataset.',
    place: ['dataset', 'category'],
  },
  'image-size': {
    group: 'DATA',
    value: 'N',
    numeric: true,
    summary: 'Height and width that images are resized to, in pixels.',
    place: ['images', 'size'],
  },
  'skip-bad-images': {
    group: 'DATA',
    summary:
      'Leave out, and count, images that cannot be read, or whose mask cannot; otherwise they stop the run.',
    place: ['dataset', 'skipBadImages'],
  },
  epochs: {
    group: 'TRAINING',
    value: 'N',
    numeric: true,
    summary: 'How often each training image is seen.',
    place: ['model', 'training', 'epochs'],
  },
  'batch-size': {
    group: 'TRAINING',
    value: 'N',
    numeric: true,
    summary: 'Images that are looked at together, and in a training step.',
    place: ['fit', 'batchSize'],
  },
  'validation-fraction': {
    group: 'TRAINING',
    value: 'F',
    numeric: true,
    summary:
      'The share of the nominal images held out to choose the deployed threshold and the epoch of a training; 0 to 1.',
    place: ['fit', 'validationFraction'],
  },
  seed: {
    group: 'TRAINING',
    value: 'N',
    numeric: true,
    summary: 'Decides every random number; the same seed repeats a run.',
    place: ['seed'],
  },
  'cache-memory': {
    group: 'TRAINING',
    value: '2GiB',
    summary:
      'Memory for decoded images and the features of a pretrained network; what does not fit is computed each time anew.',
    place: ['fit', 'cacheMemory'],
  },
};

export const experimentFlagNames = Object.keys(experimentFlags);

/** The same as oclif declares flags. */
export const oclifExperimentFlags: Interfaces.FlagInput = Object.fromEntries(
  Object.entries(experimentFlags).map(([name, { summary, value, group }]) => [
    name,
    value === undefined
      ? Flags.boolean({ summary, helpGroup: group })
      : Flags.string({ summary, helpGroup: group, helpValue: value }),
  ]),
);
