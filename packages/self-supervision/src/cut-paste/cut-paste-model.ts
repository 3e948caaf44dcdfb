/** CutPaste (Li et al. 2021): a network learns to tell images from those with a pasted piece; a Gaussian of what it gives is the model. */
import {
  type Backbone,
  ConfigurationError,
  type ContextOf,
  checkPatchGrid,
  combinedMap,
  DataError,
  disposingOnError,
  type FeaturePyramid,
  fromMaps,
  type GatherStage,
  gaussianDistances,
  gridShape,
  held,
  imagenetNormalization,
  joined,
  type Learner,
  layersOption,
  type Make,
  type Mode,
  type Model,
  networkState,
  type Part,
  type PatchGrid,
  type RgbImage,
  randomPatch,
  type ShrunkGaussian,
  type Size,
  shrunkGaussian,
  slot,
  type Training,
  type TrainStage,
  tf,
  trainedBy,
  trainingOption,
  variablesState,
} from '@adfw/core';
import { crossEntropy } from '../cross-entropy.js';
import { checkPasteSize, cutPaste, cutPasteScar } from './cut-paste.js';
import { drawnPatches, gatheredVectors } from './gathered-vectors.js';
import { patchMap, patchStrips } from './patch-grid.js';
import { type ProjectionHead, projectionHead } from './projection-head.js';

interface CutPasteModelOptions {
  readonly backbone: Make<'backbone'>;
  readonly layers: readonly string[];
  readonly variant: keyof typeof variants;
  readonly jitter: number;
  readonly head: readonly number[];
  readonly headEpochs: number;
  readonly localization: 'none' | 'grad-cam' | 'patches';
  readonly patches: PatchGrid;
  readonly training: Training;
}

/** What the classes are beside the images themselves. */
const variants = {
  binary: [cutPaste],
  scar: [cutPasteScar],
  '3-way': [cutPaste, cutPasteScar],
} as const;

export const cutPastePart: Part<'model'> = {
  kind: 'model',
  name: 'cut-paste',
  summary: 'A network that tells images from images with a pasted piece, and a Gaussian of its features.',
  reference: 'Li et al. 2021, "CutPaste: Self-Supervised Learning for Anomaly Detection and Localization"',
  options: {
    backbone: slot('backbone', 'The network that learns.', {
      default: { type: 'resnet18', weights: 'imagenet' },
      pretrained: true,
    }),
    layers: layersOption(['layer4'], 'The layers whose means over all positions describe an image.'),
    variant: {
      enum: Object.keys(variants),
      default: '3-way',
      description:
        'What images are told from: those with a rectangle pasted (binary), with a thin, turned one (scar), or both as classes of their own (3-way).',
    },
    jitter: {
      type: 'number',
      minimum: 0,
      maximum: 1,
      default: 0.1,
      description: 'By which share brightness, contrast and saturation of what is pasted change at most.',
    },
    head: {
      type: 'array',
      items: { type: 'integer', minimum: 1 },
      default: [512, 128],
      description:
        'Widths of the projection head between the features and the classes; it serves training alone.',
    },
    headEpochs: {
      type: 'integer',
      minimum: 0,
      default: 2,
      description: 'Epochs in which the head alone learns before the network does.',
    },
    localization: {
      enum: ['none', 'grad-cam', 'patches'],
      default: 'none',
      description:
        'Whether there is an anomaly map: none; where the features are that the score grows with (grad-cam); or the scores of patches, on which the network is then trained (patches).',
    },
    patches: {
      type: 'object',
      additionalProperties: false,
      description: 'What patches an image has, where `localization` is `patches`.',
      properties: {
        size: { type: 'integer', minimum: 1, default: 64, description: 'Their height and width, in pixels.' },
        stride: {
          type: 'integer',
          minimum: 1,
          default: 16,
          description:
            'From one to the next, in pixels. The paper has 4, which is 2,401 passes of the network for an image of 256x256.',
        },
      },
    },
    training: trainingOption({
      epochs: 256,
      optimizer: { type: 'sgd', learningRate: 0.03, momentum: 0.9, weightDecay: 0.00003 },
    }),
  },
  create: (given: CutPasteModelOptions, context) =>
    disposingOnError((keep) => createCutPaste(given, context, keep)),
};

