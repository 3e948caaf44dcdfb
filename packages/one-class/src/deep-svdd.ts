/** Deep SVDD (Ruff et al. 2018, "Deep One-Class Classification"; thesis eqs. 3.2 and 3.3). */
import {
  ConfigurationError,
  type ContextOf,
  combinedMap,
  DataError,
  type GatherStage,
  held,
  imagenetNormalization,
  joined,
  type Make,
  type Model,
  type Part,
  parameterCount,
  type Seen,
  type Stage,
  type Training,
  tf,
  trainedBy,
  trainingOption,
  variablesState,
} from '@adfw/core';
import {
  type BiasFreeNetwork,
  type BiasFreeOptions,
  biasFreeNetwork,
  decoderOf,
} from './bias-free-network.js';

interface DeepSvddOptions extends BiasFreeOptions {
  readonly boundary: 'hard' | 'soft';
  readonly nu: number;
  readonly warmUp: number;
  readonly pretraining: { readonly epochs: number; readonly optimizer: Make<'optimizer'> };
  readonly training: Training;
}

const adam = { type: 'adam', learningRate: 0.0001, weightDecay: 5e-7 };

export const deepSvddPart: Part<'model'> = {
  kind: 'model',
  name: 'deep-svdd',
  summary: 'A network that draws nominal images together around a centre; the distance from it is the score.',
  reference: 'Ruff et al. 2018, "Deep One-Class Classification"; thesis eqs. 3.2 and 3.3',
  options: {
    depth: {
      type: 'integer',
      minimum: 1,
      maximum: 8,
      default: 4,
      description: 'How often the network halves height and width.',
    },
    width: {
      type: 'integer',
      minimum: 1,
      default: 32,
      description:
        'Its channels after the first halving; each further one doubles them, up to four times as many.',
    },
    latent: { type: 'integer', minimum: 1, default: 128, description: 'Numbers in what it gives.' },
    dense: {
      type: 'boolean',
      default: false,
      description:
        'Whether every position of the smallest maps is drawn to the centre, so that there is an anomaly map, and not the image as a whole.',
    },
    boundary: {
      enum: ['hard', 'soft'],
      default: 'hard',
      description:
        'Whether all distances count (eq. 3.3), or those beyond a radius that is set to a quantile of them, and the radius (eq. 3.2).',
    },
    nu: {
      type: 'number',
      exclusiveMinimum: 0,
      maximum: 1,
      default: 0.1,
      description:
        'ν: the share of nominal images that may lie beyond the radius, where the boundary is soft.',
    },
    warmUp: {
      type: 'integer',
      minimum: 0,
      default: 10,
      description:
        'How many epochs the radius stays 0, where the boundary is soft; from then on each step sets it.',
    },
    pretraining: {
      type: 'object',
      additionalProperties: false,
      description:
        'How the network first learns to give images back through a decoder, which is thrown away.',
      properties: {
        epochs: {
          type: 'integer',
          minimum: 0,
          default: 50,
          description: 'How often each training image is seen; 0 for no pretraining.',
        },
        optimizer: { part: 'optimizer', description: 'What moves the parameters.', default: adam },
      },
    },
    training: trainingOption({ epochs: 150, optimizer: adam }),
  },
  create: createDeepSvdd,
};

/** Components of the centre nearer to 0 are moved away: where it is 0, weights of 0 would be the best of all (proposition 1). */
const LEAST_COMPONENT = 0.1;

