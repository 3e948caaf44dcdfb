/** One-class support vector machines of a frozen network's features. */
import {
  disposingOnError,
  held,
  l2Normalize,
  layersOption,
  type Make,
  type Model,
  onBackbone,
  type Part,
  runningMoments,
  type Seen,
  slot,
  tf,
} from '@adfw/core';
import { allFeatures, imageVectors, pooledFeatures } from './image-vectors.js';
import { fitOneClassSvm, type OneClassSvmOptions, outsideBoundary } from './one-class-svm.js';

type Normalization = 'standardize' | 'length' | 'none';

interface OneClassSvmModelOptions extends OneClassSvmOptions {
  readonly backbone: Make<'backbone'>;
  readonly layers: readonly string[];
  readonly pooled: boolean;
  readonly normalize: Normalization;
}

/** Images that it is fitted to at most: time and memory grow with their square. */
const MOST_IMAGES = 2000;

export const oneClassSvmPart: Part<'model'> = {
  kind: 'model',
  name: 'one-class-svm',
  summary: 'A boundary around the features of nominal images; scores images, without a map.',
  reference:
    'Schölkopf et al. 2001, "Estimating the Support of a High-Dimensional Distribution"; Tax and Duin 2004, "Support Vector Data Description"',
  options: {
    backbone: slot('backbone', 'The frozen network whose features are described.', {
      default: { type: 'resnet18', weights: 'imagenet' },
      pretrained: true,
    }),
    layers: layersOption(['layer4'], 'The layers whose features are described together.'),
    pooled: {
      type: 'boolean',
      default: true,
      description:
        'Whether the features of a layer are averaged over its positions; else those of all positions are put one after another.',
    },
    boundary: {
      enum: ['hyperplane', 'sphere'],
      default: 'hyperplane',
      description:
        'What nominal images are separated by: a hyperplane from the origin (one-class SVM), or a sphere around them (SVDD). With the kernel `rbf` both rank images alike.',
    },
    kernel: {
      enum: ['rbf', 'linear'],
      default: 'rbf',
      description: 'The inner product of two vectors x and y: exp(-gamma ‖x - y‖²), or x · y.',
    },
    nu: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.05,
      description: 'The share of nominal images that may lie outside, at most.',
    },
    gamma: {
      anyOf: [{ const: 'scale' }, { type: 'number', exclusiveMinimum: 0 }],
      default: 'scale',
      description: 'Of the kernel `rbf`; `scale` is 1 / (dimensions · variance of all their elements).',
    },
    normalize: {
      enum: ['standardize', 'length', 'none'],
      default: 'standardize',
      description:
        'Whether each dimension gets mean 0 and standard deviation 1 over the nominal images, or each vector length 1.',
    },
  },
  create: (options: OneClassSvmModelOptions) =>
    disposingOnError(async (keep) => {
      const { layers, pooled, normalize } = options;
      const backbone = keep(await options.backbone({ layers, frozen: true }));
      const learnt = held('mean', 'deviation', 'supports', 'weights', 'offset', 'gamma');
      const vectorsOf = ({ features }: Seen): tf.Tensor2D => {
        const vectors = (pooled ? pooledFeatures : allFeatures)(features, layers);
        return normalize === 'length' ? unitVectors(vectors) : vectors;
      };
      return {
        ...onBackbone(backbone, learnt),
        stages: [
          {
            name: 'boundary',
            async gather(batches, context) {
              const found = await imageVectors(batches, vectorsOf, context, MOST_IMAGES);
              const scale = normalize === 'standardize' ? await dimensionMoments(found) : unscaled(found);
              const vectors = tf.tidy(() => standardized(found, scale));
              learnt.set({ ...scale, ...(await fitOneClassSvm(vectors, options)) });
              tf.dispose([found, vectors]);
            },
          },
        ],
        detect: (seen) => ({
          scores: outsideBoundary(
            standardized(vectorsOf(seen), { mean: learnt.get('mean'), deviation: learnt.get('deviation') }),
            {
              supports: learnt.get('supports'),
              weights: learnt.get('weights'),
              offset: learnt.get('offset'),
              gamma: learnt.get('gamma'),
            },
            options,
          ),
          maps: null,
        }),
        cost() {
          const { size } = learnt.get('supports');
          const scale = 2 * learnt.get('mean').size;
          return { parameters: size + learnt.get('weights').size + scale + 2, multiplyAdds: size };
        },
      } satisfies Model;
    }),
};

/** Of vectors `[N, D]`. */
const unitVectors = (vectors: tf.Tensor2D): tf.Tensor2D =>
  tf.reshape(l2Normalize(tf.reshape(vectors, [vectors.shape[0], 1, 1, vectors.shape[1]])), vectors.shape);

/** Of each dimension, `[D]`. */
interface Moments {
  readonly mean: tf.Tensor1D;
  readonly deviation: tf.Tensor1D;
}

const standardized = (vectors: tf.Tensor2D, { mean, deviation }: Moments): tf.Tensor2D =>
  tf.div(tf.sub(vectors, mean), deviation);

const unscaled = ({ shape: [, size] }: tf.Tensor2D): Moments => ({
  mean: tf.zeros([size]),
  deviation: tf.ones([size]),
});

async function dimensionMoments(vectors: tf.Tensor2D): Promise<Moments> {
  const [mean, variance] = tf.tidy(() => {
    const { mean, variance } = tf.moments(vectors, 0);
    return [mean, variance] as const;
  });
  const moments = runningMoments();
  moments.add(vectors.shape[0], await mean.data(), await variance.data());
  variance.dispose();
  return { mean: mean as tf.Tensor1D, deviation: tf.tensor1d([...moments.deviations()]) };
}
