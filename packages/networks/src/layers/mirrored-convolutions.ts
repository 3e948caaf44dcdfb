/**
 * Strided convolutions that halve an image's sides, and transposed ones that double them again: the two halves of convolutional
 * autoencoders, and the networks of DCGAN (Radford et al. 2016, section 3).
 */
import { ConfigurationError, type Size, tf } from '@adfw/core';
import {
  batchNorm,
  identity,
  type Layer,
  leakyRelu,
  type MapSize,
  relu,
  sequence,
  type TensorSpec,
} from './layer.js';

/** Side of the kernels that halve and double. */
const SIDE = 4;
const STRIDE = 2;

export interface MirroredShape {
  /** Of the maps at each level, from the image to the smallest. */
  readonly sizes: readonly MapSize[];
  /** At each level, from the 3 of the image. */
  readonly channels: readonly number[];
}

/**
 * @param depth how often height and width are halved, an odd one to the larger half.
 * @param width channels after the first halving; each further one doubles them, up to `most` times as many.
 * @throws ConfigurationError for images that are too small to be halved so often.
 */
export function mirroredShape(
  { height, width: across }: Size,
  { depth, width, most }: { readonly depth: number; readonly width: number; readonly most: number },
): MirroredShape {
  if (Math.min(height, across) < 2 ** depth)
    throw new ConfigurationError(
      `Images of ${height}x${across} cannot be halved ${depth} times: give depth a smaller number, or $.images.size a larger one.`,
    );
  const levels = Array.from({ length: depth + 1 }, (_, level) => level);
  return {
    sizes: levels.map((level): MapSize => [Math.ceil(height / 2 ** level), Math.ceil(across / 2 ** level)]),
    channels: levels.map((level) => (level === 0 ? 3 : width * Math.min(most, 2 ** (level - 1)))),
  };
}

interface Style {
  /** Batch normalisation in place of biases, but for the layers that touch the image (Radford et al. 2016, section 3). */
  readonly normalized: boolean;
  /** Of the leaky ReLU; 0 for ReLU. */
  readonly slope: number;
}

/** Images to the smallest maps. Its tensors are `PREFIX.K.weight` of halving K, with `.bias` or `.norm.*`. */
export function mirroredEncoder(prefix: string, { channels, sizes }: MirroredShape, style: Style): Layer {
  return sequence(
    ...pairs(channels).map(([inputs, outputs], level) =>
      sequence(
        convolved(`${prefix}.${level}`, inputs, outputs, {
          side: [SIDE, SIDE],
          stride: STRIDE,
          size: sizes[level + 1] as MapSize,
          bias: !style.normalized,
        }),
        style.normalized && level > 0 ? batchNorm(`${prefix}.${level}.norm`, outputs) : identity,
        activation(style.slope),
      ),
    ),
  );
}

/**
 * The smallest maps to images, without an activation at the end. Its tensors are `PREFIX.K.weight` of the doubling that gives level
 * K, 0 being the image, with `.bias` or `.norm.*`.
 */
export function mirroredDecoder(prefix: string, { channels, sizes }: MirroredShape, style: Style): Layer {
  return sequence(
    ...pairs(channels)
      .map(([outputs, inputs], level) =>
        sequence(
          enlarged(`${prefix}.${level}`, inputs, outputs, {
            side: [SIDE, SIDE],
            stride: STRIDE,
            size: sizes[level] as MapSize,
            bias: !style.normalized,
          }),
          level === 0 ? identity : afterwards(`${prefix}.${level}`, outputs, style),
        ),
      )
      .reverse(),
  );
}

/** The smallest maps to `[N, 1, 1, outputs]`. */
export const toVector = (
  name: string,
  shape: MirroredShape,
  outputs: number,
  { bias }: { readonly bias: boolean },
): Layer =>
  convolved(name, shape.channels.at(-1) as number, outputs, {
    side: shape.sizes.at(-1) as MapSize,
    stride: 1,
    size: [1, 1],
    bias,
  });

/** `[N, 1, 1, inputs]` to the smallest maps, normalised as `style` says, and activated. */
export function fromVector(name: string, shape: MirroredShape, inputs: number, style: Style): Layer {
  const outputs = shape.channels.at(-1) as number;
  const size = shape.sizes.at(-1) as MapSize;
  return sequence(
    enlarged(name, inputs, outputs, { side: size, stride: 1, size, bias: !style.normalized }),
    afterwards(name, outputs, style),
  );
}

const activation = (slope: number): Layer => (slope === 0 ? relu : leakyRelu(slope));
const afterwards = (name: string, channels: number, { normalized, slope }: Style): Layer =>
  sequence(normalized ? batchNorm(`${name}.norm`, channels) : identity, activation(slope));

const pairs = (values: readonly number[]): [number, number][] =>
  values.slice(1).map((value, index) => [values[index] as number, value]);

interface Convolving {
  readonly side: MapSize;
  readonly stride: number;
  /** Of what comes out. */
  readonly size: MapSize;
  readonly bias: boolean;
}

/** PyTorch's Conv2d with padding 1 where sides of 4 halve even sizes; with none where the kernel is as large as the maps. */
function convolved(name: string, inputs: number, outputs: number, convolving: Convolving): Layer {
  const { side, stride, size, bias } = convolving;
  return biased(name, [...side, inputs, outputs], outputs, bias, {
    apply: (x, kernel) => tf.conv2d(x, kernel, stride, stride === 1 ? 'valid' : 'same'),
    work: () => ({ multiplyAdds: side[0] * side[1] * inputs * outputs * size[0] * size[1], size }),
  });
}

/** The same of ConvTranspose2d; the kernel is `[kh, kw, outputs, inputs]`. */
function enlarged(name: string, inputs: number, outputs: number, convolving: Convolving): Layer {
  const { side, stride, size, bias } = convolving;
  return biased(name, [...side, outputs, inputs], outputs, bias, {
    apply: (x, kernel) =>
      tf.conv2dTranspose(x, kernel, [x.shape[0], ...size, outputs], stride, stride === 1 ? 'valid' : 'same'),
    work: ([height, width]) => ({
      multiplyAdds: side[0] * side[1] * inputs * outputs * height * width,
      size,
    }),
  });
}

function biased(
  name: string,
  shape: readonly number[],
  outputs: number,
  bias: boolean,
  { apply, work }: { apply(x: tf.Tensor4D, kernel: tf.Tensor4D): tf.Tensor4D; work: Layer['work'] },
): Layer {
  const kernel: TensorSpec = { name: `${name}.weight`, role: 'kernel', shape };
  const offset: TensorSpec = { name: `${name}.bias`, role: 'offset', shape: [outputs] };
  return {
    tensors: bias ? [kernel, offset] : [kernel],
    apply: (x, { variables }) => {
      const y = apply(x, variables[kernel.name] as tf.Variable<tf.Rank.R4>);
      return bias ? tf.add(y, variables[offset.name] as tf.Variable<tf.Rank.R1>) : y;
    },
    work,
  };
}
