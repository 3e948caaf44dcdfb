/** An encoder of strided convolutions and its mirror image (Bergmann et al. 2019, "Improving unsupervised defect segmentation", table 1). */
import { ConfigurationError, type Size, tf } from '@adfw/core';
import { createVariables, initialValues, type TensorSpec } from '@adfw/networks';

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

export interface ConvolutionalAutoencoder {
  readonly parameters: Readonly<Record<string, tf.Variable>>;
  /** @param images `[N, H, W, 3]`. @returns `[N, 1, 1, latent]`, twice as many channels where it is variational. */
  encode(images: tf.Tensor4D): tf.Tensor4D;
  /** @returns images from 0 to 1. */
  decode(code: tf.Tensor4D): tf.Tensor4D;
}

/** Side of the kernels that halve and double. */
const SIDE = 4;
const LEAK = 0.2;

/**
 * Its parameters are `encoder.K.weight` and `.bias` of halving K, those of `encoder.code`, `decoder.code`, and `decoder.K` from the
 * smallest maps back to the images.
 * @throws ConfigurationError for images that are too small to be halved so often.
 */
export function convolutionalAutoencoder(
  { height, width }: Size,
  { depth, width: channels, latent, variational }: ConvolutionalOptions,
  seed: number,
): ConvolutionalAutoencoder {
  if (Math.min(height, width) < 2 ** depth)
    throw new ConfigurationError(
      `Images of ${height}x${width} cannot be halved ${depth} times: give depth a smaller number, or $.images.size a larger one.`,
    );
  const sizes = Array.from({ length: depth + 1 }, (_, level) => [
    Math.ceil(height / 2 ** level),
    Math.ceil(width / 2 ** level),
  ]) as [number, number][];
  const channelsAt = (level: number) => (level === 0 ? 3 : channels * Math.min(4, 2 ** (level - 1)));
  const [smallHeight, smallWidth] = sizes[depth] as [number, number];
  const levels = Array.from({ length: depth }, (_, level) => level);
  const kernel = (name: string, shape: number[]): TensorSpec => ({
    name: `${name}.weight`,
    role: 'kernel',
    shape,
  });
  const offset = (name: string, outputs: number): TensorSpec => ({
    name: `${name}.bias`,
    role: 'offset',
    shape: [outputs],
  });
  const specs: TensorSpec[] = [
    ...levels.flatMap((level) => [
      kernel(`encoder.${level}`, [SIDE, SIDE, channelsAt(level), channelsAt(level + 1)]),
      offset(`encoder.${level}`, channelsAt(level + 1)),
    ]),
    kernel('encoder.code', [smallHeight, smallWidth, channelsAt(depth), latent * (variational ? 2 : 1)]),
    offset('encoder.code', latent * (variational ? 2 : 1)),
    // Kernels of transposed convolutions are [height, width, outputs, inputs].
    kernel('decoder.code', [smallHeight, smallWidth, channelsAt(depth), latent]),
    offset('decoder.code', channelsAt(depth)),
    ...levels.flatMap((level) => [
      kernel(`decoder.${level}`, [SIDE, SIDE, channelsAt(level), channelsAt(level + 1)]),
      offset(`decoder.${level}`, channelsAt(level)),
    ]),
  ];
  const { parameters } = createVariables(specs, (spec) => initialValues(spec, seed), { trainable: true });
  const weight = (name: string) => parameters[`${name}.weight`] as tf.Variable<tf.Rank.R4>;
  const bias = (name: string) => parameters[`${name}.bias`] as tf.Variable<tf.Rank.R1>;
  const convolved = (x: tf.Tensor4D, name: string, stride: number, padding: 'same' | 'valid'): tf.Tensor4D =>
    tf.add(tf.conv2d(x, weight(name), stride, padding), bias(name));
  const enlarged = (
    x: tf.Tensor4D,
    name: string,
    level: number,
    padding: 'same' | 'valid',
    stride: number,
  ) => {
    const [h, w] = sizes[level] as [number, number];
    const shape: [number, number, number, number] = [x.shape[0], h, w, channelsAt(level)];
    return tf.add<tf.Tensor4D>(tf.conv2dTranspose(x, weight(name), shape, stride, padding), bias(name));
  };
  return {
    parameters,
    encode: (images) => {
      const maps = levels.reduce(
        (x, level) => tf.leakyRelu(convolved(x, `encoder.${level}`, 2, 'same'), LEAK),
        images,
      );
      return convolved(maps, 'encoder.code', 1, 'valid');
    },
    decode: (code) => {
      const smallest = tf.leakyRelu(enlarged(code, 'decoder.code', depth, 'valid', 1), LEAK);
      return levels.reduceRight<tf.Tensor4D>((x, level) => {
        const next = enlarged(x, `decoder.${level}`, level, 'same', 2);
        return level === 0 ? tf.sigmoid(next) : tf.leakyRelu(next, LEAK);
      }, smallest);
    },
  };
}