async function createCutPaste(
  options: CutPasteModelOptions,
  { seed, imageSize }: ContextOf<'model'>,
  keep: <T extends { dispose(): void }>(value: T) => T,
): Promise<Model> {
  const { layers, variant, localization } = options;
  const grid = localization === 'patches' ? options.patches : null;
  checkSizes(grid, imageSize);
  const network = keep(await options.backbone({ layers, frozen: false }));
  if (localization === 'grad-cam') checkPositions(network, imageSize);
  const size = layers.reduce((sum, layer) => sum + (network.channels[layer] as number), 0);
  const head = projectionHead(size, options.head, variants[variant].length + 1, seed);
  const density = held('mean', 'whitening');
  const gaussian = (): ShrunkGaussian => ({
    mean: density.get('mean'),
    whitening: density.get('whitening'),
  });
  /** Directions of features, `[N, ΣCk]`. */
  const directions = (features: FeaturePyramid) => unit(pooled(features, layers));
  const seen = (images: tf.Tensor4D) => network.features(images, 'eval');
  const embedded = (images: tf.Tensor4D) => directions(seen(images));
  return {
    ...joined({
      network: networkState(network),
      head: variablesState({ ...head.parameters, ...head.statistics }),
      density,
    }),
    normalization: network.normalization ?? imagenetNormalization,
    stages: [
      enoughImages,
      ...(await classifierStages(options, network, head, grid)),
      {
        name: 'density',
        async gather(batches, context) {
          const vectors = await gatheredVectors(
            batches,
            grid ? (image, index) => drawnPatches(image, grid, { ...context, index }) : null,
            embedded,
          );
          try {
            density.set({ ...(await shrunkGaussian(vectors)) });
          } finally {
            vectors.dispose();
          }
        },
      },
    ],
    detect({ images }) {
      const [count, height, width] = images.shape;
      if (grid) {
        const size = { height, width };
        const [, columns] = gridShape(size, grid);
        const strips = patchStrips(images, grid).map(({ rows, patches }) =>
          tf.reshape<tf.Rank.R3>(gaussianDistances(embedded(patches()), gaussian()), [count, rows, columns]),
        );
        return fromMaps(patchMap(tf.concat(strips, 1), size, grid));
      }
      const features = seen(images);
      return {
        scores: gaussianDistances(directions(features), gaussian()),
        maps:
          localization === 'grad-cam'
            ? combinedMap(gradCam(features, layers, gaussian()), [height, width], { combine: 'sum' })
            : null,
      };
    },
    cost: () => ({
      parameters: (network.cost?.(imageSize).parameters ?? 0) + size * (size + 1),
      multiplyAdds: null,
    }),
  };
}

/** Looks at no image: too few are refused before anything is trained. */
const enoughImages: GatherStage = {
  name: 'count',
  gather: async (_batches, { total }) => {
    if (total < 2)
      throw new DataError(
        'CutPaste needs at least 2 nominal images to train on, for a covariance of them; there is 1.',
      );
  },
};

/** The head alone, then the network with it, learn to tell images, or patches of them, from those with a pasted piece. */
async function classifierStages(
  { layers, variant, jitter, headEpochs, training }: CutPasteModelOptions,
  network: Backbone,
  head: ProjectionHead,
  grid: PatchGrid | null,
): Promise<TrainStage[]> {
  const pastes = variants[variant];
  const augment = async (images: readonly RgbImage[], random: () => number): Promise<RgbImage[]> => {
    const wholes = grid ? images.map((image) => randomPatch(image, random, grid.size)) : images;
    return [...wholes, ...pastes.flatMap((paste) => wholes.map((image) => paste(image, random, { jitter })))];
  };
  /** Which class an image is of its place in the batch says: N of each, one class after another. */
  const loss = (images: tf.Tensor4D, networkMode: Mode, mode: Mode): tf.Scalar =>
    tf.tidy(() => {
      const logits = head.logits(pooled(network.features(images, networkMode), layers), mode);
      return crossEntropy(logits, classOfPlace(logits.shape));
    });
  const whole: Learner = {
    name: 'network',
    parameters: { ...network.parameters, ...prefixedNames(head.parameters) },
    statistics: { ...network.statistics, ...prefixedNames(head.statistics) },
    optimizer: await training.optimizer(),
    loss: ({ images }, mode) => loss(images, mode, mode),
  };
  const headAlone: Learner = {
    name: 'head',
    parameters: head.parameters,
    statistics: head.statistics,
    optimizer: await training.optimizer(),
    loss: ({ images }, mode) => loss(images, 'eval', mode),
  };
  const classifier: TrainStage = {
    name: 'classifier',
    ...trainedBy(training),
    keep: 'last',
    augment,
    learners: [whole],
  };
  if (headEpochs === 0) return [classifier];
  return [{ name: 'head', epochs: headEpochs, keep: 'last', augment, learners: [headAlone] }, classifier];
}

