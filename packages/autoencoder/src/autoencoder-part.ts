import {
  ConfigurationError,
  type ContextOf,
  checkPatchGrid,
  fromMaps,
  gaussianSmoothing,
  type Model,
  type Part,
  type PatchGrid,
  parameterCount,
  type Random,
  randomNormal,
  randomPatch,
  type Size,
  smoothingOption,
  type Training,
  type TrainStage,
  tf,
  trainedBy,
  trainingOption,
  variablesState,
} from '@adfw/core';
import { averagedPatches } from './averaged-patches.js';
import {
  type ConvolutionalOptions,
  convolutionalAutoencoder,
  convolutionalOptions,
  plainImages,
} from './convolutional-network.js';
import { structuralSimilarity } from './structural-similarity.js';

interface AutoencoderOptions extends ConvolutionalOptions {
  readonly error: 'squared' | 'structural-similarity';
  readonly beta: number;
  readonly patches: PatchOptions;
  readonly smoothing: number;
  readonly training: Training;
}

interface PatchOptions {
  readonly size: number | null;
  readonly stride: number | null;
  readonly perImage: number;
}

export const autoencoderPart: Part<'model'> = {
  kind: 'model',
  name: 'autoencoder',
  summary:
    'A network that learns to give back nominal images through a narrow code; where it fails, they are anomalous.',
  reference:
    'thesis eq. 3.4; Bergmann et al. 2019, "Improving Unsupervised Defect Segmentation by Applying Structural Similarity to Autoencoders"',
  options: {
    ...convolutionalOptions,
    latent: {
      type: 'integer',
      minimum: 1,
      default: 100,
      description: 'Numbers in the code: enough to give back what is nominal, too few for what is not.',
    },
    error: {
      enum: ['squared', 'structural-similarity'],
      default: 'squared',
      description:
        'What is minimised, and shown by the map: the mean squared difference, or 1 minus the structural similarity, which sees structure and hardly colour.',
    },
    variational: {
      type: 'boolean',
      default: false,
      description:
        'Whether the code is a distribution that is kept near a standard normal one (Kingma and Welling 2014); its mean is what images are given back from.',
    },
    beta: {
      type: 'number',
      minimum: 0,
      default: 1,
      description: 'Weight of keeping it there, for a variational one, beside the error summed over pixels.',
    },
    patches: {
      type: 'object',
      additionalProperties: false,
      description: 'Whether patches go through it in place of whole images, for textures.',
      properties: {
        size: {
          type: ['integer', 'null'],
          minimum: 1,
          default: null,
          description: 'Height and width of a patch, in pixels; null for whole images.',
        },
        stride: {
          type: ['integer', 'null'],
          minimum: 1,
          default: null,
          description:
            'From one patch of an image that is scored to the next, in pixels; null for a quarter of their size.',
        },
        perImage: {
          type: 'integer',
          minimum: 1,
          default: 4,
          description: 'How many are drawn from each image in each step of training.',
        },
      },
    },
    smoothing: smoothingOption,
    training: trainingOption({
      epochs: 200,
      optimizer: { type: 'adam', learningRate: 0.0002, weightDecay: 1e-5 },
    }),
  },
  async create(
    { error, beta, patches, smoothing, training, ...network }: AutoencoderOptions,
    { seed, imageSize }: ContextOf<'model'>,
  ): Promise<Model> {
    const grid = patchGrid(patches, network, imageSize);
    const size = grid ? { height: grid.size, width: grid.size } : imageSize;
    const { encode, decode, parameters } = convolutionalAutoencoder(size, network, seed);
    const { latent, variational } = network;
    const errorMap = error === 'squared' ? squaredError : dissimilarity;
    const loss = (images: tf.Tensor4D, code: tf.Tensor4D): tf.Scalar =>
      tf.mean(errorMap(images, decode(code)));
    const meanOf = (code: tf.Tensor4D) => (variational ? (tf.split(code, 2, -1)[0] as tf.Tensor4D) : code);
    const givenBack = (images: tf.Tensor4D): tf.Tensor4D => decode(meanOf(encode(images)));
    return {
      ...variablesState(parameters),
      normalization: plainImages,
      stages: [
        {
          name: 'autoencoder',
          learners: [
            {
              name: 'autoencoder',
              parameters,
              optimizer: await training.optimizer(),
              loss: ({ images }, mode, random) => {
                if (!variational) return tf.tidy(() => loss(images, encode(images)));
                const [mean, logVariance] = tf.split(encode(images), 2, -1) as [tf.Tensor4D, tf.Tensor4D];
                const code = mode === 'train' ? sampled(mean, logVariance, random) : mean;
                // Of a mean over pixels, where the sum is what a likelihood has.
                const weight = beta / (size.height * size.width * 3);
                return {
                  error: loss(images, code),
                  divergence: tf.mul<tf.Scalar>(divergence(mean, logVariance), weight),
                };
              },
            },
          ],
          ...trainedBy(training),
          ...(grid && { augment: drawing(grid, patches.perImage) }),
        },
      ],
      detect: ({ images }) => {
        const given = grid ? averagedPatches(images, grid, givenBack) : givenBack(images);
        const map = errorMap(images, given);
        return fromMaps(gaussianSmoothing(map, smoothing));
      },
      cost: () => ({
        parameters: parameterCount(parameters),
        multiplyAdds: null,
      }),
    };
    function sampled(mean: tf.Tensor4D, logVariance: tf.Tensor4D, random: Random): tf.Tensor4D {
      const [images] = mean.shape;
      const noise = Float32Array.from({ length: images * latent }, () => randomNormal(random));
      const deviation = tf.exp(tf.mul(logVariance, 0.5));
      return tf.add(mean, tf.mul(deviation, tf.tensor4d(noise, [images, 1, 1, latent])));
    }
  },
};

