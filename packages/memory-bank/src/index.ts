/**
 * Models that compare with what they remember of nominal images: patches (PatchCore), a dictionary of patches (Napoletano et al.
 * 2018), whole images and their pixels (SPADE).
 */
import { definePlugin } from '@adfw/core';
import { clustersPart } from './clusters-model.js';
import { memoryBankPart } from './memory-bank-model.js';
import { spadePart } from './spade-model.js';

export { type CoresetOptions, greedyCoreset } from './coreset.js';
export { type Clusters, type KMeansOptions, kMeans } from './k-means.js';
export { johnsonLindenstrauss, projected } from './random-projection.js';
export type { Vectors } from './vectors.js';

/** All other methods' network, so that they can be compared; the papers' is the parts' own default. */
const backbone = { type: 'resnet18', weights: 'imagenet' };

export const plugin = definePlugin({
  name: '@adfw/memory-bank',
  parts: [memoryBankPart, clustersPart, spadePart],
  methods: [
    {
      name: 'patchcore',
      summary:
        'PatchCore: the distance of each patch to the nearest one of a memory bank of nominal patches.',
      reference: 'Roth et al. 2022, "Towards Total Recall in Industrial Anomaly Detection"',
      preset: { model: { type: 'memory-bank', backbone } },
    },
    {
      name: 'k-means',
      summary: 'The distance of each patch to a dictionary of nominal patches, which k-means makes.',
      reference:
        'Napoletano et al. 2018, "Anomaly Detection in Nanofibrous Materials by CNN-Based Self-Similarity"',
      preset: { model: { type: 'clusters', backbone } },
    },
    {
      name: 'spade',
      summary: 'SPADE: the distance to the nominal images most like an image, and of its pixels to theirs.',
      reference: 'Cohen and Hoshen 2020, "Sub-Image Anomaly Detection with Deep Pyramid Correspondences"',
      preset: { model: { type: 'spade', backbone } },
      // The built-in network has no layer4.
      sample: { model: { imageLayer: 'layer3' } },
    },
  ],
});
export default plugin;
