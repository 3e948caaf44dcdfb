/** What the networks here have in common: those of DCGAN (Radford et al. 2016, section 3), for images of any size. */
import { type Cost, type Normalization, type Random, randomNormal, type Size, tf } from '@adfw/core';
import {
  fromVector,
  type Layer,
  type LayerNetwork,
  layerNetwork,
  type MirroredShape,
  mirroredDecoder,
  mirroredEncoder,
  mirroredShape,
  sequence,
  tanh,
  toVector,
} from '@adfw/networks';

export interface DcganOptions {
  readonly depth: number;
  readonly width: number;
  readonly latent: number;
}

export const dcganOptions = (latent: string) => ({
  depth: {
    type: 'integer',
    minimum: 1,
    maximum: 8,
    default: 4,
    description: 'How often height and width are halved; 4 leaves 4x4 of 64x64 pixels.',
  },
  width: {
    type: 'integer',
    minimum: 1,
    default: 32,
    description: 'Channels after the first halving; each further one doubles them. The paper has 64.',
  },
  latent: { type: 'integer', minimum: 1, default: 100, description: latent },
});

/** Images from −1 to 1, as tanh gives them. */
export const symmetric: Normalization = { mean: [0.5, 0.5, 0.5], std: [0.5, 0.5, 0.5] };

export const dcganShape = (size: Size, { depth, width }: DcganOptions): MirroredShape =>
  mirroredShape(size, { depth, width, most: 2 ** depth });

/** Slope of the leaky ReLU (section 3). */
export const LEAK = 0.2;
const leaky = { normalized: true, slope: LEAK };
const plain = { normalized: true, slope: 0 };

/** Images to the smallest maps. */
export const halvings = (name: string, shape: MirroredShape): Layer => mirroredEncoder(name, shape, leaky);

/** Codes, `[N, 1, 1, latent]`, to images from −1 to 1. */
export const imagesOf = (name: string, shape: MirroredShape, latent: number): Layer =>
  sequence(fromVector(`${name}.code`, shape, latent, plain), mirroredDecoder(name, shape, plain), tanh);

/** A fully connected layer of vectors, `[N, 1, 1, inputs]` to `[N, 1, 1, outputs]`. */
export const fullyConnected = (name: string, inputs: number, outputs: number): Layer =>
  toVector(name, { sizes: [[1, 1]], channels: [inputs] }, outputs, { bias: true });

/** With weights that begin with a standard deviation of 0.02 (section 4). */
export const dcganNetwork = (layer: Layer, seed: number): LayerNetwork =>
  layerNetwork(layer, seed, { deviation: 0.02 });

/** Codes as they are before anything is known of an image: each number near normal, of mean 0 and standard deviation 1. `[N, 1, 1, latent]`. */
export const drawnCodes = (count: number, latent: number, random: Random): tf.Tensor4D =>
  tf.tensor4d(
    Float32Array.from({ length: count * latent }, () => randomNormal(random)),
    [count, 1, 1, latent],
  );

type Named = Readonly<Record<string, tf.Variable>>;
export const parametersOf = (networks: readonly LayerNetwork[]): Named =>
  Object.assign({}, ...networks.map(({ parameters }) => parameters));
export const statisticsOf = (networks: readonly LayerNetwork[]): Named =>
  Object.assign({}, ...networks.map(({ statistics }) => statistics));
export const variablesOf = (networks: readonly LayerNetwork[]): Named => ({
  ...parametersOf(networks),
  ...statisticsOf(networks),
});

/** Of networks that each see an image, or a vector, once. */
export function costOf(
  onImages: readonly LayerNetwork[],
  onVectors: readonly LayerNetwork[],
  size: Size,
): Cost & { readonly multiplyAdds: number } {
  const costs = [
    ...onImages.map((network) => network.cost([size.height, size.width])),
    ...onVectors.map((network) => network.cost([1, 1])),
  ];
  return {
    parameters: costs.reduce((sum, { parameters }) => sum + parameters, 0),
    multiplyAdds: costs.reduce((sum, { multiplyAdds }) => sum + multiplyAdds, 0),
  };
}
