/** The flags of `adfw run` that say something about the experiment, and the partial experiment that each stands for. */
import type { ExperimentLayer } from '@adfw/core';
import { Flags, type Interfaces } from '@oclif/core';

interface ExperimentFlag {
  summary: string;
  /** What the value is, in the help; a flag without it takes none. */
  value?: string;
  group: 'DATA' | 'MODEL' | 'TRAINING';
  /** The partial experiment. Values are checked later, as part of the whole document. */
  document(value: unknown): Record<string, unknown>;
  /** Whether the value is a number, where it is one; else it stays a string. */
  numeric?: boolean;
}

const experimentFlags: Record<string, ExperimentFlag> = {
  method: {
    group: 'MODEL',
    value: 'NAME',
    summary:
      'The method to start from, as stfpm, fvv or simple-student; adfw list names all, those of plugins included.',
    document: (method) => ({ method }),
  },
  weights: {
    group: 'MODEL',
    value: 'FILE',
    summary:
      "The teacher's weights: a .safetensors or torchvision .pth file, imagenet (downloaded once) or built-in (a small network that comes along).",
    document: (weights) => ({ teacher: { weights } }),
  },
  data: {
    group: 'DATA',
    value: 'DIR',
    summary:
      'Images in the MVTec layout: a folder of categories, or one category with train/good and test/*.',
    document: (root) => ({ dataset: { type: 'mvtec', root } }),
  },
  category: {
    group: 'DATA',
    value: 'NAME',
    summary: 'Which category of the dataset.',
    document: (category) => ({ dataset: { category } }),
  },
  'image-size': {
    group: 'DATA',
    value: 'N',
    numeric: true,
    summary: 'Height and width that images are resized to, in pixels.',
    document: (imageSize) => ({ dataset: { imageSize } }),
  },
  'skip-bad-images': {
    group: 'DATA',
    summary:
      'Leave out, and count, images that cannot be read, or whose mask cannot; otherwise they stop the run.',
    document: (skipBadImages) => ({ dataset: { skipBadImages } }),
  },
  epochs: {
    group: 'TRAINING',
    value: 'N',
    numeric: true,
    summary: 'How often each training image is seen.',
    document: (epochs) => ({ training: { epochs } }),
  },
  'batch-size': {
    group: 'TRAINING',
    value: 'N',
    numeric: true,
    summary: 'Images in a training step.',
    document: (batchSize) => ({ training: { batchSize } }),
  },
  'validation-fraction': {
    group: 'TRAINING',
    value: 'F',
    numeric: true,
    summary:
      'The share of the nominal images held out to choose the epoch and the deployed threshold; 0 to 1.',
    document: (validationFraction) => ({ training: { validationFraction } }),
  },
  seed: {
    group: 'TRAINING',
    value: 'N',
    numeric: true,
    summary: 'Decides every random number; the same seed repeats a run.',
    document: (seed) => ({ seed }),
  },
  'cache-memory': {
    group: 'TRAINING',
    value: '2GiB',
    summary:
      "Memory for decoded images and the teacher's features; what does not fit is computed again each epoch.",
    document: (cacheMemory) => ({ training: { cacheMemory } }),
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

/** A layer for each flag that was given, named after it, for messages: `--epochs: $.training.epochs must be …`. */
export function experimentLayers(flags: Readonly<Record<string, unknown>>): ExperimentLayer[] {
  return Object.entries(experimentFlags).flatMap(([name, { document, numeric }]) => {
    const value = flags[name];
    if (value === undefined) return [];
    return [{ source: `--${name}`, document: document(numeric ? asNumber(value) : value) }];
  });
}

/** What is not a number stays as it is: the experiment's schema says what was expected. */
function asNumber(value: unknown): unknown {
  const number = Number(value);
  return String(value).trim() === '' || Number.isNaN(number) ? value : number;
}
