import { ConfigurationError, type JsonSchema, type Part } from '@adfw/core';
import { type PatchSize, patchSizes } from '@adfw/method-uninformed-students';
import {
  architectureNames,
  createResNetPart,
  layerNames,
  type ResNetArchitecture,
  STANDARD_WIDTH,
} from '@adfw/networks';
import type { CropTraining } from '../crop-stage.js';
import { commonOptions } from '../options.js';
import { descriptorPretraining } from './descriptor-pretraining.js';

export interface DescriptorPartOptions extends CropTraining {
  readonly patchSize: PatchSize;
  readonly width: number;
  readonly descriptorLength: number;
  readonly teacher: ResNetArchitecture;
  readonly weights: string;
  readonly teacherLayer: string;
  readonly teacherSize: number;
  readonly distillationWeight: number;
  readonly tripletWeight: number;
  readonly compactnessWeight: number;
  readonly margin: number;
}

const weightOf = (term: string): JsonSchema => ({
  type: 'number',
  minimum: 0,
  default: 1,
  description: `Weight of ${term}; 0 leaves it out.`,
});

export const descriptorPart: Part<'pretraining'> = {
  kind: 'pretraining',
  name: 'descriptors',
  summary:
    'A network learns to describe patches: the teacher of uninformed-students, for one size of patches.',
  reference: 'Bergmann et al. 2020, "Uninformed Students", section 3.1; thesis eqs. 4.8 to 4.11',
  options: {
    ...commonOptions,
    patchSize: { enum: patchSizes, default: 33, description: 'Height and width of the patches.' },
    width: {
      type: 'integer',
      minimum: 1,
      maximum: 1024,
      default: 128,
      description: "Channels of the network's first convolution; the others have as many or twice as many.",
    },
    descriptorLength: {
      type: 'integer',
      minimum: 2,
      maximum: 4096,
      default: 128,
      description: 'Numbers in a descriptor.',
    },
    teacher: {
      enum: architectureNames,
      default: 'resnet18',
      description: 'The large ResNet it learns from.',
    },
    weights: {
      anyOf: [{ enum: ['imagenet'] }, { type: 'string', format: 'path' }],
      default: 'imagenet',
      description:
        "The large ResNet's: `imagenet` (torchvision's, downloaded once), or a .safetensors or .pth file.",
    },
    teacherLayer: {
      enum: layerNames,
      default: 'layer4',
      description: 'The last layer of the large ResNet, whose mean over positions is what is learnt.',
    },
    teacherSize: {
      type: 'integer',
      minimum: 32,
      maximum: 512,
      default: 64,
      description: 'Height and width that patches are resized to for the large ResNet.',
    },
    distillationWeight: weightOf('the distillation, eq. 4.8'),
    tripletWeight: weightOf('the triplets, eq. 4.9'),
    compactnessWeight: weightOf('the compactness, eq. 4.10'),
    margin: {
      type: 'number',
      exclusiveMinimum: 0,
      default: 1,
      description:
        'How much further than patches of the same place those of other images are to be, eq. 4.9.',
    },
    batchSize: { ...commonOptions.batchSize, default: 64 },
    learningRate: { ...commonOptions.learningRate, default: 0.0002 },
  },
  async create(options: DescriptorPartOptions, context) {
    const { teacher, weights, teacherLayer, teacherSize: size } = options;
    const { distillationWeight: weight, tripletWeight, compactnessWeight } = options;
    if (weight + tripletWeight + compactnessWeight === 0)
      throw new ConfigurationError(
        'There is nothing to learn: distillationWeight, tripletWeight and compactnessWeight are all 0; give one of them a weight.',
      );
    if (weight === 0) return descriptorPretraining({ ...options, seed: context.seed });
    const large = await createResNetPart(
      teacher,
      { weights, width: STANDARD_WIDTH },
      { ...context, layers: [teacherLayer], frozen: true },
    );
    return descriptorPretraining({
      ...options,
      distillation: { teacher: large, size, weight },
      seed: context.seed,
    });
  },
};
