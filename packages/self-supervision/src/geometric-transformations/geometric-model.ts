/** Geometric transformations (Golan and El-Yaniv 2018): a network tells how a nominal image was transformed; where it cannot, an image is anomalous. */
import {
  type ContextOf,
  DataError,
  disposingOnError,
  type GatherStage,
  held,
  joined,
  type Mode,
  type Model,
  type Normalization,
  type Part,
  type Seen,
  type Training,
  type TrainStage,
  tf,
  trainedBy,
  trainingOption,
  variablesState,
} from '@adfw/core';
import { layerNetwork } from '@adfw/networks';
import { crossEntropy } from '../cross-entropy.js';
import { dirichletConcentration, logSoftmaxRows } from './dirichlet.js';
import {
  allTransformed,
  drawnTransformations,
  stepOf,
  transformations,
  transformed,
  transformedPixels,
} from './transformations.js';
import { wideResidualNetwork } from './wide-residual-network.js';

interface GeometricOptions {
  readonly depth: number;
  readonly width: number;
  readonly shift: number;
  readonly views: number;
  readonly score: 'dirichlet' | 'softmax';
  readonly training: Training;
}

const CLASSES = transformations.length;
/** How many transformations of an image are scored at once: a divisor of all. */
const AT_ONCE = 8;

export const geometricPart: Part<'model'> = {
  kind: 'model',
  name: 'geometric-transformations',
  summary: 'A network that tells which of 72 geometric transformations an image went through.',
  reference: 'Golan and El-Yaniv 2018, "Deep Anomaly Detection Using Geometric Transformations"',
  options: {
    depth: {
      type: 'integer',
      minimum: 10,
      default: 10,
      description: 'Layers of the Wide ResNet, 6 n + 4: 10, 16, 22 or 28.',
    },
    width: {
      type: 'integer',
      minimum: 1,
      default: 2,
      description:
        'By how much the Wide ResNet is wider than a plain one: its maps have 16, 32 and 64 channels times this.',
    },
    shift: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 0.5,
      default: 0.25,
      description: 'By which share of its side an image is moved, where it is.',
    },
    views: {
      type: 'integer',
      minimum: 1,
      maximum: CLASSES,
      default: 8,
      description:
        'In how many transformations a training step sees each of its images; they are drawn anew each time.',
    },
    score: {
      enum: ['dirichlet', 'softmax'],
      default: 'dirichlet',
      description:
        'How far what the network says of the transformed images is from what it says of nominal ones (dirichlet), or how unsure it is of the right transformation (softmax).',
    },
    training: trainingOption({
      epochs: 27,
      optimizer: { type: 'adam', learningRate: 0.001, weightDecay: 0.0005 },
    }),
  },
  create: (options: GeometricOptions, context) =>
    disposingOnError((keep) => createGeometric(options, context, keep)),
};

/** Pixels from −1 to 1. */
const normalization: Normalization = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };

