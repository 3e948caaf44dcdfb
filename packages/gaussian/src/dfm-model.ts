/** DFM (Ahuja et al. 2019): principal components of nominal features; anomalous is what they do not give back. */
import {
  combinedMap,
  disposingOnError,
  type FeaturePyramid,
  held,
  layersOption,
  type Make,
  type Model,
  onBackbone,
  type Part,
  slot,
  smoothingOption,
  tf,
} from '@adfw/core';
import { flattened, imageVectors } from './image-vectors.js';
import { type PrincipalComponents, principalComponents } from './linear-algebra/principal-components.js';

interface DfmOptions {
  readonly backbone: Make<'backbone'>;
  readonly layers: readonly string[];
  readonly pooling: number;
  readonly variance: number;
  readonly score: 'reconstruction' | 'likelihood';
  readonly smoothing: number;
}

/** Images that components are taken of at most: the eigenvalues of a matrix of that size take some ten seconds. */
const MOST_IMAGES = 1000;

export const dfmPart: Part<'model'> = {
  kind: 'model',
  name: 'dfm',
  summary: 'Principal components of feature maps; what they do not give back is anomalous.',
  reference:
    'Ahuja et al. 2019, "Probabilistic Modeling of Deep Features for Out-of-Distribution and Adversarial Detection"',
  options: {
    backbone: slot('backbone', 'The frozen network whose features are described.', {
      default: { type: 'resnet18', weights: 'imagenet' },
      pretrained: true,
    }),
    layers: layersOption(
      ['layer3'],
      'The layers whose feature maps are described together, shallow to deep.',
    ),
    pooling: {
      type: 'integer',
      minimum: 1,
      default: 2,
      description: 'Height and width of the squares of positions that are averaged; 1 for none.',
    },
    variance: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.97,
      description: 'The share of the variance that the components keep.',
    },
    score: {
      enum: ['reconstruction', 'likelihood'],
      default: 'reconstruction',
      description:
        'Whether images are scored by what the components do not give back, which has a map, or by how unlikely the components are, which has none.',
    },
    smoothing: smoothingOption,
  },
  create: (options: DfmOptions) =>
    disposingOnError(async (keep) => {
      const { layers, pooling, score, variance, smoothing } = options;
      const backbone = keep(await options.backbone({ layers, frozen: true }));
      const learnt = held('mean', 'components', 'variances');
      return {
        ...onBackbone(backbone, learnt),
        stages: [
          {
            name: 'components',
            async gather(batches, context) {
              const vectors = await imageVectors(
                batches,
                ({ features }) => flattened(pooledMaps(features, layers, pooling)),
                context,
                MOST_IMAGES,
              );
              try {
                learnt.set({ ...(await principalComponents(vectors, { share: variance })) });
              } finally {
                vectors.dispose();
              }
            },
          },
        ],
        detect({ images, features }) {
          const maps = pooledMaps(features, layers, pooling);
          const vectors = flattened(maps);
          const components: PrincipalComponents = {
            mean: learnt.get('mean'),
            components: learnt.get('components'),
            variances: learnt.get('variances'),
          };
          if (score === 'likelihood')
            return { scores: negativeLogLikelihood(vectors, components), maps: null };
          const errors = squaredErrors(vectors, components);
          const size: [number, number] = [images.shape[1], images.shape[2]];
          return {
            scores: tf.sum<tf.Tensor1D>(errors, 1),
            maps: combinedMap(errorMaps(errors, maps), size, { combine: 'sum', smoothing }),
          };
        },
        cost() {
          const count = learnt.get('components').size;
          return { parameters: count + learnt.get('mean').size, multiplyAdds: 2 * count };
        },
      } satisfies Model;
    }),
};

/** Each layer's maps, averaged over squares; at the border over what there is of one. */
const pooledMaps = (features: FeaturePyramid, layers: readonly string[], pooling: number): tf.Tensor4D[] =>
  layers.map((layer) => {
    const maps = features[layer] as tf.Tensor4D;
    return pooling > 1 ? tf.avgPool(maps, pooling, pooling, 'same') : maps;
  });

/** (x − μ) − P Pᵀ(x − μ) for the columns P, squared: `[N, D]`. */
export const squaredErrors = (
  vectors: tf.Tensor2D,
  { mean, components }: Omit<PrincipalComponents, 'variances'>,
): tf.Tensor2D =>
  tf.tidy(() => {
    const centred = tf.sub(vectors, mean);
    const projected = tf.matMul(centred, components);
    return tf.squaredDifference(centred, tf.matMul(projected, components, false, true));
  });

/** ½ Σₖ zₖ² / λₖ of the components z = Pᵀ(x − μ): their negative log-likelihood as a Gaussian, less what is the same for all. */
export const negativeLogLikelihood = (
  vectors: tf.Tensor2D,
  { mean, components, variances }: PrincipalComponents,
): tf.Tensor1D =>
  tf.tidy(() => {
    const projected = tf.matMul(tf.sub(vectors, mean), components);
    return tf.mul(tf.sum<tf.Tensor1D>(tf.div(tf.square(projected), variances), 1), 0.5);
  });

/** The errors of each layer's positions, summed over channels: `[N, h, w]` a layer. */
function errorMaps(errors: tf.Tensor2D, maps: readonly tf.Tensor4D[]): tf.Tensor3D[] {
  let start = 0;
  return maps.map(({ shape }) => {
    const size = shape[1] * shape[2] * shape[3];
    const own = tf.reshape<tf.Rank.R4>(tf.slice(errors, [0, start], [-1, size]), shape);
    start += size;
    return tf.sum<tf.Tensor3D>(own, 3);
  });
}
