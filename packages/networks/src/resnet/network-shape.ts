/** The shape of a residual network as data: every network of this package is one, the standard ResNets among them. */

/** How a residual block is built: two 3x3 convolutions, or a 3x3 one between two 1x1 ones that reduce and restore. */
export type BlockKind = 'basic' | 'bottleneck';

/** The layers of residual blocks, shallow to deep. Layer k gives maps of ⌈H / 2ᵏ⁺¹⌉ by ⌈W / 2ᵏ⁺¹⌉ for images of H by W. */
export const layerNames = ['layer1', 'layer2', 'layer3', 'layer4'] as const;
export type LayerName = (typeof layerNames)[number];

/** The classifier after layer4 as a layer: what it gives for the whole image, `[N, 1, 1, classes]`, before any softmax. */
export const logitsName = 'logits';

/** Every layer that features can be taken from, shallow to deep. */
export const outputNames = [...layerNames, logitsName] as const;

export interface BlockShape {
  /** Channels inside: those of all its convolutions but the last. */
  readonly inner: number;
  /** Channels that it gives. */
  readonly outputs: number;
}

export interface NetworkShape {
  /** What messages call it: `resnet18 of width 16`. */
  readonly name: string;
  readonly block: BlockKind;
  /** Channels of the first convolution, `conv1`. */
  readonly stem: number;
  /** The blocks of each layer, from the image upwards, at least one. The first of layer2 to layer4 has stride 2. */
  readonly layers: Readonly<Record<LayerName, readonly BlockShape[]>>;
  /** How many numbers the classifier gives. */
  readonly classes: number;
}
