/** What `adfw run` does when it is given no data: small enough to train in a minute or two, with nothing downloaded. */
import type { ExperimentLayer } from '@adfw/core';

/** The generated dataset, and as many epochs as it needs. */
export const sampleExperiment: ExperimentLayer = {
  source: 'the built-in sample',
  document: {
    dataset: { type: 'sample' },
    training: { epochs: 12, batchSize: 16 },
  },
};

/** Half of ResNet-18's width, with random weights from a seed: it was trained on nothing, and is there to try things with. */
export const sampleTeacher = {
  source: "the built-in sample's teacher",
  document: {
    teacher: { type: 'resnet18', width: 32, weights: 'random' },
  },
} as const satisfies ExperimentLayer;

/** The same for students that have a width of their own; others are built to match their teacher. */
export const sampleStudent: ExperimentLayer = {
  source: "the built-in sample's student",
  document: { student: { width: 32 } },
};

/**
 * Patch descriptors as cheap as the sample's teacher: an eighth of the paper's width, at every fourth pixel. With as few images and
 * epochs, students need longer steps than the paper's.
 */
export const samplePatchDescriptors = {
  source: "the built-in sample's patch descriptors",
  document: {
    teacher: { type: 'patch-descriptors', width: 16, stride: 4 },
    training: { batchSize: 4, optimizer: { type: 'adam', learningRate: 0.002 } },
  },
} as const satisfies ExperimentLayer;
