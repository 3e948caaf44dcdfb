import { type Backbone, type Size, tf } from '@adfw/core';

/** The shapes of a backbone's maps for images of this size, `[H, W, C]` of each layer. */
export const mapShapes = (backbone: Backbone, { height, width }: Size): [number, number, number][] =>
  tf.tidy(() => {
    const pyramid = backbone.features(tf.zeros<tf.Rank.R4>([1, height, width, 3]), 'eval');
    return backbone.layers.map(
      (layer) => (pyramid[layer] as tf.Tensor4D).shape.slice(1) as [number, number, number],
    );
  });
