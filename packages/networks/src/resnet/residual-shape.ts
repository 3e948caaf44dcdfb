import { ConfigurationError } from '@adfw/core';
import {
  type BlockKind,
  type BlockShape,
  type LayerName,
  layerNames,
  type NetworkShape,
} from './network-shape.js';

/** One number for every block of a layer, or one for each. */
export type PerBlock = number | readonly number[];

/** A residual network of any shape; what is left out follows from the rest. */
export interface ResidualShapeOptions {
  /** Channels of the stem and of layer1; each layer after it gives twice as many. */
  readonly width: number;
  readonly block: BlockKind;
  /** Blocks of a layer; as many as a list in the other options has, or one. */
  readonly blocks?: Readonly<Partial<Record<LayerName, number>>>;
  /** Channels that the stem or a layer gives, where they are not those of `width`. */
  readonly channels?: Readonly<Partial<Record<LayerName, PerBlock>>> & { readonly stem?: number };
  /** Channels inside blocks, where they are not as many as the block gives (bottleneck: a quarter). */
  readonly innerChannels?: Readonly<Partial<Record<LayerName, PerBlock>>>;
  readonly classes: number;
}

/**
 * The shape that the options describe. Every channel count is free, as a block's residual connection gets a 1x1 convolution
 * where its input and output differ (thesis chapter 7).
 *
 * @throws ConfigurationError where lists and `blocks` disagree on the number of a layer's blocks.
 */
export function residualShape({
  width,
  block,
  blocks = {},
  channels = {},
  innerChannels = {},
  classes,
}: ResidualShapeOptions): NetworkShape {
  const layers = layerNames.map((name, index) => {
    const outputs = channels[name] ?? width * 2 ** index;
    const inner = innerChannels[name];
    const count = blockCount(name, blocks[name], { channels: outputs, innerChannels: inner });
    const shapes = Array.from({ length: count }, (_, position): BlockShape => {
      const given = ofBlock(outputs, position);
      return {
        outputs: given,
        inner: inner === undefined ? standardInner[block](given) : ofBlock(inner, position),
      };
    });
    return [name, shapes];
  });
  return {
    name: 'the residual network',
    block,
    stem: channels.stem ?? width,
    layers: Object.fromEntries(layers),
    classes,
  };
}

/** He et al. 2016, figure 5. */
const standardInner = {
  basic: (outputs: number) => outputs,
  bottleneck: (outputs: number) => Math.max(1, Math.round(outputs / 4)),
} satisfies Record<BlockKind, (outputs: number) => number>;

const ofBlock = (value: PerBlock, position: number): number =>
  typeof value === 'number' ? value : (value[position] as number);

function blockCount(
  layer: LayerName,
  blocks: number | undefined,
  perBlock: Record<string, PerBlock | undefined>,
): number {
  const said = [
    ...(blocks === undefined ? [] : [{ option: `blocks.${layer}`, verb: 'is', count: blocks }]),
    ...Object.entries(perBlock).flatMap(([option, value]) =>
      value === undefined || typeof value === 'number'
        ? []
        : [{ option: `${option}.${layer}`, verb: 'lists', count: value.length }],
    ),
  ];
  const [first, ...others] = said;
  if (first === undefined) return 1;
  const other = others.find(({ count }) => count !== first.count);
  if (other)
    throw new ConfigurationError(
      `${layer} cannot have both ${first.count} and ${other.count} blocks: ${first.option} ${first.verb} ${first.count}, ` +
        `${other.option} ${other.verb} ${other.count}. Give a list one number for each block.`,
    );
  return first.count;
}
