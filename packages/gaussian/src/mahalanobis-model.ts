/** Rippel et al. 2021: a Gaussian of each layer's pooled features; anomalous is an image that is far from their means. */
import {
  disposingOnError,
  gaussianDistances,
  held,
  layersOption,
  type Make,
  type Model,
  onBackbone,
  type Part,
  shrunkGaussian,
  slot,
  tf,
} from '@adfw/core';
import { imageVectors, pooledFeatures } from './image-vectors.js';

interface MahalanobisOptions {
  readonly backbone: Make<'backbone'>;
  readonly layers: readonly string[];
}

/** Images that the covariances are taken of at most. */
const MOST_IMAGES = 20_000;

export const mahalanobisPart: Part<'model'> = {
  kind: 'model',
  name: 'mahalanobis',
  summary: 'The Mahalanobis distance of pooled features from the nominal mean; scores images, without a map.',
  reference: 'Rippel et al. 2021, "Modeling the Distribution of Normal Data in Pre-Trained Deep Features"',
  options: {
    backbone: slot('backbone', 'The frozen network whose features are described.', {
      default: { type: 'resnet18', weights: 'imagenet' },
      pretrained: true,
    }),
    layers: layersOption(
      ['layer1', 'layer2', 'layer3', 'layer4'],
      'The layers whose distances are added up, shallow to deep.',
    ),
  },
  create: (options: MahalanobisOptions) =>
    disposingOnError(async (keep) => {
      const { layers } = options;
      const backbone = keep(await options.backbone({ layers, frozen: true }));
      const meanOf = (layer: string) => `${layer}/mean`;
      const whiteningOf = (layer: string) => `${layer}/whitening`;
      const learnt = held(...layers.map(meanOf), ...layers.map(whiteningOf));
      return {
        ...onBackbone(backbone, learnt),
        stages: [
          {
            name: 'gaussians',
            async gather(batches, context) {
              const seen = await imageVectors(
                batches,
                ({ features }) => pooledFeatures(features, layers),
                context,
                MOST_IMAGES,
              );
              const tensors: Record<string, tf.Tensor> = {};
              let start = 0;
              for (const layer of layers) {
                const size = backbone.channels[layer] as number;
                const vectors = tf.slice(seen, [0, start], [-1, size]);
                const gaussian = await shrunkGaussian(vectors);
                vectors.dispose();
                tensors[meanOf(layer)] = gaussian.mean;
                tensors[whiteningOf(layer)] = gaussian.whitening;
                start += size;
              }
              seen.dispose();
              learnt.set(tensors);
            },
          },
        ],
        detect: ({ features }) => ({
          scores: tf.addN(
            layers.map((layer) =>
              gaussianDistances(pooledFeatures(features, [layer]), {
                mean: learnt.get<tf.Tensor1D>(meanOf(layer)),
                whitening: learnt.get<tf.Tensor2D>(whiteningOf(layer)),
              }),
            ),
          ),
          maps: null,
        }),
        cost() {
          const sizes = layers.map((layer) => backbone.channels[layer] as number);
          const count = sizes.reduce((sum, size) => sum + size * (size + 1), 0);
          return { parameters: count, multiplyAdds: count };
        },
      } satisfies Model;
    }),
};
