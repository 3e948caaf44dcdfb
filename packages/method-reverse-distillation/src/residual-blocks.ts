import {
  batchNorm,
  convolution,
  identity,
  type Layer,
  relu,
  residual,
  sequence,
  upsampling,
} from '@adfw/networks';

/** How a residual block is built, in the teacher's likeness. */
export interface BlockShape {
  /** Two 3x3 convolutions, or a 3x3 one between two 1x1 ones. */
  readonly block: 'basic' | 'bottleneck';
  /** Channels inside a bottleneck block, as a multiple of a quarter of those it gives: 2 in a Wide ResNet-50-2. */
  readonly innerFactor: number;
}

/** What a block does to height and width: `down` halves, `up` doubles them. */
type Resampling = 'down' | 'up' | 'none';

interface Block extends BlockShape {
  readonly inputs: number;
  readonly outputs: number;
  readonly resampling: Resampling;
}

/**
 * A stage of a ResNet (He et al. 2016, figure 5) as its blocks, `NAME.0` and on, of which the first changes the size of the
 * maps. To double it, the convolution that would have stride 2, and the one on the residual connection, are transposed ones of 2x2
 * (Deng and Li 2022, section 3.1).
 *
 * @param count how many blocks, at least 1.
 */
export const residualBlocks = (name: string, count: number, first: Block): Layer[] =>
  Array.from({ length: count }, (_, position) =>
    makeBlock[first.block](
      `${name}.${position}`,
      position === 0 ? first : { ...first, inputs: first.outputs, resampling: 'none' },
    ),
  );

const makeBlock = {
  basic: (name: string, block: Block): Layer => {
    const { inputs, outputs, resampling } = block;
    return residual(
      sequence(
        resampled(resampling, `${name}.conv1`, inputs, outputs, 3),
        batchNorm(`${name}.bn1`, outputs),
        relu,
        convolution(`${name}.conv2`, outputs, outputs, { size: 3 }),
        batchNorm(`${name}.bn2`, outputs, 'residual-scale'),
      ),
      shortcut(name, block),
    );
  },
  bottleneck: (name: string, block: Block): Layer => {
    const { inputs, outputs, resampling, innerFactor } = block;
    const inner = Math.max(1, Math.round((outputs / 4) * innerFactor));
    return residual(
      sequence(
        convolution(`${name}.conv1`, inputs, inner, { size: 1 }),
        batchNorm(`${name}.bn1`, inner),
        relu,
        resampled(resampling, `${name}.conv2`, inner, inner, 3),
        batchNorm(`${name}.bn2`, inner),
        relu,
        convolution(`${name}.conv3`, inner, outputs, { size: 1 }),
        batchNorm(`${name}.bn3`, outputs, 'residual-scale'),
      ),
      shortcut(name, block),
    );
  },
};

function shortcut(name: string, { inputs, outputs, resampling }: Block): Layer {
  if (resampling === 'none') return identity;
  const names = `${name}.${resampling}sample`;
  return sequence(resampled(resampling, `${names}.0`, inputs, outputs, 1), batchNorm(`${names}.1`, outputs));
}

/** A convolution of `size`; one that doubles height and width has a size of its own. */
const resampled = (
  resampling: Resampling,
  name: string,
  inputs: number,
  outputs: number,
  size: number,
): Layer =>
  resampling === 'up'
    ? upsampling(name, inputs, outputs)
    : convolution(name, inputs, outputs, { size, stride: resampling === 'down' ? 2 : 1 });
