/** What `adfw run` does when it is given no data: small enough to train in a minute or two, with nothing downloaded. */
import type { ExperimentLayer } from '@adfw/core';
import { builtInTeacher } from '@adfw/networks';

/** The generated dataset, and as many epochs as it needs. */
export const sampleExperiment: ExperimentLayer = {
  source: 'the built-in sample',
  document: {
    dataset: { type: 'sample' },
    training: { epochs: 8, batchSize: 8 },
  },
};

/** The teacher that comes with adfw; students that have its architecture are the same network. */
export const sampleTeacher = {
  source: "the built-in sample's teacher",
  document: {
    teacher: {
      type: builtInTeacher.architecture,
      weights: 'built-in',
      innerChannels: builtInTeacher.innerChannels,
    },
  },
} as const satisfies ExperimentLayer;

/**
 * Patch descriptors as cheap as the sample's teacher: an eighth of the paper's width, at every fourth pixel. With as few images and
 * epochs, students need longer steps than the paper's.
 */
export const samplePatchDescriptors = {
  source: "the built-in sample's patch descriptors",
  document: {
    teacher: { type: 'patch-descriptors', width: 16, stride: 4 },
    training: { epochs: 12, batchSize: 4, optimizer: { type: 'adam', learningRate: 0.002 } },
  },
} as const satisfies ExperimentLayer;
