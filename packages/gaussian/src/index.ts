/**
 * Models that are fitted by looking once: statistics of the features that a frozen network gives for nominal images. Of positions
 * (PaDiM), of whole maps (DFM), or of one vector an image (Mahalanobis, DFKDE, one-class SVM and SVDD).
 */
import { definePlugin } from '@adfw/core';
import { dfkdePart } from './dfkde-model.js';
import { dfmPart } from './dfm-model.js';
import { gaussianPart } from './gaussian-model.js';
import { mahalanobisPart } from './mahalanobis-model.js';
import { oneClassSvmPart } from './one-class-svm-model.js';

export { type CrossFitting, crossFittedDistances } from './cross-fitted-distances.js';
export { pooledFeatures } from './image-vectors.js';

export const plugin = definePlugin({
  name: '@adfw/gaussian',
  parts: [gaussianPart, mahalanobisPart, dfmPart, dfkdePart, oneClassSvmPart],
  methods: [
    {
      name: 'padim',
      summary: 'PaDiM: a Gaussian of pretrained features at every position of the image.',
      reference: 'Defard et al. 2021',
      preset: { model: { type: 'gaussian' } },
    },
    {
      name: 'mahalanobis',
      summary: 'The Mahalanobis distance of pooled features from the nominal mean, for each layer.',
      reference: 'Rippel et al. 2021',
      preset: { model: { type: 'mahalanobis' } },
      sample: { model: { layers: ['layer1', 'layer2', 'layer3'] } },
    },
    {
      name: 'dfm',
      summary: 'DFM: what the principal components of nominal features do not give back.',
      reference: 'Ahuja et al. 2019',
      preset: { model: { type: 'dfm' } },
    },
    {
      name: 'dfkde',
      summary: 'DFKDE: a kernel density estimate of pooled features.',
      reference: 'Akcay et al. 2022',
      preset: { model: { type: 'dfkde' } },
      sample: { model: { layers: ['layer3'] } },
    },
    {
      name: 'oc-svm',
      summary: 'A one-class support vector machine of pooled features.',
      reference: 'Schölkopf et al. 2001',
      preset: { model: { type: 'one-class-svm', boundary: 'hyperplane' } },
      sample: { model: { layers: ['layer3'] } },
    },
    {
      name: 'svdd',
      summary: 'The smallest sphere around pooled features: support vector data description.',
      reference: 'Tax and Duin 2004',
      preset: { model: { type: 'one-class-svm', boundary: 'sphere', kernel: 'linear' } },
      sample: { model: { layers: ['layer3'] } },
    },
  ],
});
export default plugin;
