import type { Emitter } from '../emit/emitter.js';
import type { Window } from '../emit/image-window.js';
import { type Operand, operand } from '../emit/operand.js';
import type { ResultSpec } from '../emit/operation.js';
import { dense } from '../emit/tensor-in-layout.js';
import { rowMajor } from '../layout.js';
import { blockedConv, blockedTensor, imageShape, timesEach } from './image.js';
import type { Scaled } from './scaled-gradient.js';

/** The gradient of a convolution's filter: a convolution of the input, of which dy is the filter. */

/** Whether {@link filterGradient} can write it: every window inside the padded image, which they all reach the end of. */
export const correlates = ({ size, strides, dilations, after }: Window): boolean =>
  dilations.every((d) => d === 1) && (after.every((p) => p >= 0) || isSubsampling({ size, strides }));

/** Single pixels at a distance: the others can be left out first. */
const isSubsampling = ({ size, strides }: Pick<Window, 'size' | 'strides'>): boolean =>
  size.every((d) => d === 1) && strides.some((s) => s > 1);

/**
 * dW[r, s, c, k] = Σ dy[n, i, j, k] · x[n, s·i + r - p, s·j + t - p, c] as one grouped convolution without copies for its
 * taps. dy is the filter, just as it lies in memory: K filters for each image of the batch, which is a group. x is seen as
 * plain rows of (width, channel within its block), so a distance of one pixel is a dilation by a block.
 */
export function filterGradient(
  emitter: Emitter,
  x: Operand,
  { source: dy, slope }: Scaled,
  window: Window,
  result: ResultSpec,
): Operand {
  const { block } = emitter;
  const [height, width, inputs, outputs] = result.shape as [number, number, number, number];
  const [n, , outHeight, outWidth] = imageShape(dy.shape);
  let image = blockedTensor(emitter, x);
  let [, , h, w] = imageShape(x.shape);
  let { strides, before, after } = window;
  const ones = timesEach(emitter, inputs, 1);
  if (isSubsampling(window)) {
    image = blockedConv(emitter, image, ones, { kernel: [1, 1], strides, group: inputs });
    [h, w] = [outHeight, outWidth];
    strides = [1, 1];
    before = [0, 0];
    after = [0, 0];
  }
  const paddedWidth = before[1] + w + after[1];
  if (paddedWidth !== w) {
    const pads = [0, before[1], 0, after[1]];
    image = blockedConv(emitter, image, ones, { kernel: [1, 1], pads, group: inputs });
  }
  const blocks = inputs / block;
  const planes = emitter.reshape(
    emitter.transpose(emitter.reshape(image, [n, blocks, h * paddedWidth * block]), [1, 0, 2]),
    [blocks, n, h, paddedWidth * block],
  );
  const taps = height * width * block;
  const parts = batchParts(n, block).map(([start, count]) => {
    const whole = count === n;
    const rows = whole ? planes : emitter.slice(planes, [1], [start], [start + count]);
    const gradients = blockedTensor(emitter, dy);
    const some = whole ? gradients : emitter.slice(gradients, [0], [start], [start + count]);
    const together = imagesTogether(count, inputs * outputs);
    const groups = count / together;
    let filters = some;
    if (together > 1) {
      const split = emitter.reshape(some, [groups, together, outputs / block, outHeight * outWidth * block]);
      filters = emitter.transpose(split, [0, 2, 1, 3]);
    }
    const correlated = blockedConv(
      emitter,
      rows,
      emitter.reshape(filters, [groups * outputs, together, outHeight, outWidth]),
      {
        kernel: [outHeight, outWidth],
        dilations: [strides[0], strides[1] * block],
        pads: [before[0], 0, after[0], 0],
        group: groups,
      },
    );
    return emitter.reduce('ReduceSum', emitter.reshape(correlated, [blocks, groups, outputs * taps]), [1]);
  });
  const sum = parts.reduce((a, b) => emitter.op('Add', [a, b]));
  const split = emitter.reshape(sum, [blocks, outputs / block, height * width, block, block]);
  return sloped(
    emitter,
    result,
    emitter.reshape(emitter.transpose(split, [2, 0, 3, 1, 4]), result.shape),
    slope,
  );
}

