import { type Cost, type Mode, parameterCount, type tf } from '@adfw/core';
import { initialValues, type Start } from './initialization.js';
import { type Layer, type MapSize, passOf } from './layer.js';
import { createVariables, type NetworkVariables } from './network-variables.js';

/** A layer, or several in sequence, with variables of its own. */
export interface LayerNetwork extends NetworkVariables {
  /** `[N, H, W, C]` to what the layer gives; `mode` says which statistics batch normalisation takes and whether it moves its own. */
  apply(x: tf.Tensor4D, mode: Mode): tf.Tensor4D;
  /** For one image (or vector, `[1, 1]`) of this size. */
  cost(size: MapSize): Cost & { readonly multiplyAdds: number };
}

/** @param seed decides what its kernels begin with, together with their names. */
export function layerNetwork(layer: Layer, seed: number, start: Start = {}): LayerNetwork {
  const { parameters, statistics } = createVariables(
    layer.tensors,
    (spec) => initialValues(spec, seed, start),
    { trainable: true },
  );
  const variables = { ...parameters, ...statistics };
  return {
    parameters,
    statistics,
    apply: (x, mode) => layer.apply(x, passOf(variables, mode)),
    cost: (size) => ({
      parameters: parameterCount(parameters),
      multiplyAdds: layer.work(size).multiplyAdds,
    }),
  };
}
