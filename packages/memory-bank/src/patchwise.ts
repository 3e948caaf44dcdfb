import { type Backbone, type FeaturePyramid, tf } from '@adfw/core';

/** Which patches of an image are looked at. */
export interface Patches {
  /** Of a side, in pixels. */
  readonly size: number;
  /** From one to the next, in pixels. */
  readonly stride: number;
}

/** Where patches begin along a side of this length: at every stride, and where the last one ends with the side. */
export function patchStarts(length: number, { size, stride }: Patches): number[] {
  const last = length - size;
  const starts = Array.from({ length: Math.floor(last / stride) + 1 }, (_, i) => i * stride);
  return starts.at(-1) === last ? starts : [...starts, last];
}

/**
 * A network that sees patches instead of the whole image, each on its own: its layers have a position a patch, which holds the mean of
 * the layer's features of the patch. Images must be as large as a patch at least.
 */
export const patchwise = (network: Backbone, patches: Patches): Backbone => ({
  ...network,
  features: (images, mode) =>
    tf.tidy(() => {
      const [count, height, width] = images.shape;
      const [rows, columns] = [patchStarts(height, patches), patchStarts(width, patches)];
      const cut = cutPatches(images, rows, columns, patches.size);
      const pyramid: FeaturePyramid = {};
      for (const [layer, features] of Object.entries(network.features(cut, mode)))
        pyramid[layer] = tf.reshape(tf.mean(features, [1, 2]), [
          count,
          rows.length,
          columns.length,
          features.shape[3],
        ]);
      return pyramid;
    }),
  ...(network.cost && {
    cost: ({ height, width }) => {
      const { size } = patches;
      const { parameters, multiplyAdds } = (network.cost as NonNullable<Backbone['cost']>)({
        height: size,
        width: size,
      });
      const count = patchStarts(height, patches).length * patchStarts(width, patches).length;
      return { parameters, multiplyAdds: multiplyAdds === null ? null : count * multiplyAdds };
    },
  }),
  dispose: () => network.dispose(),
});

/** `[N · rows · columns, size, size, C]`. */
function cutPatches(
  images: tf.Tensor4D,
  rows: readonly number[],
  columns: readonly number[],
  size: number,
): tf.Tensor4D {
  const [count, , , channels] = images.shape;
  const pixels = (starts: readonly number[]) =>
    tf.tensor1d(
      starts.flatMap((start) => Array.from({ length: size }, (_, pixel) => start + pixel)),
      'int32',
    );
  const strips = tf.gather(tf.gather(images, pixels(rows), 1), pixels(columns), 2);
  const grid = tf.reshape<tf.Rank.R6>(strips, [count, rows.length, size, columns.length, size, channels]);
  return tf.reshape(tf.transpose(grid, [0, 1, 3, 2, 4, 5]), [-1, size, size, channels]);
}

/**
 * Maps of the pixels from those of the patches: of the patches that a pixel lies in, the mean.
 * @param maps `[N, rows, columns]`, as {@link patchStarts} says.
 * @returns `[N, H, W]`.
 */
export const meanOfPatches = (
  maps: tf.Tensor3D,
  [height, width]: readonly [height: number, width: number],
  patches: Patches,
): tf.Tensor3D =>
  tf.tidy(() => {
    const rows = tf.matMul(maps, shares(width, patches), false, true);
    return tf.matMul(shares(height, patches), rows) as tf.Tensor3D;
  });

/** `[1, length, patches]`: what a patch counts at a pixel. */
function shares(length: number, patches: Patches): tf.Tensor3D {
  const starts = patchStarts(length, patches);
  const pixels = Array.from({ length }, (_, pixel) => {
    const covers = starts.map((start) => Number(start <= pixel && pixel < start + patches.size));
    const count = covers.reduce((sum, one) => sum + one, 0);
    return covers.map((one) => (count === 0 ? 0 : one / count));
  });
  return tf.tensor3d([pixels]);
}
