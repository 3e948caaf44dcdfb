/** The structure of a residual network, without its numbers: which layers, of how many channels, under which names. */
import { ConfigurationError } from '@adfw/core';
import {
  batchNorm,
  classifier,
  convolution,
  identity,
  type Layer,
  relu,
  residual,
  sequence,
  stem,
  type TensorSpec,
} from '../layers/layer.js';
import { layerNames, logitsName, type NetworkShape, outputNames } from './network-shape.js';

export interface Network {
  /** Everything up to the first layer: images `[N, H, W, 3]` to `[N, H/4, W/4, channels]`. */
  readonly stem: Layer;
  /** The layers that are run, from layer1 to the last one wanted, with the channels each gives. */
  readonly layers: readonly { readonly name: string; readonly channels: number; readonly layer: Layer }[];
  /** All tensors, from the image upwards. */
  readonly tensors: readonly TensorSpec[];
}

/**
 * @param wanted the layers whose outputs are wanted, of layer1 to layer4 and logits. What is past the last one is left out.
 * @throws ConfigurationError for layers that are none, unknown, or named twice.
 */
export function describeNetwork(shape: NetworkShape, wanted: readonly string[]): Network {
  const depth = checkLayers(shape, wanted);
  const firstLayers = stem('conv1', 'bn1', shape.stem);
  let inputs = shape.stem;
  const residualLayers = layerNames.map((name, index) => {
    const blocks = shape.layers[name].map(({ inner, outputs }, position) => {
      const stride = position === 0 && index > 0 ? 2 : 1;
      const block = makeBlock[shape.block](`${name}.${position}`, inputs, inner, outputs, stride);
      inputs = outputs;
      return block;
    });
    return { name, channels: inputs, layer: sequence(...blocks) };
  });
  const logits = {
    name: logitsName,
    channels: shape.classes,
    layer: classifier('fc', inputs, shape.classes),
  };
  const layers = [...residualLayers, logits].slice(0, depth);
  return {
    stem: firstLayers,
    layers,
    tensors: [firstLayers, ...layers.map(({ layer }) => layer)].flatMap(({ tensors }) => tensors),
  };
}

/** He et al. 2016, figure 5; the bottleneck's stride is in its 3x3 convolution, as in torchvision ("v1.5"). */
const makeBlock = {
  basic: (name: string, inputs: number, inner: number, outputs: number, stride: number): Layer =>
    residual(
      sequence(
        convolution(`${name}.conv1`, inputs, inner, { size: 3, stride }),
        batchNorm(`${name}.bn1`, inner),
        relu,
        convolution(`${name}.conv2`, inner, outputs, { size: 3 }),
        batchNorm(`${name}.bn2`, outputs, 'residual-scale'),
      ),
      shortcut(name, inputs, outputs, stride),
    ),
  bottleneck: (name: string, inputs: number, inner: number, outputs: number, stride: number): Layer =>
    residual(
      sequence(
        convolution(`${name}.conv1`, inputs, inner, { size: 1 }),
        batchNorm(`${name}.bn1`, inner),
        relu,
        convolution(`${name}.conv2`, inner, inner, { size: 3, stride }),
        batchNorm(`${name}.bn2`, inner),
        relu,
        convolution(`${name}.conv3`, inner, outputs, { size: 1 }),
        batchNorm(`${name}.bn3`, outputs, 'residual-scale'),
      ),
      shortcut(name, inputs, outputs, stride),
    ),
};

/**
 * The identity where it fits, else a projection, which leaves a block's channels free (He et al. 2016, eq. 2; the 1x1
 * convolution in residual connections of thesis chapter 7).
 */
const shortcut = (name: string, inputs: number, outputs: number, stride: number): Layer =>
  inputs === outputs && stride === 1
    ? identity
    : sequence(
        convolution(`${name}.downsample.0`, inputs, outputs, { size: 1, stride }),
        batchNorm(`${name}.downsample.1`, outputs),
      );

/** The number of layers up to the last one wanted. */
function checkLayers({ name: network }: NetworkShape, wanted: readonly string[]): number {
  const has = `${network} has ${outputNames.join(', ')}`;
  if (wanted.length === 0) throw new ConfigurationError(`No layers to take features from: ${has}.`);
  const names: readonly string[] = outputNames;
  const unknown = wanted.find((name) => !names.includes(name));
  if (unknown !== undefined) throw new ConfigurationError(`There is no layer "${unknown}": ${has}.`);
  if (new Set(wanted).size < wanted.length)
    throw new ConfigurationError(`The layers ${wanted.join(', ')} name one layer twice.`);
  return Math.max(...wanted.map((name) => names.indexOf(name))) + 1;
}
