import { type Mode, tf } from '@adfw/core';
import {
  batchNorm,
  classifier,
  convolution,
  createVariables,
  initialValues,
  passOf,
  relu,
  sequence,
} from '@adfw/networks';

/** Fully connected layers, each with batch normalisation and ReLU, and a last one that gives the classes. */
export interface ProjectionHead {
  readonly parameters: Readonly<Record<string, tf.Variable>>;
  readonly statistics: Readonly<Record<string, tf.Variable>>;
  /** `[N, D]` to `[N, classes]`. */
  logits(vectors: tf.Tensor2D, mode: Mode): tf.Tensor2D;
}

/** Its tensors are `0.weight`, `0.norm.weight`, …, `classes.weight`, `classes.bias`; matrices are kernels of 1x1. */
export function projectionHead(
  inputs: number,
  widths: readonly number[],
  classes: number,
  seed: number,
): ProjectionHead {
  const from = [inputs, ...widths];
  const layers = sequence(
    ...widths.flatMap((width, level) => [
      convolution(`${level}`, from[level] as number, width, { size: 1 }),
      batchNorm(`${level}.norm`, width),
      relu,
    ]),
    classifier('classes', from.at(-1) as number, classes),
  );
  const { parameters, statistics } = createVariables(layers.tensors, (spec) => initialValues(spec, seed), {
    trainable: true,
  });
  const variables = { ...parameters, ...statistics };
  return {
    parameters,
    statistics,
    logits: (vectors, mode) => {
      const [count, size] = vectors.shape;
      const given = layers.apply(
        tf.reshape<tf.Rank.R4>(vectors, [count, 1, 1, size]),
        passOf(variables, mode),
      );
      return tf.reshape<tf.Rank.R2>(given, [count, classes]);
    },
  };
}
