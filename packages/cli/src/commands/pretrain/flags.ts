/** The flags of `adfw pretrain` that are options of a training, each named like its option. */
import type { ExperimentLayer } from '@adfw/core';
import { Flags, type Interfaces } from '@oclif/core';

interface PretrainFlag {
  summary: string;
  /** What the value is, in the help; a flag without it takes none. */
  value?: string;
  group: 'IMAGES' | 'TRAINING' | 'NETWORKS' | 'PYRAMID' | 'DESCRIPTORS';
  /** Whether the value is a number, where it is one; else it stays a string. */
  numeric?: boolean;
  /** Whether it may be repeated. */
  multiple?: boolean;
}

/** By the option's name; `batchSize` is the flag `--batch-size`. */
export const pretrainFlags: Record<string, PretrainFlag> = {
  images: {
    group: 'IMAGES',
    value: 'DIR',
    multiple: true,
    summary:
      'A folder of images, any, of any depth; or generated, the default, for generated textures and scenes. May be repeated.',
  },
  generatedImages: {
    group: 'IMAGES',
    value: 'N',
    numeric: true,
    summary: 'How many pictures are generated.',
  },
  imageSize: {
    group: 'IMAGES',
    value: 'N',
    numeric: true,
    summary: 'The shorter side that images are resized to before pieces are cut out of them, in pixels.',
  },
  skipBadImages: {
    group: 'IMAGES',
    summary: 'Leave out, and count, images that cannot be read; otherwise the first one stops the training.',
  },
  cacheMemory: {
    group: 'IMAGES',
    value: '2GiB',
    summary: 'Memory for images; what does not fit is read, or generated, each time it is needed.',
  },
  steps: { group: 'TRAINING', value: 'N', numeric: true, summary: 'Batches to learn from.' },
  batchSize: { group: 'TRAINING', value: 'N', numeric: true, summary: 'Pieces of images in a batch.' },
  learningRate: {
    group: 'TRAINING',
    value: 'F',
    numeric: true,
    summary: "Adam's, at its highest; it rises over the first twentieth of the steps, then falls to 0.",
  },
  seed: {
    group: 'TRAINING',
    value: 'N',
    numeric: true,
    summary: 'Decides every random number; the same seed repeats a training.',
  },
  recordEvery: {
    group: 'TRAINING',
    value: 'N',
    numeric: true,
    summary: 'Steps between checkpoints, from which an interrupted training goes on.',
  },
  storage: {
    group: 'TRAINING',
    value: 'TYPE',
    summary: 'How the weights are stored: float32, or float16, which takes half the space.',
  },
  teacher: {
    group: 'NETWORKS',
    value: 'NAME',
    summary: 'The ResNet that is learnt from: resnet18, resnet34, resnet50 or wide_resnet50_2.',
  },
  weights: {
    group: 'NETWORKS',
    value: 'FILE',
    summary:
      "The weights that are learnt from: a .safetensors or .pth file, or imagenet, torchvision's, which are downloaded once.",
  },
  width: {
    group: 'NETWORKS',
    value: 'N',
    numeric: true,
    summary:
      'Channels of the first convolution of the network that is trained, of which all others are multiples.',
  },
  network: { group: 'PYRAMID', value: 'NAME', summary: 'The ResNet that is trained.' },
  innerShare: {
    group: 'PYRAMID',
    value: 'F',
    numeric: true,
    summary: 'Channels inside its blocks, as a share of the standard ones: 0.5 by default.',
  },
  layers: {
    group: 'PYRAMID',
    value: 'NAME',
    multiple: true,
    summary: 'A layer that is learnt; by default layer1, layer2 and layer3. May be repeated.',
  },
  cropSize: {
    group: 'PYRAMID',
    value: 'N',
    numeric: true,
    summary: 'Height and width of the pieces of images, in pixels.',
  },
  patchSize: {
    group: 'DESCRIPTORS',
    value: 'N',
    numeric: true,
    summary: 'Height and width of the patches that are described: 17, 33 or 65 pixels.',
  },
  descriptorLength: {
    group: 'DESCRIPTORS',
    value: 'N',
    numeric: true,
    summary: 'Numbers in a descriptor.',
  },
  teacherLayer: {
    group: 'DESCRIPTORS',
    value: 'NAME',
    summary: 'The last layer of the ResNet that is learnt from, layer1 to layer4.',
  },
  teacherSize: {
    group: 'DESCRIPTORS',
    value: 'N',
    numeric: true,
    summary: 'Height and width that patches are resized to for that ResNet, in pixels.',
  },
  distillationWeight: {
    group: 'DESCRIPTORS',
    value: 'F',
    numeric: true,
    summary: 'Weight of learning from that ResNet; with 0 it is not needed.',
  },
  tripletWeight: {
    group: 'DESCRIPTORS',
    value: 'F',
    numeric: true,
    summary: 'Weight of telling the patches of one place from those of other images.',
  },
  compactnessWeight: {
    group: 'DESCRIPTORS',
    value: 'F',
    numeric: true,
    summary: 'Weight of descriptors that do not correlate.',
  },
  margin: {
    group: 'DESCRIPTORS',
    value: 'F',
    numeric: true,
    summary: 'How much further patches of other images are to be than those of the same place.',
  },
};

const flagName = (option: string): string =>
  option.replaceAll(/[A-Z]/g, (capital) => `-${capital.toLowerCase()}`);

export const pretrainFlagNames = Object.keys(pretrainFlags).map(flagName);

/** The same as oclif declares flags. */
export const oclifPretrainFlags: Interfaces.FlagInput = Object.fromEntries(
  Object.entries(pretrainFlags).map(([option, { summary, value, group, multiple }]) => {
    const shown = { summary, helpGroup: group };
    if (value === undefined) return [flagName(option), Flags.boolean(shown)];
    const flag = { ...shown, helpValue: value };
    return [
      flagName(option),
      multiple ? Flags.string({ ...flag, multiple, multipleNonGreedy: true }) : Flags.string(flag),
    ];
  }),
);

/** A layer for each flag that was given, named after it, for messages: `--steps: $.steps must be …`. */
export const pretrainLayers = (flags: Readonly<Record<string, unknown>>): ExperimentLayer[] =>
  Object.entries(pretrainFlags).flatMap(([option, { numeric }]) => {
    const value = flags[flagName(option)];
    if (value === undefined) return [];
    return [{ source: `--${flagName(option)}`, document: { [option]: numeric ? asNumber(value) : value } }];
  });

/** What is not a number stays as it is: the option's schema says what was expected. */
function asNumber(value: unknown): unknown {
  const number = Number(value);
  return String(value).trim() === '' || Number.isNaN(number) ? value : number;
}
