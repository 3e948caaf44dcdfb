import type { Part } from '@adfw/core';
import { commonOptions, createResNetPart, STANDARD_WIDTH } from '@adfw/networks';

/**
 * A ResNet-18 whose first convolution in each block of layer1, layer2 and layer3 has fewer channels: a bottleneck that lets
 * only what is essential of the nominal images through (thesis 5.3). The outputs of the layers have the teacher's channels.
 *
 * @returns the channels inside the blocks: 16, 16, 32 at the standard width of 64, which is appendix A.2.
 */
export const bottleneckChannels = (width: number) => ({
  layer1: Math.max(1, Math.floor(width / 4)),
  layer2: Math.max(1, Math.floor(width / 4)),
  layer3: Math.max(1, Math.floor(width / 2)),
});

export const simpleStudentPart: Part<'backbone'> = {
  kind: 'backbone',
  name: 'simple-student',
  summary: `ResNet-18 with bottlenecks in its blocks: 16, 16, 32 channels in layer1 to layer3 at width ${STANDARD_WIDTH}.`,
  reference: 'thesis section 5.3 and appendix A.2',
  options: {
    width: commonOptions.width,
    weights: {
      anyOf: [{ enum: ['random'] }, { type: 'string', format: 'path' }],
      default: 'random',
      description:
        'What it starts from: `random` (from the seed), or a file with the weights of such a network.',
    },
    residualScale: commonOptions.residualScale,
  },
  create: (options: { width: number; weights: string; residualScale: number | null }, context) =>
    createResNetPart('resnet18', { ...options, innerChannels: bottleneckChannels(options.width) }, context),
};
