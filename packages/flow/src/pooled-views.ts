/** What DifferNet's flow sees of an image: vectors of features at several sizes, of the image and of turned copies. */
import {
  type Backbone,
  between,
  ConfigurationError,
  type FeaturePyramid,
  namedRandom,
  type Size,
  tf,
} from '@adfw/core';

export interface ViewOptions {
  /** At how many sizes a view is seen: its own, half of it, a quarter, and so on. */
  readonly scales: number;
  /** By how many degrees each view is turned. */
  readonly angles: readonly number[];
}

/** Angles in degrees of the image itself, which is not turned, and of so many views less one within `rotation` to either side. */
export function viewAngles(views: number, rotation: number, seed: number): number[] {
  const random = namedRandom(seed, 'views');
  return Array.from({ length: views }, (_, view) => (view === 0 ? 0 : between(random, -rotation, rotation)));
}

/** The name of a view as a layer. */
const viewName = (view: number): string => `view${view}`;

/**
 * A network whose layers are views of an image instead of its own: `view0` is the image, the others are turned copies of it, whose
 * corners have the mean colour of the network's normalisation. Each is one vector, `[N, 1, 1, C]`: the mean of each channel of each of
 * the network's layers over all positions, at the largest size, then at half of it, and so on. The weights stay the network's.
 * @param size of the images.
 * @throws ConfigurationError for images that are too small for the smallest of the scales.
 */
export function pooledViews(network: Backbone, { scales, angles }: ViewOptions, size: Size): Backbone {
  const sizes = Array.from({ length: scales }, (_, scale): [number, number] => [
    Math.floor(size.height / 2 ** scale),
    Math.floor(size.width / 2 ** scale),
  ]);
  if (sizes.some(([height, width]) => height === 0 || width === 0))
    throw new ConfigurationError(
      `Images of ${size.height}x${size.width} cannot be seen at ${scales} sizes, each half of the one before: give $.model.scales a smaller number, or $.images.size a larger one.`,
    );
  const channels =
    scales * network.layers.reduce((sum, layer) => sum + (network.channels[layer] as number), 0);
  const names = angles.map((_, view) => viewName(view));

  const vectors = (views: tf.Tensor4D): tf.Tensor4D => {
    const pooled: tf.Tensor4D[] = [];
    let scaled = views;
    for (const [scale, target] of sizes.entries()) {
      if (scale > 0) scaled = tf.image.resizeBilinear(scaled, target, false, true);
      const pyramid = network.features(scaled, 'eval');
      for (const layer of network.layers)
        pooled.push(tf.mean<tf.Tensor4D>(pyramid[layer] as tf.Tensor4D, [1, 2], true));
    }
    return tf.concat(pooled, 3);
  };
  const turned = (images: tf.Tensor4D, angle: number): tf.Tensor4D =>
    angle === 0 ? images : tf.image.rotateWithOffset(images, (angle * Math.PI) / 180);
  const { cost } = network;
  return {
    ...network,
    layers: names,
    channels: Object.fromEntries(names.map((name) => [name, channels])),
    features: (images) =>
      tf.tidy(() => {
        // One pass of the network a size: an engine and an export hold its weights once for each pass.
        const all = vectors(
          tf.concat(
            angles.map((angle) => turned(images, angle)),
            0,
          ),
        );
        const views = tf.split<tf.Tensor4D>(all, angles.length, 0);
        return Object.fromEntries(views.map((view, at): [string, tf.Tensor4D] => [viewName(at), view]));
      }),
    ...(cost && {
      cost: () => {
        const costs = sizes.map(([height, width]) => cost({ height, width }));
        const once = costs.reduce<number | null>(
          (sum, { multiplyAdds }) => (sum === null || multiplyAdds === null ? null : sum + multiplyAdds),
          0,
        );
        return {
          parameters: costs[0]?.parameters ?? 0,
          multiplyAdds: once === null ? null : once * angles.length,
        };
      },
    }),
    dispose: () => network.dispose(),
  };
}

/** All views of all images as rows, `[K * N, C]`: those of one view after those of another. */
export const viewRows = (features: FeaturePyramid): tf.Tensor2D => {
  const views = tf.concat(Object.values(features), 0);
  return tf.reshape(views, [-1, views.shape[3]]);
};