/**
 * null for whole images.
 * @throws ConfigurationError where images have no such patches, or patches are too small to be halved.
 */
function patchGrid({ size, stride }: PatchOptions, { depth }: ConvolutionalOptions, imageSize: Size) {
  if (size === null) {
    if (stride === null) return null;
    throw new ConfigurationError(
      `$.model.patches.stride is ${stride}, and there are no patches: give $.model.patches.size a number, or stride null.`,
    );
  }
  const grid: PatchGrid = { size, stride: stride ?? Math.max(1, Math.round(size / 4)) };
  checkPatchGrid(grid, imageSize);
  if (size < 2 ** depth)
    throw new ConfigurationError(
      `Patches of ${size}x${size} pixels cannot be halved ${depth} times: give $.model.depth a smaller number, or $.model.patches.size a larger one.`,
    );
  return grid;
}

/** Patches from anywhere in the images, in place of them. */
const drawing =
  ({ size }: PatchGrid, perImage: number): NonNullable<TrainStage['augment']> =>
  async (images, random) =>
    images.flatMap((image) => Array.from({ length: perImage }, () => randomPatch(image, random, size)));

/** Mean over the channels of (x − x̂)², `[N, H, W]` (thesis eq. 3.4, a pixel at a time). */
const squaredError = (images: tf.Tensor4D, given: tf.Tensor4D): tf.Tensor3D =>
  tf.mean(tf.square(tf.sub(images, given)), -1);

const dissimilarity = (images: tf.Tensor4D, given: tf.Tensor4D): tf.Tensor3D =>
  tf.sub(1, structuralSimilarity(images, given));

/** ½ Σ (μ² + σ² − 1 − log σ²), the mean over the images (Kingma and Welling 2014, appendix B). */
const divergence = (mean: tf.Tensor4D, logVariance: tf.Tensor4D): tf.Scalar =>
  tf.mul(
    tf.mean(tf.sum(tf.sub(tf.add(tf.square(mean), tf.exp(logVariance)), tf.add(logVariance, 1)), [1, 2, 3])),
    0.5,
  );