/** The gradient for dy, of that for its source. */
const sloped = (emitter: Emitter, result: ResultSpec, name: string, slope: string | null): Operand =>
  operand(result, rowMajor(4), slope ? emitter.op('Mul', [name, slope]) : name);

/** The node takes fewer channels (here: images) than a block, or whole blocks of them. */
function batchParts(n: number, block: number): [start: number, count: number][] {
  const rest = n % block;
  if (n < block || rest === 0) return [[0, n]];
  return [
    [0, n - rest],
    [n - rest, rest],
  ];
}

/** Where filters are large, several images are summed in one group, so that there is less to add up afterwards. */
const imagesTogether = (images: number, filterSize: number): number =>
  filterSize >= 128 * 128 && images % 4 === 0 ? 4 : 1;

/**
 * The gradient of a first layer's filter. x is `[N, H, W, C]` with few channels: rows of W·C numbers. Rows are cut into tiles
 * that stand in for input channels, so that the part of dy that a group works on stays in the cache.
 */
export function firstLayerFilterGradient(
  emitter: Emitter,
  x: Operand,
  { source: dy, slope }: Scaled,
  window: Window,
  result: ResultSpec,
): Operand {
  const { block } = emitter;
  const [height, width, inputs, outputs] = result.shape as [number, number, number, number];
  const [n, h, w, c] = x.shape as [number, number, number, number];
  const [, , outHeight, outWidth] = imageShape(dy.shape);
  const [down, across] = window.strides;
  const [top, left] = window.before;
  const tiles = [4, 2, 1].find((count) => outHeight % count === 0) as number;
  const tileHeight = outHeight / tiles;
  const rowsPerTile = (tileHeight - 1) * down + height;
  const [bottom, right] = window.after;
  const pads = [0, top, left * c, 0, bottom, right * c];
  const plain = emitter.reshape(dense(emitter, x, rowMajor(4)), [n, h, w * c]);
  const padded = emitter.op('Pad', [plain, emitter.int64(pads)]);
  const rowLength = (left + w + right) * c;
  const rows = Array.from({ length: tiles * rowsPerTile }, (_, i) => {
    const tile = Math.floor(i / rowsPerTile);
    return tile * tileHeight * down + (i % rowsPerTile);
  });
  const tiled = tiles === 1 ? padded : emitter.op('Gather', [padded, emitter.int64(rows)], { axis: 1 });
  const gradients = blockedTensor(emitter, dy);
  const parts = tileParts(n, tiles, block).map(([start, count]) => {
    const whole = count === n;
    const someRows = whole ? tiled : emitter.slice(tiled, [0], [start], [start + count]);
    const some = whole ? gradients : emitter.slice(gradients, [0], [start], [start + count]);
    const correlated = blockedConv(
      emitter,
      emitter.reshape(someRows, [1, count * tiles, rowsPerTile, rowLength]),
      emitter.reshape(some, [count * outputs, tiles, tileHeight, outWidth]),
      { kernel: [tileHeight, outWidth], dilations: [down, across * c], group: count },
    );
    return emitter.reduce('ReduceSum', emitter.reshape(correlated, [count, -1]), [0]);
  });
  const sum = parts.reduce((a, b) => emitter.op('Add', [a, b]));
  const split = emitter.reshape(sum, [outputs / block, height * width * inputs, block]);
  return sloped(emitter, result, emitter.reshape(emitter.transpose(split, [1, 0, 2]), result.shape), slope);
}

/** As {@link batchParts}, with `tiles` channels an image. */
function tileParts(n: number, tiles: number, block: number): [start: number, count: number][] {
  return batchParts(n, block / tiles);
}
