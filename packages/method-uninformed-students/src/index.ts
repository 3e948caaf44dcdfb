/**
 * Uninformed Students (Bergmann et al. 2020; thesis 4.3): networks that describe the patch around every pixel, a teacher and students
 * that learn its descriptors on nominal images, and a score from the students' error and disagreement.
 */
import { definePlugin, type Method } from '@adfw/core';
import { patchDescriptorsPart } from './patch-descriptors-part.js';
import { patchLayers } from './patch-network.js';
import { regressionUncertaintyScorePart } from './regression-uncertainty-score.js';

export { denseDescriptors, describePatches } from './dense-descriptors.js';
export { createPatchDescriptors, type PatchDescriptorsOptions } from './patch-descriptors.js';
export {
  layerOf,
  type PatchNetwork,
  type PatchNetworkOptions,
  type PatchSize,
  patchNetwork,
  patchSizes,
} from './patch-network.js';
export {
  predictiveUncertainty,
  regressionError,
  regressionUncertaintyScore,
} from './regression-uncertainty-score.js';

export const uninformedStudents: Method = {
  name: 'uninformed-students',
  summary: 'An ensemble of students that learn to describe patches as the teacher does.',
  reference: 'Bergmann et al. 2020, "Uninformed Students"; thesis section 4.3',
  preset: {
    model: {
      type: 'distillation',
      teacher: { type: 'patch-descriptors' },
      layers: patchLayers,
      standardize: true,
      students: 3,
      loss: { type: 'l2', reduction: 'mean' },
      score: { type: 'regression+uncertainty' },
      training: { epochs: 100, optimizer: { type: 'adam', learningRate: 1e-4, weightDecay: 1e-5 } },
    },
    fit: { batchSize: 1 },
  },
  // An eighth of the paper's width, at every fourth pixel. With as few images and epochs, students need longer steps than the paper's.
  sample: {
    model: {
      teacher: { type: 'patch-descriptors', width: 16, stride: 4 },
      training: { epochs: 12, optimizer: { type: 'adam', learningRate: 0.002 } },
    },
    fit: { batchSize: 4 },
  },
};

export const plugin = definePlugin({
  name: '@adfw/method-uninformed-students',
  parts: [patchDescriptorsPart, regressionUncertaintyScorePart],
  methods: [uninformedStudents],
});
export default plugin;
