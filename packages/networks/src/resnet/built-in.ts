import { ConfigurationError } from '@adfw/core';
import { type ResNetArchitecture, type ResNetVariation, STANDARD_WIDTH } from './architectures.js';

/** The network that comes with this package; how it was made is in `teachers/`, beside its weights ({@link builtInWeights}). */
export const builtInNetwork = {
  architecture: 'resnet18',
  /** Half of the standard ones. */
  innerChannels: { layer1: 32, layer2: 64, layer3: 128 },
  layers: ['layer1', 'layer2', 'layer3'],
} as const satisfies { architecture: ResNetArchitecture } & Record<string, unknown>;

/**
 * What the built-in weights make of a ResNet: the one that they are for, whose `innerChannels` need not be given.
 * @throws ConfigurationError where the network or a layer is not one of it.
 */
export function builtInVariation(
  architecture: ResNetArchitecture,
  { width = STANDARD_WIDTH, innerChannels = {}, ...variation }: ResNetVariation,
  layers: readonly string[],
): ResNetVariation {
  const own: Readonly<Record<string, number>> = builtInNetwork.innerChannels;
  const others = Object.entries(innerChannels).some(([layer, channels]) => own[layer] !== channels);
  const asked =
    architecture !== builtInNetwork.architecture
      ? `of ${architecture}`
      : width !== STANDARD_WIDTH
        ? `of width ${width}`
        : others
          ? `with innerChannels ${JSON.stringify(innerChannels)}`
          : layers.some((layer) => !(builtInNetwork.layers as readonly string[]).includes(layer))
            ? `for the layers ${layers.join(', ')}`
            : null;
  if (asked === null) return { ...variation, width, innerChannels: builtInNetwork.innerChannels };
  throw new ConfigurationError(
    `There are no built-in weights ${asked}: they are for ${builtInNetwork.architecture} of width ${STANDARD_WIDTH} with innerChannels ${JSON.stringify(own)}, layers ${builtInNetwork.layers.join(', ')}. Use "imagenet" or a file.`,
  );
}
