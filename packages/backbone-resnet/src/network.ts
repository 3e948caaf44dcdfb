/** The structure of a ResNet, without its numbers: which layers, of how many channels, under which names. */
import { ConfigurationError } from '@adfw/core';
import { architectures, type LayerName, layerNames, type ResNetArchitecture } from './architectures.js';
import {
  batchNorm,
  convolution,
  identity,
  type Layer,
  relu,
  residual,
  sequence,
  stem,
  type TensorSpec,
} from './layer.js';

/** Channels of the standard networks at conv1 and layer1; all other widths are multiples of it. */
export const STANDARD_WIDTH = 64;

export interface NetworkOptions {
  /** The layers whose outputs are wanted, a subset of layer1 to layer4. Layers past the last one are left out. */
  readonly layers: readonly string[];
  /** Channels of conv1 and layer1, {@link STANDARD_WIDTH} by default. */
  readonly width?: number;
  /** Channels inside the blocks of a layer (what their first convolution gives), where they are not the standard ones. */
  readonly innerChannels?: Readonly<Partial<Record<LayerName, number>>>;
}

export interface Network {
  /** Everything up to the first layer: images `[N, H, W, 3]` to `[N, H/4, W/4, width]`. */
  readonly stem: Layer;
  /** The layers that are run, from layer1 to the last one wanted, with the channels each gives. */
  readonly layers: readonly { readonly name: LayerName; readonly channels: number; readonly layer: Layer }[];
  /** All tensors, from the image upwards. */
  readonly tensors: readonly TensorSpec[];
}

/** @throws ConfigurationError for layers that are none, unknown, or named twice. */
export function describeNetwork(architecture: ResNetArchitecture, options: NetworkOptions): Network {
  const { block, blocks, innerFactor } = architectures[architecture];
  const { layers: wanted, width = STANDARD_WIDTH, innerChannels = {} } = options;
  const depth = checkLayers(architecture, wanted);

  const firstLayers = stem('conv1', 'bn1', width);
  let inputs = width;
  const layers = layerNames.slice(0, depth).map((name, index) => {
    const planes = width * 2 ** index;
    const inner = innerChannels[name] ?? planes * innerFactor;
    const outputs = block === 'basic' ? planes : planes * 4;
    const layer = sequence(
      ...Array.from({ length: blocks[index] as number }, (_, position) =>
        makeBlock[block](
          `${name}.${position}`,
          position === 0 ? inputs : outputs,
          inner,
          outputs,
          position === 0 && index > 0 ? 2 : 1,
        ),
      ),
    );
    inputs = outputs;
    return { name, channels: outputs, layer };
  });
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
        batchNorm(`${name}.bn2`, outputs),
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
        batchNorm(`${name}.bn3`, outputs),
      ),
      shortcut(name, inputs, outputs, stride),
    ),
};

/** The identity where it fits, else a projection. */
const shortcut = (name: string, inputs: number, outputs: number, stride: number): Layer =>
  inputs === outputs && stride === 1
    ? identity
    : sequence(
        convolution(`${name}.downsample.0`, inputs, outputs, { size: 1, stride }),
        batchNorm(`${name}.downsample.1`, outputs),
      );

/** The number of layers up to the last one wanted. */
function checkLayers(architecture: ResNetArchitecture, wanted: readonly string[]): number {
  const has = `${architecture} has ${layerNames.join(', ')}`;
  if (wanted.length === 0) throw new ConfigurationError(`No layers to take features from: ${has}.`);
  const positions = wanted.map((name) => {
    const position = layerNames.indexOf(name as LayerName);
    if (position < 0) throw new ConfigurationError(`There is no layer "${name}": ${has}.`);
    return position;
  });
  if (new Set(positions).size < positions.length)
    throw new ConfigurationError(`The layers ${wanted.join(', ')} name one layer twice.`);
  return Math.max(...positions) + 1;
}
