/** DifferNet (Rudolph et al. 2021): the density of one vector an image, of features at several sizes. */
import {
  type ContextOf,
  disposingOnError,
  layersOption,
  type Make,
  type Model,
  onBackbone,
  type Part,
  parameterCount,
  type Training,
  tf,
  trainedBy,
  trainingOption,
  variablesState,
} from '@adfw/core';
import { backboneOption, clampOption, stepsOption } from './flow-options.js';
import { pooledViews, viewAngles, viewRows } from './pooled-views.js';
import { meanNegativeLogLikelihood, type VectorFlowOptions, vectorFlow } from './vector-flow.js';

interface DifferNetOptions extends VectorFlowOptions {
  readonly backbone: Make<'backbone'>;
  readonly layers: readonly string[];
  readonly scales: number;
  readonly views: number;
  readonly rotation: number;
  readonly training: Training;
}

export const differNetPart: Part<'model'> = {
  kind: 'model',
  name: 'differnet',
  summary:
    'The density of one vector of pooled features an image, by a normalizing flow; scores images, without a map.',
  reference:
    'Rudolph et al. 2021, "Same Same But DifferNet: Semi-Supervised Defect Detection with Normalizing Flows"',
  options: {
    backbone: backboneOption,
    layers: layersOption(['layer4'], 'The layers whose pooled features are joined, shallow to deep.'),
    scales: {
      type: 'integer',
      minimum: 1,
      default: 3,
      description: 'At how many sizes an image is seen, each half of the one before.',
    },
    views: {
      type: 'integer',
      minimum: 1,
      default: 4,
      description:
        'From how many views it learns of an image, and scores it by their mean: the image itself, and copies that are turned; 1 for none of these.',
    },
    rotation: {
      type: 'number',
      minimum: 0,
      maximum: 180,
      default: 180,
      description:
        'By how many degrees a copy is turned at most, to either side; the seed decides the angles, which are the same for all images.',
    },
    steps: stepsOption,
    hidden: {
      type: 'integer',
      minimum: 1,
      default: 256,
      description: 'Numbers in each hidden layer of a subnet; the paper has 2048.',
    },
    clamp: { ...clampOption, default: 3 },
    training: trainingOption({
      epochs: 192,
      optimizer: {
        type: 'adam',
        learningRate: 0.0002,
        beta1: 0.8,
        beta2: 0.8,
        epsilon: 1e-4,
        weightDecay: 1e-5,
      },
    }),
  },
  create: (options: DifferNetOptions, context) => createDifferNet(options, context),
};

/** Minimises −log p of all views of nominal images; an image's score is the mean over its views of z², and over their numbers. */
const createDifferNet = (
  { backbone: make, layers, scales, views, rotation, training, ...options }: DifferNetOptions,
  { seed, imageSize }: ContextOf<'model'>,
): Promise<Model> =>
  disposingOnError(async (keep) => {
    const network = keep(await make({ layers, frozen: true }));
    const angles = viewAngles(views, rotation, seed);
    const backbone = pooledViews(network, { scales, angles }, imageSize);
    const flow = vectorFlow(backbone.channels.view0 as number, options, seed);
    const { parameters } = flow;
    const learnt = keep(variablesState(parameters));
    return {
      ...onBackbone(backbone, learnt),
      stages: [
        {
          name: 'flow',
          learners: [
            {
              name: 'flow',
              parameters,
              optimizer: await training.optimizer(),
              loss: ({ features }) =>
                tf.tidy(() => meanNegativeLogLikelihood(flow.forward(viewRows(features)))),
            },
          ],
          ...trainedBy(training),
        },
      ],
      detect: ({ features }) => {
        const squares = tf.mean<tf.Tensor1D>(tf.square(flow.forward(viewRows(features)).z), 1);
        return {
          scores: tf.mean<tf.Tensor1D>(tf.reshape(squares, [angles.length, -1]), 0),
          maps: null,
        };
      },
      cost: () => ({
        parameters: parameterCount(parameters),
        multiplyAdds:
          views *
          Object.entries(parameters).reduce(
            (sum, [name, { size }]) => sum + (name.endsWith('weight') ? size : 0),
            0,
          ),
      }),
    };
  });