async function createGeometric(
  { depth, width, shift, views, score, training }: GeometricOptions,
  { seed, imageSize }: ContextOf<'model'>,
  keep: <T extends { dispose(): void }>(value: T) => T,
): Promise<Model> {
  const pixels = transformedPixels(imageSize.height, stepOf(imageSize, shift));
  const layers = wideResidualNetwork({ depth, width, classes: CLASSES });
  const network = layerNetwork(layers, seed);
  const learnt = keep(variablesState({ ...network.parameters, ...network.statistics }));
  const isDirichlet = score === 'dirichlet';
  const dirichlet = held('alpha');

  const logitsOf = (images: tf.Tensor4D, mode: Mode): tf.Tensor2D =>
    tf.reshape(network.apply(images, mode), [-1, CLASSES]);
  /** `[N, 72, 72]`: of each image's transformations, a part of them after another, as all would take much memory at once. */
  const logitsOfAll = (images: tf.Tensor4D): tf.Tensor3D => {
    const parts = Array.from({ length: CLASSES / AT_ONCE }, (_, part) => {
      const some = allTransformed(images, pixels, part * AT_ONCE, (part + 1) * AT_ONCE);
      return tf.reshape<tf.Rank.R3>(logitsOf(some, 'eval'), [-1, AT_ONCE, CLASSES]);
    });
    return tf.concat(parts, 1);
  };

  const classifier: TrainStage = {
    name: 'classifier',
    ...trainedBy(training),
    keep: 'last',
    learners: [
      {
        name: 'network',
        parameters: network.parameters,
        statistics: network.statistics,
        optimizer: await training.optimizer(),
        loss: ({ images }, mode, random) =>
          tf.tidy(() => {
            const drawn = () => drawnTransformations(views, random);
            const labels = Array.from({ length: images.shape[0] }, drawn).flat();
            return crossEntropy(logitsOf(transformed(images, labels, pixels), mode), labels);
          }),
      },
    ],
  };
  const concentrations: GatherStage = {
    name: 'dirichlet',
    async gather(batches) {
      const means = await meanLogSoftmax(batches, logitsOfAll);
      const alpha = transformations.flatMap((_, row) => [
        ...dirichletConcentration(means.subarray(row * CLASSES, (row + 1) * CLASSES)),
      ]);
      dirichlet.set({ alpha: tf.tensor2d(alpha, [CLASSES, CLASSES]) });
    },
  };
  return {
    ...joined({ network: learnt, dirichlet: isDirichlet ? dirichlet : null }),
    normalization,
    stages: isDirichlet ? [count, classifier, concentrations] : [classifier],
    detect: ({ images }) => {
      const logs = tf.logSoftmax(logitsOfAll(images));
      const scores = isDirichlet
        ? tf.neg(dirichletNormality(logs, dirichlet.get('alpha')))
        : tf.sub<tf.Tensor1D>(1, rightProbability(logs));
      return { scores, maps: null };
    },
    cost: () => {
      const { parameters, multiplyAdds } = network.cost([imageSize.height, imageSize.width]);
      return {
        parameters: parameters + (isDirichlet ? CLASSES * CLASSES : 0),
        multiplyAdds: CLASSES * multiplyAdds,
      };
    },
  };
}

/** Looks at no image: too few are refused before anything is trained. */
const count: GatherStage = {
  name: 'count',
  async gather(_batches, { total }) {
    if (total < 2)
      throw new DataError(
        'The Dirichlet score of geometric transformations needs at least 2 nominal images to train on, as one does not say how much they vary; there is 1. Give more, or set $.model.score to "softmax".',
      );
  },
};

/**
 * The means over all images of the logarithms of the probabilities, `[72, 72]`, transformation by transformation, in 64 bits.
 * @param logitsOfAll `[N, 72, 72]` of images `[N, H, H, 3]`.
 */
async function meanLogSoftmax(
  batches: AsyncIterable<Seen>,
  logitsOfAll: (images: tf.Tensor4D) => tf.Tensor3D,
): Promise<Float64Array> {
  const means = new Float64Array(CLASSES * CLASSES);
  let images = 0;
  for await (const seen of batches) {
    const logits = tf.tidy(() => logitsOfAll(seen.images));
    const logs = logSoftmaxRows(await logits.data(), CLASSES);
    logits.dispose();
    for (const [at, value] of logs.entries())
      means[at % means.length] = (means[at % means.length] as number) + value;
    images += seen.images.shape[0];
  }
  return means.map((sum) => sum / images);
}

/**
 * n(x) = 1/72 Σ_t Σ_k (α_{t,k} − 1) log y_k(T_t x) (section 4.3, eq. 2): log likelihoods of what the network says of the transformed
 * image, but for constants.
 * @param logs log y, `[N, 72, 72]`, and `alpha`, `[72, 72]`: the rows are transformations.
 */
export function dirichletNormality(logs: tf.Tensor3D, alpha: tf.Tensor2D): tf.Tensor1D {
  return tf.tidy(() => tf.div(tf.sum(tf.mul(logs, tf.sub(alpha, 1)), [1, 2]), alpha.shape[0]));
}

/** The mean over t of y_t(T_t x) (section 4.2): how sure the network is of the transformation that it was. */
export function rightProbability(logs: tf.Tensor3D): tf.Tensor1D {
  return tf.tidy(() => {
    const [, classes] = logs.shape;
    return tf.div(tf.sum(tf.mul(tf.exp(logs), tf.eye(classes)), [1, 2]), classes);
  });
}
