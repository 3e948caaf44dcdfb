/** A model that says how anomalous an image is, and not where: how far its mean features are from those of the nominal images. */
import { fileURLToPath } from 'node:url';
import {
  definePlugin,
  type FeaturePyramid,
  held,
  layersOption,
  type Make,
  type Model,
  type Normalization,
  onBackbone,
  type Plugin,
  slot,
  tf,
} from '@adfw/core';
import { builtInPlugins } from '../plugins/plugins.js';

const embedded = (features: FeaturePyramid): tf.Tensor2D =>
  tf.concat(
    Object.values(features).map((layer) => tf.mean<tf.Tensor2D>(layer, [1, 2])),
    1,
  );

/** Not that of ImageNet. */
export const embeddingNormalization: Normalization = { mean: [0.5, 0.4, 0.3], std: [0.25, 0.2, 0.5] };

interface Options {
  readonly backbone: Make<'backbone'>;
  readonly layers: readonly string[];
}

async function create({ backbone, layers }: Options): Promise<Model> {
  const network = await backbone({ layers, frozen: true });
  const learnt = held('mean');
  return {
    ...onBackbone(network, learnt),
    normalization: embeddingNormalization,
    stages: [
      {
        name: 'mean',
        async gather(batches, { total }) {
          let sum: tf.Tensor = tf.scalar(0);
          for await (const { features } of batches) {
            const before = sum;
            sum = tf.tidy(() => tf.add(before, tf.sum(embedded(features), 0)));
            before.dispose();
          }
          learnt.set({ mean: tf.div(sum, total) });
          sum.dispose();
        },
      },
    ],
    detect: ({ features }) => ({
      scores: tf.sqrt(tf.sum<tf.Tensor1D>(tf.squaredDifference(embedded(features), learnt.get('mean')), 1)),
      maps: null,
    }),
  };
}

const summary = 'The distance of the mean features of an image to those of the nominal images.';

const plugin = definePlugin({
  name: 'mean-embedding',
  parts: [
    {
      kind: 'model',
      name: 'mean-embedding',
      summary,
      options: {
        backbone: slot('backbone', 'What gives the features.', {
          default: { type: 'resnet18', weights: 'random', width: 8 },
          pretrained: true,
        }),
        layers: layersOption(['layer1', 'layer2'], 'Whose features.'),
      },
      create,
    },
  ],
  methods: [{ name: 'mean-embedding', summary, preset: { model: { type: 'mean-embedding' } } }],
});
export default plugin;

/** In this process the model comes with adfw: a plugin in TypeScript cannot be loaded. */
export function bringMeanEmbedding(): void {
  (builtInPlugins as Plugin[]).push(plugin);
}

/** The plugin as another thread loads it. */
export const meanEmbeddingFile = fileURLToPath(
  new URL('../../dist/model/mean-embedding.test.fixture.js', import.meta.url),
);
