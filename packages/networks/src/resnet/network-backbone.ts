import { type Backbone, freeze, tf } from '@adfw/core';
import { calibrate } from '../layers/calibration.js';
import { initialValues, type Start } from '../layers/initialization.js';
import { type Pass, passOf, type TensorSpec } from '../layers/layer.js';
import { createVariables } from '../layers/network-variables.js';
import { fromFileLayout, type StateDict } from '../weights/state-dict.js';
import { checkFits } from './check-fits.js';
import { describeNetwork } from './network.js';
import { networkCost } from './network-cost.js';
import type { NetworkShape } from './network-shape.js';

export interface NetworkOptions extends Start {
  /** The layers whose outputs are wanted, of layer1 to layer4 and logits. Layers past the last one are left out. */
  readonly layers: readonly string[];
  /** Decides the random weights, where there is no `state`. */
  readonly seed: number;
  /** Weights in torchvision's names and layout, as `loadWeights` gives them; without them the network starts at random. */
  readonly state?: StateDict;
  /** Zeros in place of random weights, which take time to draw: for a network whose weights are about to be restored. */
  readonly blank?: boolean;
  /** For a network that stays random: running statistics that fit its weights, from noise (`calibrate`). */
  readonly calibrated?: boolean;
  /** Nothing of it may change, which lets an engine compile its weights in. */
  readonly frozen?: boolean;
}

/**
 * A residual network up to the last of `layers`. Layer k gives `[N, ⌈H / 2ᵏ⁺¹⌉, ⌈W / 2ᵏ⁺¹⌉, channels]`, logits
 * `[N, 1, 1, classes]`. Its variables have torchvision's names and tfjs' layout (kernels `[kh, kw, C, K]`).
 *
 * @throws ConfigurationError for layers it does not have.
 * @throws DataError where `state` lacks a tensor or has one of another shape.
 */
export function createNetwork(shape: NetworkShape, options: NetworkOptions): Backbone {
  const network = describeNetwork(shape, options.layers);
  const { seed, state, blank = false, calibrated = false, frozen = false } = options;
  if (state) checkFits(shape, options.layers, shapesOf(state), 'The state dict');
  const valuesOf = (spec: TensorSpec) => {
    if (blank) return new Float32Array(spec.shape.reduce((product, length) => product * length, 1));
    return state
      ? fromFileLayout(spec.shape, (state[spec.name] as StateDict[string]).data)
      : initialValues(spec, seed, options);
  };

  const { parameters, statistics } = createVariables(network.tensors, valuesOf, { trainable: !frozen });
  const variables = { ...parameters, ...statistics };

  const run = (images: tf.Tensor4D, pass: Pass) => {
    const pyramid: Record<string, tf.Tensor4D> = {};
    let x = network.stem.apply(images, pass);
    for (const { name, layer } of network.layers) {
      x = layer.apply(x, pass);
      if (options.layers.includes(name)) pyramid[name] = x;
    }
    return pyramid;
  };
  if (calibrated) calibrate((images) => run(images, passOf(variables, 'measure')));
  if (frozen) for (const variable of Object.values(variables)) freeze(variable);

  const outputs = network.layers.filter(({ name }) => options.layers.includes(name));
  return {
    layers: outputs.map(({ name }) => name),
    channels: Object.fromEntries(outputs.map(({ name, channels }) => [name, channels])),
    parameters,
    statistics,
    features(images, mode) {
      if (frozen && mode !== 'eval')
        throw new Error('This backbone is frozen: it cannot run in training mode.');
      return tf.tidy(() => run(images, passOf(variables, mode)));
    },
    cost: ({ height, width }) => networkCost(shape, options.layers, [height, width]),
    dispose: () => tf.dispose(variables),
  };
}

const shapesOf = (state: StateDict) =>
  Object.fromEntries(Object.entries(state).map(([name, { shape }]) => [name, shape]));
