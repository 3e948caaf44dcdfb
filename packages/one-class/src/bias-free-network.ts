/** The network of Deep SVDD (Ruff et al. 2018, section 3.3), and a decoder to pretrain it with. */
import { type Mode, type Size, tf } from '@adfw/core';
import {
  batchNorm,
  convolution,
  createVariables,
  initialValues,
  type Layer,
  type MapSize,
  mirroredShape,
  passOf,
  type TensorSpec,
} from '@adfw/networks';

export interface BiasFreeOptions {
  /** How often height and width are halved. */
  readonly depth: number;
  /** Channels after the first halving; each further one doubles them, up to four times as many. */
  readonly width: number;
  /** Numbers in what it gives. */
  readonly latent: number;
  /** Whether it gives as many for every position of the smallest maps, and not for the whole image. */
  readonly dense: boolean;
}

export interface BiasFreeNetwork {
  /** Kernels alone: nothing in it could make a constant of every image. */
  readonly parameters: Readonly<Record<string, tf.Variable>>;
  readonly statistics: Readonly<Record<string, tf.Variable>>;
  /** Scales of 1 and offsets of 0, which batch normalisation has and training leaves. */
  readonly constants: Readonly<Record<string, tf.Variable>>;
  /** @returns `[N, 1, 1, latent]`, or `[N, h, w, latent]` where it is dense. */
  embed(images: tf.Tensor4D, mode: Mode): tf.Tensor4D;
}

export interface Decoder {
  readonly parameters: Readonly<Record<string, tf.Variable>>;
  /** `[N, H, W, 3]` of what {@link BiasFreeNetwork.embed} gave. */
  decode(embedding: tf.Tensor4D): tf.Tensor4D;
}

const SIDE = 4;
const LEAK = 0.1;
/** Channels after the first halving, at most, as a multiple of its width. */
const MOST = 4;

/**
 * Convolutions without biases, batch normalisation without scale and offset, unbounded activations: with a bias, or an activation that
 * saturates, mapping every image to the centre would be the best of all (propositions 2 and 3).
 * @throws ConfigurationError for images that are too small to be halved so often.
 */
export function biasFreeNetwork(
  size: Size,
  { depth, width, latent, dense }: BiasFreeOptions,
  seed: number,
): BiasFreeNetwork {
  const { sizes, channels } = mirroredShape(size, { depth, width, most: MOST });
  const smallest = sizes[depth] as MapSize;
  const deepest = channels[depth] as number;
  const halvings = Array.from({ length: depth }, (_, level): [kernel: TensorSpec, norm: Layer] => [
    {
      name: `${level}.weight`,
      role: 'kernel',
      shape: [SIDE, SIDE, channels[level] as number, channels[level + 1] as number],
    },
    batchNorm(`${level}.norm`, channels[level + 1] as number),
  ]);
  const last = dense
    ? convolution('code', deepest, latent, { size: 1, stride: 1 }).tensors[0]
    : {
        name: 'code.weight',
        role: 'kernel' as const,
        shape: [...smallest, deepest, latent],
      };
  const code = { ...(last as TensorSpec), name: 'code.weight' };
  const specs = [...halvings.flatMap(([kernel, norm]) => [kernel, ...norm.tensors]), code];
  const { parameters: all, statistics } = createVariables(specs, (spec) => initialValues(spec, seed), {
    trainable: true,
  });
  const isKernel = (name: string) => !name.includes('.norm.');
  const pick = (wanted: boolean) =>
    Object.fromEntries(Object.entries(all).filter(([name]) => isKernel(name) === wanted));
  const variables = { ...all, ...statistics };
  const kernelOf = (name: string) => all[name] as tf.Variable<tf.Rank.R4>;
  return {
    parameters: pick(true),
    constants: pick(false),
    statistics,
    embed: (images, mode) => {
      const pass = passOf(variables, mode);
      const maps = halvings.reduce<tf.Tensor4D>(
        (x, [kernel, norm]) =>
          tf.leakyRelu(norm.apply(tf.conv2d(x, kernelOf(kernel.name), 2, 'same'), pass), LEAK),
        images,
      );
      return tf.conv2d(maps, kernelOf(code.name), 1, 'valid');
    },
  };
}

/** Gives images back from what the network makes of them, for its pretraining; thrown away after it. */
export function decoderOf(
  size: Size,
  { depth, width, latent, dense }: BiasFreeOptions,
  seed: number,
): Decoder {
  const { sizes, channels } = mirroredShape(size, { depth, width, most: MOST });
  const channelsAt = (level: number) => channels[level] as number;
  const smallest = dense ? [1, 1] : (sizes[depth] as MapSize);
  const levels = Array.from({ length: depth }, (_, level) => level);
  // Kernels of transposed convolutions are [height, width, outputs, inputs].
  const specs: TensorSpec[] = [
    { name: 'code.weight', role: 'kernel', shape: [...smallest, channelsAt(depth), latent] },
    ...levels.map(
      (level): TensorSpec => ({
        name: `${level}.weight`,
        role: 'kernel',
        shape: [SIDE, SIDE, channelsAt(level), channelsAt(level + 1)],
      }),
    ),
    ...levels.map(
      (level): TensorSpec => ({ name: `${level}.bias`, role: 'offset', shape: [channelsAt(level)] }),
    ),
  ];
  const { parameters } = createVariables(specs, (spec) => initialValues(spec, seed + 1), { trainable: true });
  const enlarged = (x: tf.Tensor4D, name: string, level: number, stride: number): tf.Tensor4D => {
    const [h, w] = sizes[level] as MapSize;
    return tf.conv2dTranspose(
      x,
      parameters[`${name}.weight`] as tf.Variable<tf.Rank.R4>,
      [x.shape[0], h, w, channelsAt(level)],
      stride,
      stride === 1 ? 'valid' : 'same',
    );
  };
  return {
    parameters,
    decode: (embedding) => {
      const first = tf.leakyRelu(enlarged(embedding, 'code', depth, 1), LEAK);
      return levels.reduceRight<tf.Tensor4D>((x, level) => {
        const next = tf.add<tf.Tensor4D>(
          enlarged(x, `${level}`, level, 2),
          parameters[`${level}.bias`] as tf.Variable<tf.Rank.R1>,
        );
        return level === 0 ? next : tf.leakyRelu(next, LEAK);
      }, first);
    },
  };
}
