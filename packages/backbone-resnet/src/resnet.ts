import { type Backbone, freeze, tf } from '@adfw/core';
import type { ResNetArchitecture } from './architectures.js';
import { calibrate } from './calibration.js';
import { initialValues } from './initialization.js';
import type { Pass, TensorSpec } from './layer.js';
import { describeNetwork, type NetworkOptions } from './network.js';
import { checkFits } from './weights/fit.js';
import { fromFileLayout, type StateDict } from './weights/state-dict.js';

export interface ResNetOptions extends NetworkOptions {
  /** Decides the random weights, where there is no `state`. */
  readonly seed: number;
  /** Weights in torchvision's names and layout, as `loadWeights` gives them; without them the network starts at random. */
  readonly state?: StateDict;
  /** For a network that stays random: running statistics that fit its weights, from noise ({@link calibrate}). */
  readonly calibrated?: boolean;
  /** For a teacher: nothing of it may change, which lets an engine compile its weights in. */
  readonly frozen?: boolean;
}

/**
 * A ResNet without its classifier, up to the last of `layers` (He et al. 2016, "Deep Residual Learning for Image
 * Recognition"). Layer k gives `[N, ⌈H / 2ᵏ⁺¹⌉, ⌈W / 2ᵏ⁺¹⌉, channels]`. Its variables have torchvision's names and tfjs' layout
 * (kernels `[kh, kw, C, K]`).
 *
 * @throws ConfigurationError for layers it does not have.
 * @throws DataError where `state` lacks a tensor or has one of another shape.
 */
export function createResNet(architecture: ResNetArchitecture, options: ResNetOptions): Backbone {
  const network = describeNetwork(architecture, options);
  const { seed, state, calibrated = false, frozen = false } = options;
  if (state) checkFits(architecture, options, shapesOf(state), 'The state dict');
  const valuesOf = (spec: TensorSpec) =>
    state
      ? fromFileLayout(spec.shape, (state[spec.name] as StateDict[string]).data)
      : initialValues(spec, seed);

  const variablesOf = (specs: readonly TensorSpec[], trainable: boolean) =>
    Object.fromEntries(specs.map((spec) => [spec.name, variable(valuesOf(spec), spec.shape, trainable)]));
  const isStatistic = ({ role }: TensorSpec) => role === 'mean' || role === 'variance';
  const parameters = variablesOf(
    network.tensors.filter((spec) => !isStatistic(spec)),
    !frozen,
  );
  const statistics = variablesOf(network.tensors.filter(isStatistic), false);
  const variables = { ...parameters, ...statistics };

  const run = (images: tf.Tensor4D, pass: Omit<Pass, 'variables'>) => {
    const pyramid: Record<string, tf.Tensor4D> = {};
    let x = network.stem.apply(images, { variables, ...pass });
    for (const { name, layer } of network.layers) {
      x = layer.apply(x, { variables, ...pass });
      if (options.layers.includes(name)) pyramid[name] = x;
    }
    return pyramid;
  };
  if (calibrated) calibrate((images) => run(images, { mode: 'train', momentum: 1 }));
  if (frozen) for (const variable of Object.values(variables)) freeze(variable);

  const outputs = network.layers.filter(({ name }) => options.layers.includes(name));
  return {
    layers: outputs.map(({ name }) => name),
    channels: Object.fromEntries(outputs.map(({ name, channels }) => [name, channels])),
    parameters,
    statistics,
    features(images, mode) {
      if (frozen && mode === 'train')
        throw new Error('This backbone is frozen: it cannot run in training mode.');
      return tf.tidy(() => run(images, { mode }));
    },
    dispose: () => tf.dispose(variables),
  };
}

const variable = (values: Float32Array, shape: readonly number[], trainable: boolean): tf.Variable =>
  tf.tidy(() => tf.variable(tf.tensor(values, [...shape]), trainable));

const shapesOf = (state: StateDict) =>
  Object.fromEntries(Object.entries(state).map(([name, { shape }]) => [name, shape]));
