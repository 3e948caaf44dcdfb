/** An encoder of strided convolutions and its mirror image (Bergmann et al. 2019, "Improving unsupervised defect segmentation", table 1). */
import type { JsonSchema, Normalization, Size, tf } from '@adfw/core';
import {
  fromVector,
  layerNetwork,
  mirroredDecoder,
  mirroredEncoder,
  mirroredShape,
  sequence,
  sigmoid,
  toVector,
} from '@adfw/networks';

export interface ConvolutionalOptions {
  /** How often height and width are halved. */
  readonly depth: number;
  /** Channels after the first halving; each further one doubles them, up to four times as many. */
  readonly width: number;
  /** Numbers in the code. */
  readonly latent: number;
  /** Whether the encoder gives a mean and a logarithm of a variance for each of them. */
  readonly variational: boolean;
}

/** Those of {@link ConvolutionalOptions} that say how large it is beside its code. */
export const convolutionalOptions = {
  depth: {
    type: 'integer',
    minimum: 1,
    maximum: 8,
    default: 5,
    description: 'How often height and width are halved on the way to the code.',
  },
  width: {
    type: 'integer',
    minimum: 1,
    default: 32,
    description: 'Channels after the first halving; each further one doubles them, up to four times as many.',
  },
} as const satisfies Record<string, JsonSchema>;

/** Images from 0 to 1, as they are given back. */
export const plainImages: Normalization = { mean: [0, 0, 0], std: [1, 1, 1] };

export interface ConvolutionalAutoencoder {
  readonly parameters: Readonly<Record<string, tf.Variable>>;
  /** @param images `[N, H, W, 3]`. @returns `[N, 1, 1, latent]`, twice as many channels where it is variational. */
  encode(images: tf.Tensor4D): tf.Tensor4D;
  /** @returns images from 0 to 1. */
  decode(code: tf.Tensor4D): tf.Tensor4D;
}

/** Without batch normalisation, so that the mode of a pass changes nothing. */
const style = { normalized: false, slope: 0.2 };

/**
 * Its parameters are `encoder.K.weight` and `.bias` of halving K, those of `encoder.code`, `decoder.code`, and `decoder.K` from the
 * smallest maps back to the images.
 * @throws ConfigurationError for images that are too small to be halved so often.
 */
export function convolutionalAutoencoder(
  size: Size,
  { depth, width, latent, variational }: ConvolutionalOptions,
  seed: number,
): ConvolutionalAutoencoder {
  const shape = mirroredShape(size, { depth, width, most: 4 });
  const encoder = layerNetwork(
    sequence(
      mirroredEncoder('encoder', shape, style),
      toVector('encoder.code', shape, latent * (variational ? 2 : 1), { bias: true }),
    ),
    seed,
  );
  const decoder = layerNetwork(
    sequence(
      fromVector('decoder.code', shape, latent, style),
      mirroredDecoder('decoder', shape, style),
      sigmoid,
    ),
    seed,
  );
  return {
    parameters: { ...encoder.parameters, ...decoder.parameters },
    encode: (images) => encoder.apply(images, 'train'),
    decode: (code) => decoder.apply(code, 'train'),
  };
}
