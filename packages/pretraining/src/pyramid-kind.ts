import {
  architectureNames,
  createResNet,
  createResNetPart,
  layerNames,
  type ResNetArchitecture,
  STANDARD_WIDTH,
  stateDictOf,
} from '@adfw/backbone-resnet';
import type { PretrainingKind } from './kind.js';
import { pyramidTask } from './pyramid-task.js';
import { selectWeights } from './weight-selection.js';

export interface PyramidKindOptions {
  readonly teacher: ResNetArchitecture;
  readonly weights: string;
  readonly network: ResNetArchitecture;
  readonly width: number;
  readonly layers: readonly string[];
  readonly cropSize: number;
}

const architecture = (description: string) => ({
  enum: architectureNames,
  default: 'resnet18',
  description,
});

export const pyramidKind: PretrainingKind = {
  name: 'pyramid',
  summary: "A smaller ResNet learns to give a larger one's feature pyramid.",
  reference: 'Romero et al. 2015, "FitNets: Hints for Thin Deep Nets"',
  options: {
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
      default: STANDARD_WIDTH / 2,
      description: `Its channels at conv1 and layer1, of which all others are multiples; the larger one has ${STANDARD_WIDTH}.`,
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
  async create({ teacher, weights, network, width, layers, cropSize }: PyramidKindOptions, context) {
    const large = await createResNetPart(
      teacher,
      { weights, width: STANDARD_WIDTH },
      { ...context, layers, role: 'teacher' },
    );
    const { seed } = context;
    const random = createResNet(network, { layers, width, seed, calibrated: true });
    const state = selectWeights(await stateDictOf(large), await stateDictOf(random));
    if (!state) return pyramidTask({ teacher: large, student: random, cropSize });
    random.dispose();
    const student = createResNet(network, { layers, width, seed, state });
    return pyramidTask({ teacher: large, student, cropSize });
  },
};
