/** How a residual block is built: two 3x3 convolutions, or a 3x3 one between two 1x1 ones that reduce and restore. */
export type BlockKind = 'basic' | 'bottleneck';

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

/** The layers whose outputs make the feature pyramid, shallow to deep. */
export const layerNames = ['layer1', 'layer2', 'layer3', 'layer4'] as const;
export type LayerName = (typeof layerNames)[number];
