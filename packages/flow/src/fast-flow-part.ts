import {
  type ContextOf,
  combinedMap,
  disposingOnError,
  fromMaps,
  joined,
  layersOption,
  type Make,
  type Model,
  onBackbone,
  type Part,
  parameterCount,
  smoothingOption,
  type Training,
  tf,
  trainedBy,
  trainingOption,
  variablesState,
} from '@adfw/core';
import { type LevelOptions, levelFlow, negativeLogLikelihood, unlikelihood } from './fast-flow.js';
import { backboneOption, clampOption, stepsOption } from './flow-options.js';
import { mapShapes } from './map-shapes.js';

interface FastFlowOptions extends LevelOptions {
  readonly backbone: Make<'backbone'>;
  readonly layers: readonly string[];
  readonly smoothing: number;
  readonly training: Training;
}

export const fastFlowPart: Part<'model'> = {
  kind: 'model',
  name: 'fast-flow',
  summary: 'The density of nominal feature maps, by a normalizing flow of convolutions for each layer.',
  reference:
    'Yu et al. 2021, "FastFlow: Unsupervised Anomaly Detection and Localization via 2D Normalizing Flows"',
  options: {
    backbone: backboneOption,
    layers: layersOption(
      ['layer1', 'layer2', 'layer3'],
      'The layers that have a flow each, shallow to deep.',
    ),
    steps: stepsOption,
    kernels: {
      enum: ['3x3', 'alternating'],
      default: '3x3',
      description:
        "The kernels of the subnets' convolutions: 3x3 in every step (the paper's for ResNet-18), or 3x3 and 1x1 in turn (for larger networks).",
    },
    hiddenRatio: {
      type: 'number',
      exclusiveMinimum: 0,
      default: 1,
      description: 'Channels inside a subnet, as a multiple of those that go into it.',
    },
    clamp: { ...clampOption, default: 2 },
    smoothing: smoothingOption,
    training: trainingOption({
      epochs: 500,
      optimizer: { type: 'adam', learningRate: 0.001, weightDecay: 1e-5 },
    }),
  },
  create: (options: FastFlowOptions, context) => createFastFlow(options, context),
};

/**
 * Minimises, over all layers, the mean over the images of ½ ‖z‖² − log |det ∂z/∂x| (the paper's eq. 2 but for a constant). The map of a
 * layer is 1 − exp(−½ mean z²) over its channels; those of all layers are averaged.
 */
const createFastFlow = (
  { backbone: make, layers, smoothing, training, ...level }: FastFlowOptions,
  { seed, imageSize }: ContextOf<'model'>,
): Promise<Model> =>
  disposingOnError(async (keep) => {
    const backbone = keep(await make({ layers, frozen: true }));
    const shapes = mapShapes(backbone, imageSize);
    const flows = backbone.layers.map((layer, index) => ({
      layer,
      flow: levelFlow(shapes[index] as [number, number, number], level, seed + index),
    }));
    const states = Object.fromEntries(
      flows.map(({ layer, flow }) => [layer, variablesState(flow.parameters)]),
    );
    const parameters = Object.fromEntries(
      flows.flatMap(({ layer, flow }) =>
        Object.entries(flow.parameters).map(([name, value]) => [`${layer}/${name}`, value]),
      ),
    );
    return {
      ...onBackbone(backbone, keep(joined(states))),
      stages: [
        {
          name: 'flow',
          learners: [
            {
              name: 'flow',
              parameters,
              optimizer: await training.optimizer(),
              loss: ({ features }) =>
                tf.tidy(() =>
                  tf.addN(
                    flows.map(({ layer, flow }) =>
                      tf.mean(negativeLogLikelihood(flow.forward(features[layer] as tf.Tensor4D))),
                    ),
                  ),
                ) as tf.Scalar,
            },
          ],
          ...trainedBy(training),
        },
      ],
      detect: ({ images: { shape }, features }) => {
        const maps = flows.map(({ layer, flow }) =>
          unlikelihood(flow.forward(features[layer] as tf.Tensor4D).z),
        );
        return fromMaps(combinedMap(maps, [shape[1], shape[2]], { combine: 'mean', smoothing }));
      },
      cost: () => ({
        parameters: parameterCount(parameters),
        multiplyAdds: null,
      }),
    };
  });
