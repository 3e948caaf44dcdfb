import { type BlockKind, type LayerName, layerNames, type NetworkShape } from './network-shape.js';

export interface ArchitectureDescription {
  readonly block: BlockKind;
  /** Blocks in layer1 to layer4. */
  readonly blocks: readonly [number, number, number, number];
  /** Channels inside a bottleneck block, as a multiple of the layer's own: 2 is what makes a network wide. */
  readonly innerFactor: number;
}

/** He et al. 2016, table 1; the wide one: Zagoruyko and Komodakis 2016. Names are torchvision's. */
export const architectures = {
  resnet18: { block: 'basic', blocks: [2, 2, 2, 2], innerFactor: 1 },
  resnet34: { block: 'basic', blocks: [3, 4, 6, 3], innerFactor: 1 },
  resnet50: { block: 'bottleneck', blocks: [3, 4, 6, 3], innerFactor: 1 },
  wide_resnet50_2: { block: 'bottleneck', blocks: [3, 4, 6, 3], innerFactor: 2 },
} as const satisfies Record<string, ArchitectureDescription>;

export type ResNetArchitecture = keyof typeof architectures;
export const architectureNames = Object.keys(architectures) as ResNetArchitecture[];

/** Channels of the standard networks at conv1 and layer1; all other widths are multiples of it. */
export const STANDARD_WIDTH = 64;

/** Classes of ImageNet, on which the standard networks were trained. */
export const STANDARD_CLASSES = 1000;

export interface ResNetVariation {
  /** Channels of conv1 and layer1, {@link STANDARD_WIDTH} by default. */
  readonly width?: number;
  /** Channels inside the blocks of a layer (what their first convolution gives), where they are not the standard ones. */
  readonly innerChannels?: Readonly<Partial<Record<LayerName, number>>>;
  /** Numbers that the classifier gives, `STANDARD_CLASSES` by default. */
  readonly classes?: number;
}

/** The shape of a standard ResNet, or of one whose channels vary as said. */
export function resNetShape(
  architecture: ResNetArchitecture,
  { width = STANDARD_WIDTH, innerChannels = {}, classes = STANDARD_CLASSES }: ResNetVariation = {},
): NetworkShape {
  const { block, blocks, innerFactor } = architectures[architecture];
  const layers = layerNames.map((name, index) => {
    const planes = width * 2 ** index;
    const inner = innerChannels[name] ?? planes * innerFactor;
    const outputs = block === 'basic' ? planes : planes * 4;
    return [name, Array.from({ length: blocks[index] as number }, () => ({ inner, outputs }))];
  });
  const own = Object.keys(innerChannels).length > 0 ? ' with its own innerChannels' : '';
  return {
    name: `${architectureOfWidth(architecture, width)}${own}`,
    block,
    stem: width,
    layers: Object.fromEntries(layers),
    classes,
  };
}

export const architectureOfWidth = (architecture: ResNetArchitecture, width: number): string =>
  width === STANDARD_WIDTH ? architecture : `${architecture} of width ${width}`;
