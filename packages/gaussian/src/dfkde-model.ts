/** DFKDE: a kernel density estimate of the principal components of pooled features; anomalous is an image where it is thin. */
import {
  disposingOnError,
  held,
  layersOption,
  type Make,
  type Model,
  onBackbone,
  type Part,
  slot,
  tf,
} from '@adfw/core';
import { imageVectors, pooledFeatures } from './image-vectors.js';
import { principalComponents } from './linear-algebra/principal-components.js';
import { squaredDistances } from './linear-algebra/squared-distances.js';

interface DfkdeOptions {
  readonly backbone: Make<'backbone'>;
  readonly layers: readonly string[];
  readonly components: number;
}

/** Images that the density is a sum over at most. */
const MOST_IMAGES = 10_000;

export const dfkdePart: Part<'model'> = {
  kind: 'model',
  name: 'dfkde',
  summary: 'A Gaussian kernel density estimate of pooled features; scores images, without a map.',
  reference: 'Parzen 1962; as DFKDE in Akcay et al. 2022, "Anomalib"',
  options: {
    backbone: slot('backbone', 'The frozen network whose features are described.', {
      default: { type: 'resnet18', weights: 'imagenet' },
      pretrained: true,
    }),
    layers: layersOption(['layer4'], 'The layers whose pooled features are described together.'),
    components: {
      type: 'integer',
      minimum: 1,
      default: 16,
      description: 'How many principal components the density is one of, at most.',
    },
  },
  create: (options: DfkdeOptions) =>
    disposingOnError(async (keep) => {
      const { layers } = options;
      const backbone = keep(await options.backbone({ layers, frozen: true }));
      const learnt = held('mean', 'projection', 'points');
      return {
        ...onBackbone(backbone, learnt),
        stages: [
          {
            name: 'density',
            async gather(batches, context) {
              const vectors = await imageVectors(
                batches,
                ({ features }) => pooledFeatures(features, layers),
                context,
                MOST_IMAGES,
              );
              try {
                learnt.set({ ...(await kernelDensity(vectors, options.components)) });
              } finally {
                vectors.dispose();
              }
            },
          },
        ],
        detect: ({ features }) => ({
          scores: negativeLogDensity(pooledFeatures(features, layers), {
            mean: learnt.get('mean'),
            projection: learnt.get('projection'),
            points: learnt.get('points'),
          }),
          maps: null,
        }),
        cost() {
          const count = learnt.get('projection').size + learnt.get('points').size;
          return { parameters: count + learnt.get('mean').size, multiplyAdds: count };
        },
      } satisfies Model;
    }),
};

export interface KernelDensity {
  /** `[D]`. */
  readonly mean: tf.Tensor1D;
  /** `[D, k]`: to principal components, in units of the kernel's standard deviation. */
  readonly projection: tf.Tensor2D;
  /** The nominal images' projections, `[N, k]`. */
  readonly points: tf.Tensor2D;
}

/**
 * A Gaussian at each vector, of their own covariance times h², with Scott's bandwidth h = N^(−1/(k + 4)), in the space of their
 * first k principal components. There the covariance is diagonal, so that a scale for each component makes all kernels round.
 * @param vectors `[N, D]`.
 */
export async function kernelDensity(vectors: tf.Tensor2D, count: number): Promise<KernelDensity> {
  const { mean, components, variances } = await principalComponents(vectors, { count });
  const bandwidth = vectors.shape[0] ** (-1 / (variances.size + 4));
  const [projection, points] = tf.tidy(() => {
    const scaled = tf.div<tf.Tensor2D>(components, tf.mul(tf.sqrt(variances), bandwidth));
    return [scaled, tf.matMul(tf.sub<tf.Tensor2D>(vectors, mean), scaled)] as const;
  });
  tf.dispose([components, variances]);
  return { mean, projection, points };
}

/**
 * −log (1/N) Σᵢ exp(−½ ‖z − zᵢ‖²), the negative logarithm of the density but for a constant, of vectors `[N, D]`: `[N]`. Far from all
 * points it grows like the squared distance from the nearest, where the density itself would be 0.
 */
export const negativeLogDensity = (
  vectors: tf.Tensor2D,
  { mean, projection, points }: KernelDensity,
): tf.Tensor1D =>
  tf.tidy(() => {
    const projected = tf.matMul(tf.sub<tf.Tensor2D>(vectors, mean), projection) as tf.Tensor2D;
    const exponents = tf.mul(squaredDistances(projected, points), -0.5);
    const largest = tf.max<tf.Tensor2D>(exponents, 1, true);
    const average = tf.mean<tf.Tensor1D>(tf.exp(tf.sub(exponents, largest)), 1);
    return tf.neg(tf.add(tf.log(average), tf.squeeze(largest, [1])));
  });
