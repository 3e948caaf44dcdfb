import { type FeaturePyramid, namedRandom, tf } from '@adfw/core';

/** Of each layer the channels that are taken, in order. */
export type ChannelChoice = Readonly<Record<string, readonly number[]>>;

/**
 * `dimensions` of all layers' channels, at random and each at most once; all of them where there are no more. They depend on the
 * seed and the number of channels alone.
 */
export function chooseChannels(
  layers: readonly string[],
  channels: Readonly<Record<string, number>>,
  dimensions: number,
  seed: number,
): ChannelChoice {
  const all = layers.flatMap((layer) =>
    Array.from({ length: channels[layer] as number }, (_, channel) => ({ layer, channel })),
  );
  const random = namedRandom(seed, 'channels');
  const keys = all.map((which) => ({ which, key: random() }));
  const chosen = new Set(
    keys
      .sort((one, other) => one.key - other.key)
      .slice(0, dimensions)
      .map(({ which }) => which),
  );
  return Object.fromEntries(
    layers.map((layer) => [
      layer,
      all.filter((which) => which.layer === layer && chosen.has(which)).map(({ channel }) => channel),
    ]),
  );
}

/**
 * The vector that describes each position of the largest layer: the chosen channels of all layers there. Smaller layers are brought
 * to its size by repeating each of their positions.
 * @returns `[N, h, w, D]`.
 */
export function positionVectors(features: FeaturePyramid, choice: ChannelChoice): tf.Tensor4D {
  return tf.tidy(() => {
    const sizes = Object.keys(choice).map((layer) => (features[layer] as tf.Tensor4D).shape);
    const size: [number, number] = [
      Math.max(...sizes.map(([, height]) => height)),
      Math.max(...sizes.map(([, , width]) => width)),
    ];
    const parts = Object.entries(choice)
      .filter(([, channels]) => channels.length > 0)
      .map(([layer, channels]) =>
        resized(tf.gather(features[layer] as tf.Tensor4D, tf.tensor1d([...channels], 'int32'), 3), size),
      );
    return tf.concat(parts, 3);
  });
}

const resized = (maps: tf.Tensor4D, size: [number, number]): tf.Tensor4D =>
  maps.shape[1] === size[0] && maps.shape[2] === size[1] ? maps : tf.image.resizeNearestNeighbor(maps, size);
