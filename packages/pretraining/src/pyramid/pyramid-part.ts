import type { Part } from '@adfw/core';
import {
  architectureNames,
  architectures,
  createResNet,
  createResNetPart,
  layerNames,
  type ResNetArchitecture,
  STANDARD_WIDTH,
  stateDictOf,
} from '@adfw/networks';
import type { CropTraining } from '../crop-stage.js';
import { commonOptions } from '../options.js';
import { pyramidPretraining } from './pyramid-pretraining.js';
import { selectWeights } from './weight-selection.js';

export interface PyramidPartOptions extends CropTraining {
  readonly teacher: ResNetArchitecture;
  readonly weights: string;
  readonly network: ResNetArchitecture;
  readonly width: number;
  readonly innerShare: number;
  readonly layers: readonly string[];
  readonly cropSize: number;
}

const architecture = (description: string) => ({
  enum: architectureNames,
  default: 'resnet18',
  description,
});

export const pyramidPart: Part<'pretraining'> = {
  kind: 'pretraining',
  name: 'pyramid',
  summary: "A smaller ResNet learns to give a larger one's feature pyramid.",
  reference: 'Romero et al. 2015, "FitNets: Hints for Thin Deep Nets"',
  options: {
    ...commonOptions,
    teacher: architecture('The larger ResNet.'),
    weights: {
      anyOf: [{ enum: ['imagenet'] }, { type: 'string', format: 'path' }],
      default: 'imagenet',
      description:
        "The larger ResNet's: `imagenet` (torchvision's, downloaded once), or a .safetensors or .pth file.",
    },
    network: architecture('The ResNet that is trained.'),
    width: {
      type: 'integer',
      minimum: 1,
      maximum: STANDARD_WIDTH,
      default: STANDARD_WIDTH,
      description: `Its channels at conv1 and layer1, of which all others are multiples; the larger one has ${STANDARD_WIDTH}.`,
    },
    innerShare: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.5,
      description:
        'The channels inside its blocks, as a share of the standard ones. Fewer of these cost less of what the teacher sees than a smaller width.',
    },
    layers: {
      type: 'array',
      items: { enum: layerNames },
      minItems: 1,
      uniqueItems: true,
      default: layerNames.slice(0, 3),
      description: 'The layers that are learnt. Those past the last of them are left out.',
    },
    cropSize: {
      type: 'integer',
      minimum: 32,
      maximum: 1024,
      default: 96,
      description: 'Height and width of the pieces of images it learns from.',
    },
  },
  async create(options: PyramidPartOptions, context) {
    const { teacher, weights, network, width, innerShare, layers, ...training } = options;
    const large = await createResNetPart(
      teacher,
      { weights, width: STANDARD_WIDTH },
      { ...context, layers, frozen: true },
    );
    const { seed } = context;
    const shape = { layers, width, innerChannels: innerChannels(network, width, innerShare), seed };
    const random = createResNet(network, { ...shape, calibrated: true });
    const state = selectWeights(await stateDictOf(large), await stateDictOf(random));
    if (!state) return pyramidPretraining({ teacher: large, student: random, ...training });
    random.dispose();
    const student = createResNet(network, { ...shape, state });
    return pyramidPretraining({ teacher: large, student, ...training });
  },
};

/** Channels inside the blocks of each layer; none where they are the standard ones. */
function innerChannels(network: ResNetArchitecture, width: number, share: number): Record<string, number> {
  if (share === 1) return {};
  const { innerFactor } = architectures[network];
  return Object.fromEntries(
    layerNames.map((layer, index) => [
      layer,
      Math.max(1, Math.round(width * 2 ** index * innerFactor * share)),
    ]),
  );
}
