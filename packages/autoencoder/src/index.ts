/** Reconstruction: autoencoders that learn to give back nominal images, and a mixture of Gaussians of what they make of them. */
import { definePlugin } from '@adfw/core';
import { autoencoderPart } from './autoencoder-part.js';
import { dagmmPart } from './dagmm-part.js';

export {
  type ConvolutionalAutoencoder,
  type ConvolutionalOptions,
  convolutionalAutoencoder,
} from './convolutional-network.js';
export { structuralSimilarity } from './structural-similarity.js';

const reference = 'thesis section 3.1, eq. 3.4';
const sample = { model: { training: { epochs: 30, optimizer: { learningRate: 0.001 } } } };

export const plugin = definePlugin({
  name: '@adfw/autoencoder',
  parts: [autoencoderPart, dagmmPart],
  methods: [
    {
      name: 'autoencoder',
      summary: 'An autoencoder of nominal images; the squared error of what it gives back is the score.',
      reference,
      preset: { model: { type: 'autoencoder' }, fit: { batchSize: 32 } },
      sample: { ...sample, fit: { batchSize: 8 } },
    },
    {
      name: 'ssim-autoencoder',
      summary: 'An autoencoder of nominal images that is trained and scored by structural similarity.',
      reference:
        'Bergmann et al. 2019, "Improving Unsupervised Defect Segmentation by Applying Structural Similarity to Autoencoders"',
      preset: { model: { type: 'autoencoder', error: 'structural-similarity' }, fit: { batchSize: 32 } },
      sample: { ...sample, fit: { batchSize: 8 } },
    },
    {
      name: 'vae',
      summary: 'A variational autoencoder of nominal images.',
      reference: 'Kingma and Welling 2014, "Auto-Encoding Variational Bayes"',
      preset: { model: { type: 'autoencoder', variational: true }, fit: { batchSize: 32 } },
      sample: { ...sample, fit: { batchSize: 8 } },
    },
    {
      name: 'dagmm',
      summary: 'An autoencoder with a mixture of Gaussians of its codes and errors; rare ones are anomalous.',
      reference:
        'Zong et al. 2018, "Deep Autoencoding Gaussian Mixture Model for Unsupervised Anomaly Detection"; thesis reference 34',
      preset: { model: { type: 'dagmm' }, fit: { batchSize: 32 } },
      sample: { ...sample, fit: { batchSize: 16 } },
    },
  ],
});
export default plugin;
