/** CFLOW-AD (Gudovskiy et al. 2022): the density of the feature vectors of a layer, at every position on the condition that it is there. */
import {
  type ContextOf,
  combinedMap,
  disposingOnError,
  fromMaps,
  type GatherStage,
  held,
  joined,
  layersOption,
  type Make,
  type Model,
  onBackbone,
  type Part,
  parameterCount,
  type Random,
  type Seen,
  smoothingOption,
  type Training,
  tf,
  trainedBy,
  trainingOption,
  variablesState,
} from '@adfw/core';
import {
  type ConditionalFlow,
  type ConditionalFlowOptions,
  conditionalFlow,
  logLikelihood,
  negativeLogSigmoid,
} from './conditional-flow.js';
import { backboneOption, clampOption, stepsOption } from './flow-options.js';
import { mapShapes } from './map-shapes.js';
import { positionCode } from './position-code.js';

interface CflowOptions extends ConditionalFlowOptions {
  readonly backbone: Make<'backbone'>;
  readonly layers: readonly string[];
  readonly codeChannels: number;
  readonly fibre: number;
  readonly smoothing: number;
  readonly training: Training;
}

export const cflowPart: Part<'model'> = {
  kind: 'model',
  name: 'cflow',
  summary:
    'The density of nominal feature vectors at each position, by a normalizing flow for each layer that is told where it is.',
  reference:
    'Gudovskiy et al. 2022, "CFLOW-AD: Real-Time Unsupervised Anomaly Detection with Localization via Conditional Normalizing Flows"',
  options: {
    backbone: backboneOption,
    layers: layersOption(['layer2', 'layer3'], 'The layers that have a flow each, shallow to deep.'),
    steps: stepsOption,
    codeChannels: {
      type: 'integer',
      minimum: 4,
      multipleOf: 4,
      default: 128,
      description: 'Numbers that say where a position is: sines and cosines of its row and column.',
    },
    fibre: {
      type: 'integer',
      minimum: 1,
      default: 1024,
      description:
        'How many feature vectors a step learns from: drawn from all positions of all images of a batch.',
    },
    clamp: { ...clampOption, default: 1.9 },
    smoothing: { ...smoothingOption, default: 4 },
    training: trainingOption({
      epochs: 200,
      optimizer: { type: 'adam', learningRate: 0.001 },
    }),
  },
  create: (options: CflowOptions, context) => createCflow(options, context),
};

/** A layer, its flow, and where the positions of its maps are. */
interface Level {
  readonly layer: string;
  readonly flow: ConditionalFlow;
  /** `[P, D]`. */
  readonly code: tf.Tensor2D;
}

/**
 * Each layer's flow learns by itself. A layer's likelihood at a position is exp(log p / C − m), m the largest log p / C of a training
 * image; the map is 1 − its mean over the layers, each upsampled, and smoothed (section 4.3, where m is the largest of the test set, which
 * a single image has not, and the sum takes the place of the mean).
 */
const createCflow = (
  { backbone: make, layers, codeChannels, fibre, smoothing, training, ...options }: CflowOptions,
  { seed, imageSize }: ContextOf<'model'>,
): Promise<Model> =>
  disposingOnError(async (keep) => {
    const backbone = keep(await make({ layers, frozen: true }));
    const shapes = mapShapes(backbone, imageSize);
    const levels = backbone.layers.map((layer, index): Level => {
      const [height, width, channels] = shapes[index] as [number, number, number];
      return {
        layer,
        flow: conditionalFlow(channels, codeChannels, options, seed + index),
        code: tf.tidy(() => tf.variable(positionCode(height, width, codeChannels), false)),
      };
    });
    const likeliest = held(...backbone.layers);
    const learnt = joined({
      ...Object.fromEntries(levels.map(({ layer, flow }) => [layer, variablesState(flow.parameters)])),
      likeliest,
    });
    const { dispose, ...model } = onBackbone(backbone, learnt);
    return {
      ...model,
      dispose() {
        dispose();
        for (const { code } of levels) code.dispose();
      },
      stages: [
        {
          name: 'flow',
          learners: await Promise.all(
            levels.map(async ({ layer, flow, code }) => ({
              name: layer,
              parameters: flow.parameters,
              optimizer: await training.optimizer(),
              loss: ({ features }: Seen, mode: string, random: Random) =>
                tf.tidy(() => {
                  const maps = features[layer] as tf.Tensor4D;
                  const at =
                    mode === 'train' ? drawn(maps, code, fibre, random) : { rows: rowsOf(maps), code };
                  return negativeLogSigmoid(logLikelihood(flow.at(at.code).forward(at.rows)));
                }),
            })),
          ),
          ...trainedBy(training),
        },
        likeliestStage(levels, likeliest.set),
      ],
      detect: ({ images: { shape }, features }) => {
        const maps = levels.map((level) => {
          const likelihood = tf.exp(tf.sub(logLikelihoodMap(level, features), likeliest.get(level.layer)));
          return tf.sub<tf.Tensor3D>(1, likelihood);
        });
        return fromMaps(combinedMap(maps, [shape[1], shape[2]], { combine: 'mean', smoothing }));
      },
      cost: () => ({
        parameters: parameterCount(...levels.map(({ flow }) => flow.parameters)),
        multiplyAdds: null,
      }),
    };
  });

/** `[N * P, C]`. */
const rowsOf = (maps: tf.Tensor4D): tf.Tensor2D => tf.reshape(maps, [-1, maps.shape[3]]);

/** A fibre: vectors at random positions of random images, none twice, and the codes of their positions. */
function drawn(
  maps: tf.Tensor4D,
  code: tf.Tensor2D,
  length: number,
  random: Random,
): { readonly rows: tf.Tensor2D; readonly code: tf.Tensor2D } {
  const [images, height, width] = maps.shape;
  const positions = height * width;
  const order = Int32Array.from({ length: images * positions }, (_, index) => index);
  const chosen = order.subarray(0, Math.min(length, order.length));
  for (let at = 0; at < chosen.length; at++) {
    const other = at + Math.floor(random() * (order.length - at));
    [order[at], order[other]] = [order[other] as number, order[at] as number];
  }
  return {
    rows: tf.gather(rowsOf(maps), tf.tensor1d(chosen, 'int32')),
    code: tf.gather(
      code,
      tf.tensor1d(
        chosen.map((index) => index % positions),
        'int32',
      ),
    ),
  };
}

/** log p / C at each position, `[N, h, w]`. */
function logLikelihoodMap({ layer, flow, code }: Level, features: Seen['features']): tf.Tensor3D {
  const maps = features[layer] as tf.Tensor4D;
  const [images, height, width] = maps.shape;
  return tf.reshape(logLikelihood(flow.at(code).forward(rowsOf(maps))), [images, height, width]);
}

/** The largest log p / C of each layer in any training image. */
const likeliestStage = (
  levels: readonly Level[],
  set: (tensors: Record<string, tf.Tensor>) => void,
): GatherStage => ({
  name: 'likeliest',
  async gather(batches) {
    const largest = levels.map(() => Number.NEGATIVE_INFINITY);
    for await (const { features } of batches)
      for (const [index, level] of levels.entries()) {
        const found = tf.tidy(() => tf.max(logLikelihoodMap(level, features)));
        largest[index] = Math.max(largest[index] as number, (await found.data())[0] as number);
        found.dispose();
      }
    set(Object.fromEntries(levels.map(({ layer }, index) => [layer, tf.scalar(largest[index] as number)])));
  },
});
