/** The networks that describe square patches of 17, 33 and 65 pixels, as data: which convolutions and poolings, under which names. */
import type { TensorSpec } from '@adfw/networks';

/** Sides of the patches, in pixels: what a descriptor sees (Bergmann et al. 2020, section 4). */
export const patchSizes = [17, 33, 65] as const;
export type PatchSize = (typeof patchSizes)[number];

/** The paper's: channels of the first convolution, and numbers in a descriptor. */
export const PAPER_WIDTH = 128;
export const PAPER_DESCRIPTOR_LENGTH = 128;

/** What the leaky ReLU multiplies negative values with. */
export const NEGATIVE_SLOPE = 5e-3;

/** Layers are called `patch17`, `patch33` and `patch65`. */
export const layerOf = (size: PatchSize): string => `patch${size}`;
export const patchLayers: readonly string[] = patchSizes.map(layerOf);
export const patchSizeOf = (layer: string): PatchSize | undefined =>
  patchSizes.find((size) => layerOf(size) === layer);

export interface Convolution {
  readonly kernel: TensorSpec;
  readonly bias: TensorSpec;
  /** Max pooling of 2x2 with stride 2 follows, after the leaky ReLU. */
  readonly pooled: boolean;
}

/**
 * Convolutions without padding, with a bias, each but the last followed by a leaky ReLU and some by a pooling, which take a patch to
 * a map of one position: its descriptor.
 */
export interface PatchNetwork {
  readonly patchSize: PatchSize;
  readonly descriptorLength: number;
  readonly convolutions: readonly Convolution[];
  readonly tensors: readonly TensorSpec[];
}

export interface PatchNetworkOptions {
  /** Channels where the paper's networks have 128; the convolutions that have 256 there have twice as many. */
  readonly width: number;
  /** Numbers in a descriptor. */
  readonly descriptorLength: number;
}

type Row = readonly [size: number, widths: number, pooled?: 'pooled'];

/**
 * Side of the kernel and outputs in widths of each convolution, up to the one that gives the descriptor (Bergmann et al. 2020,
 * supplementary tables; where their kernels do not give the sizes of maps that they state, the sizes count).
 */
const rows: Readonly<Record<PatchSize, readonly Row[]>> = {
  17: [
    [6, 1],
    [5, 2],
    [5, 2],
  ],
  33: [
    [5, 1, 'pooled'],
    [5, 2, 'pooled'],
    [2, 2],
  ],
  65: [
    [5, 1, 'pooled'],
    [5, 1, 'pooled'],
    [5, 1, 'pooled'],
    [4, 2],
  ],
};

/** Side of the last kernel. */
const lastSize: Readonly<Record<PatchSize, number>> = { 17: 4, 33: 4, 65: 1 };

export function patchNetwork(
  patchSize: PatchSize,
  { width, descriptorLength }: PatchNetworkOptions,
): PatchNetwork {
  let inputs = 3;
  const convolution = (size: number, outputs: number, pooled: boolean, index: number): Convolution => {
    const name = `${layerOf(patchSize)}.conv${index + 1}`;
    const kernel = { name: `${name}.weight`, role: 'kernel', shape: [size, size, inputs, outputs] } as const;
    inputs = outputs;
    return { kernel, bias: { name: `${name}.bias`, role: 'offset', shape: [outputs] }, pooled };
  };
  const hidden = rows[patchSize].map(([size, widths, pooled], index) =>
    convolution(size, widths * width, pooled === 'pooled', index),
  );
  const last = convolution(lastSize[patchSize], descriptorLength, false, hidden.length);
  const convolutions = [...hidden, last];
  return {
    patchSize,
    descriptorLength,
    convolutions,
    tensors: convolutions.flatMap(({ kernel, bias }) => [kernel, bias]),
  };
}
