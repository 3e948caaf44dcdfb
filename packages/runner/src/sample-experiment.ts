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