/** Before any work. @throws ConfigurationError where images, or patches of them, are too small. */
function checkSizes(grid: PatchGrid | null, imageSize: Size): void {
  if (!grid) {
    checkPasteSize(imageSize, 'Images', '$.images.size');
    return;
  }
  checkPatchGrid(grid, imageSize);
  checkPasteSize({ height: grid.size, width: grid.size }, 'Patches', '$.model.patches.size');
}

const prefixedNames = (variables: ProjectionHead['parameters']) =>
  Object.fromEntries(Object.entries(variables).map(([name, value]) => [`head.${name}`, value]));

/** Each layer's mean over its positions, one layer after another: `[N, ΣCk]`. */
const pooled = (features: FeaturePyramid, layers: readonly string[]): tf.Tensor2D =>
  tf.concat(
    layers.map((layer) => tf.mean<tf.Tensor2D>(features[layer] as tf.Tensor4D, [1, 2])),
    1,
  );

/** N of each class, one class after another: the number of its class of each row of logits `[classes · N, classes]`. */
const classOfPlace = ([count, classes]: readonly [number, number]): number[] =>
  Array.from({ length: count }, (_, index) => Math.floor((index * classes) / count));

const norms = (vectors: tf.Tensor2D): tf.Tensor2D =>
  tf.sqrt(tf.add(tf.sum<tf.Tensor2D>(tf.square(vectors), 1, true), 1e-12));

/** v / ‖v‖ of each vector. */
const unit = (vectors: tf.Tensor2D): tf.Tensor2D => tf.div(vectors, norms(vectors));

/**
 * Grad-CAM (Selvaraju et al. 2017, eqs. 1 and 2) of the squared distance d² of u = v / ‖v‖, v being the mean of the features over their
 * positions: relu(Σ_c α_c A_c) of each layer, with α = ∂d²/∂v = (I − u uᵀ) g / ‖v‖ and g = 2 V Vᵀ (u − μ).
 * @returns maps `[N, Hk, Wk]` of each layer.
 */
export function gradCam(
  features: FeaturePyramid,
  layers: readonly string[],
  { mean, whitening }: ShrunkGaussian,
): tf.Tensor3D[] {
  const vectors = pooled(features, layers);
  const direction = unit(vectors);
  const whitened = tf.matMul(tf.sub<tf.Tensor2D>(direction, mean), whitening);
  const gradient = tf.mul<tf.Tensor2D>(tf.matMul(whitened, whitening, false, true), 2);
  const along = tf.mul(direction, tf.sum(tf.mul(gradient, direction), 1, true));
  const weights = tf.div<tf.Tensor2D>(tf.sub(gradient, along), norms(vectors));
  let start = 0;
  return layers.map((layer) => {
    const maps = features[layer] as tf.Tensor4D;
    const [count, , , channels] = maps.shape;
    const own = tf.reshape(tf.slice(weights, [0, start], [count, channels]), [count, 1, 1, channels]);
    start += channels;
    return tf.relu(tf.sum<tf.Tensor3D>(tf.mul(maps, own), -1));
  });
}

/** @throws ConfigurationError where a layer has one position: there the map is 0. */
function checkPositions(network: Backbone, { height, width }: ContextOf<'model'>['imageSize']): void {
  tf.tidy(() => {
    const features = network.features(tf.zeros([1, height, width, 3]), 'eval');
    for (const layer of network.layers) {
      const [, rows, columns] = (features[layer] as tf.Tensor4D).shape;
      if (rows * columns < 2)
        throw new ConfigurationError(
          `For images of ${height}x${width} the layer ${layer} has a single position, and Grad-CAM could not say where: give $.images.size a larger number, or take earlier layers.`,
        );
    }
  });
}
