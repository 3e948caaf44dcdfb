import { type Backbone, ConfigurationError, freeze, tf } from '@adfw/core';
import {
  createVariables,
  fromFileLayout,
  initialValues,
  type StateDict,
  type TensorSpec,
} from '@adfw/networks';
import { denseDescriptors } from './dense-descriptors.js';
import { type PatchNetworkOptions, patchLayers, patchNetwork, patchSizeOf } from './patch-network.js';

export interface PatchDescriptorsOptions extends PatchNetworkOptions {
  /** Of `patch17`, `patch33` and `patch65`. */
  readonly layers: readonly string[];
  /** A descriptor for every `stride`-th pixel in both directions; a power of two. */
  readonly stride: number;
  /** Decides the random weights, where there is no `state`. */
  readonly seed: number;
  /** Weights in the layout of weight files; without them the networks start at random. */
  readonly state?: StateDict;
  /** For a teacher: nothing of it may change, which lets an engine compile its weights in. */
  readonly frozen?: boolean;
}

/**
 * Networks that describe the patch around every pixel, one for each size of patches (Bergmann et al. 2020; thesis 4.3.1). Layers
 * are called `patch17`, `patch33` and `patch65`, and each gives `[N, ⌈H / stride⌉, ⌈W / stride⌉, descriptorLength]`; see
 * {@link denseDescriptors}.
 *
 * @throws ConfigurationError for layers it does not have.
 */
export function createPatchDescriptors(options: PatchDescriptorsOptions): Backbone {
  const { layers, stride, seed, state, frozen = false } = options;
  const networks = describeNetworks(layers, options);
  const valuesOf = (spec: TensorSpec) =>
    state
      ? fromFileLayout(spec.shape, (state[spec.name] as StateDict[string]).data)
      : initialValues(spec, seed);
  const { parameters } = createVariables(
    networks.flatMap(({ network }) => network.tensors),
    valuesOf,
    { trainable: !frozen },
  );
  if (frozen) for (const parameter of Object.values(parameters)) freeze(parameter);
  return {
    layers,
    channels: Object.fromEntries(layers.map((layer) => [layer, options.descriptorLength])),
    parameters,
    statistics: {},
    features: (images) =>
      tf.tidy(() =>
        Object.fromEntries(
          networks.map(({ layer, network }) => [
            layer,
            denseDescriptors(network, parameters, images, stride),
          ]),
        ),
      ),
    dispose: () => tf.dispose(parameters),
  };
}

/** @throws ConfigurationError for layers that are none, unknown, or named twice. */
export function describeNetworks(layers: readonly string[], options: PatchNetworkOptions) {
  if (layers.length === 0 || new Set(layers).size < layers.length)
    throw new ConfigurationError(
      `layers must name one or more of ${patchLayers.join(', ')}, each once; found ${layers.join(', ') || 'none'}.`,
    );
  return layers.map((layer) => {
    const size = patchSizeOf(layer);
    if (size === undefined)
      throw new ConfigurationError(
        `There is no layer "${layer}" in patch descriptors; layers may name ${patchLayers.join(', ')}.`,
      );
    return { layer, network: patchNetwork(size, options) };
  });
}