async function createDeepSvdd(
  { boundary, nu, warmUp, pretraining, training, ...options }: DeepSvddOptions,
  { seed, imageSize }: ContextOf<'model'>,
): Promise<Model> {
  const isSoft = boundary === 'soft';
  if (isSoft && warmUp >= training.epochs)
    throw new ConfigurationError(
      `The radius of the soft boundary would never be set: $.model.warmUp is ${warmUp}, and $.model.training.epochs ${training.epochs}. Give warmUp a smaller number, or epochs a larger one.`,
    );
  const network = biasFreeNetwork(imageSize, options, seed);
  const decoder = pretraining.epochs > 0 ? decoderOf(imageSize, options, seed) : null;
  const centre = held('centre');
  const radius = tf.tidy(() => tf.variable(tf.scalar(0), false));
  /** ‖f(x) − c‖² at each position, `[N, h, w]`. */
  const distances = ({ images }: Seen, mode: 'train' | 'measure' | 'eval'): tf.Tensor3D =>
    tf.sum(tf.square(tf.sub(network.embed(images, mode), centre.get('centre'))), -1);
  const stages: Stage[] = [
    ...(decoder
      ? [
          {
            name: 'pretraining',
            epochs: pretraining.epochs,
            learners: [
              {
                name: 'autoencoder',
                parameters: {
                  ...network.parameters,
                  ...Object.fromEntries(
                    Object.entries(decoder.parameters).map(([name, value]) => [`decoder.${name}`, value]),
                  ),
                },
                statistics: network.statistics,
                optimizer: await pretraining.optimizer(),
                loss: ({ images }: Seen, mode: 'train' | 'measure' | 'eval') =>
                  tf.mean<tf.Scalar>(tf.square(tf.sub(decoder.decode(network.embed(images, mode)), images))),
              },
            ],
          },
        ]
      : []),
    centreStage(network, centre.set),
    {
      name: 'one-class',
      learners: [
        {
          name: 'network',
          parameters: network.parameters,
          statistics: { ...network.statistics, ...(isSoft && { radius }) },
          optimizer: await training.optimizer(),
          loss: (seen, mode, _random, progress) =>
            tf.tidy(() => {
              const all = distances(seen, mode);
              if (!isSoft) return tf.mean<tf.Scalar>(all);
              const square = tf.square(radius);
              // For the next step: this one's loss has the radius as it was, as in the published code.
              if (mode !== 'eval' && progress > warmUp / training.epochs) radius.assign(radiusOf(all, nu));
              return tf.add(square, tf.div(tf.mean(tf.relu(tf.sub(all, square))), nu)) as tf.Scalar;
            }),
        },
      ],
      ...trainedBy(training),
    },
    collapseStage(network),
  ];
  return {
    ...joined({
      network: variablesState({ ...network.parameters, ...network.statistics }),
      constants: variablesState(network.constants),
      decoder: decoder && variablesState(decoder.parameters),
      centre,
      boundary: variablesState({ radius }),
    }),
    normalization: imagenetNormalization,
    stages,
    detect: (seen) => {
      const all = distances(seen, 'eval');
      const beyond = isSoft ? tf.sub<tf.Tensor3D>(all, tf.square(radius)) : all;
      const scores = tf.max<tf.Tensor1D>(beyond, [1, 2]);
      const { shape } = seen.images;
      return { scores, maps: options.dense ? combinedMap([beyond], [shape[1], shape[2]]) : null };
    },
    cost: () => ({
      parameters: parameterCount(network.parameters),
      multiplyAdds: null,
    }),
  };
}

/**
 * R: the (1 − ν)-quantile of the distances, which solves eq. 3.2 for it while the network stands still (Ruff et al. 2018, section 3.3);
 * as numpy's, between two neighbours in proportion.
 * @param squares of the distances, any shape.
 */
export function radiusOf(squares: tf.Tensor, nu: number): tf.Scalar {
  return tf.tidy(() => {
    const last = squares.size - 1;
    const place = last * (1 - nu);
    const below = Math.floor(place);
    const above = Math.min(below + 1, last);
    // In descending order what is `below` from the smallest is the last of these.
    const largest = tf.sqrt(tf.topk(tf.reshape(squares, [-1]), last - below + 1).values);
    const at = (index: number) => tf.reshape(tf.slice(largest, [last - index], [1]), []) as tf.Scalar;
    const part = place - below;
    return tf.add<tf.Scalar>(tf.mul(at(below), 1 - part), tf.mul(at(above), part));
  });
}

/** c: the mean of what the network gives for nominal images, before it is trained. */
const centreStage = (
  network: BiasFreeNetwork,
  set: (tensors: { readonly centre: tf.Tensor }) => void,
): GatherStage => ({
  name: 'centre',
  async gather(batches, { total }) {
    let sum: Float64Array | null = null;
    for await (const { images } of batches) {
      const means = tf.tidy(() => tf.sum(tf.mean(network.embed(images, 'eval'), [1, 2]), 0));
      const values = await means.data();
      means.dispose();
      sum ??= new Float64Array(values.length);
      for (const [index, value] of values.entries()) sum[index] = (sum[index] as number) + value / total;
    }
    const away = Float32Array.from(sum ?? [], (value) =>
      Math.abs(value) < LEAST_COMPONENT ? (value < 0 ? -LEAST_COMPONENT : LEAST_COMPONENT) : value,
    );
    set({ centre: tf.tensor1d(away) });
  },
});

/** Below this share of its length what the network gives does not vary. */
const LEAST_VARIATION = 1e-4;

/** Refuses a network that gives the same for all images. */
const collapseStage = (network: BiasFreeNetwork): GatherStage => ({
  name: 'collapse',
  async gather(batches, { total }) {
    const lengths: number[] = [];
    let sum: Float64Array | null = null;
    for await (const { images } of batches) {
      const [means, squares] = tf.tidy(() => {
        const embedded = network.embed(images, 'eval');
        return [tf.sum(tf.mean(embedded, [1, 2]), 0), tf.mean(tf.sum(tf.square(embedded), -1), [1, 2])];
      }) as [tf.Tensor, tf.Tensor];
      const values = await means.data();
      lengths.push(...(await squares.data()));
      tf.dispose([means, squares]);
      sum ??= new Float64Array(values.length);
      for (const [index, value] of values.entries()) sum[index] = (sum[index] as number) + value / total;
    }
    const square = lengths.reduce((all, length) => all + length, 0) / total;
    const ofMean = (sum ?? new Float64Array()).reduce((all, value) => all + value * value, 0);
    if (total > 1 && square - ofMean < LEAST_VARIATION ** 2 * square)
      throw new DataError(
        'The network of Deep SVDD has collapsed: it gives the same for all nominal images, and would for any. Train it for fewer epochs, or with a lower learningRate, or pretrain it longer.',
      );
  },
});
