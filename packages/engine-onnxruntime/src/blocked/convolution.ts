import type { Emitter } from '../emit/emitter.js';
import type { PhaseImage, Phases } from '../emit/fusion.js';
import { padsOf, type Window } from '../emit/image-window.js';
import { type Operand, operand } from '../emit/operand.js';
import type { ResultSpec } from '../emit/operation.js';
import { dense } from '../emit/tensor-in-layout.js';
import { rowMajor } from '../layout.js';
import { NCHWC } from '../onnx/onnx-model.js';
import {
  type BlockedConv,
  blockedConv,
  blockedOperand,
  blockedTensor,
  imageShape,
  timesEach,
} from './image.js';

/**
 * Convolution of blocked images and its gradients, all as convolutions of blocked images. Filters are `[R, S, I, O]` in
 * tfjs's order.
 */

/** Whether the nodes can convolve I to O channels: whole blocks, or few input channels as in a network's first layer. */
export const convolves = (
  block: number,
  { channelsFirst, dilations }: Window,
  inputs: number,
  outputs: number,
): boolean =>
  block > 0 &&
  !channelsFirst &&
  outputs % block === 0 &&
  (inputs % block === 0 || (isFirstLayer(block, inputs) && dilations.every((d) => d === 1)));

/** Few input channels: the image stays as tfjs has it, `[N, H, W, C]`, and its rows are convolved as rows of W·C numbers. */
export const isFirstLayer = (block: number, inputs: number): boolean => inputs < block;

export function convolution(
  emitter: Emitter,
  x: Operand,
  filter: Operand,
  window: Window,
  result: ResultSpec,
): Operand {
  const [height, width, inputs, outputs] = filter.shape as [number, number, number, number];
  const { block } = emitter;
  const weights = dense(emitter, filter, rowMajor(4));
  const [top, left, bottom, right] = padsOf(window) as [number, number, number, number];
  const scaled = (slope: string | null) => (slope ? emitter.op('Mul', [weights, slope]) : weights);
  if (isFirstLayer(block, inputs)) {
    const [n, h, w, c] = x.shape as [number, number, number, number];
    const rows = emitter.reshape(dense(emitter, x, rowMajor(4)), [n, 1, h, w * c]);
    return fusible(emitter, result, (also, slope) => {
      const blocks = emitter.reshape(scaled(slope), [height * width * c, outputs / block, block]);
      const filters = emitter.transpose(blocks, [1, 0, 2]);
      return blockedConv(emitter, rows, emitter.reshape(filters, [outputs, 1, height, width * c]), {
        kernel: [height, width * c],
        strides: [window.strides[0], window.strides[1] * c],
        pads: [top, left * c, bottom, right * c],
        ...also,
      });
    });
  }
  return fusible(emitter, result, (also, slope) => {
    const split = [height * width, inputs / block, block, outputs / block, block];
    const filters = emitter.transpose(emitter.reshape(scaled(slope), split), [3, 1, 0, 2, 4]);
    return blockedConv(
      emitter,
      blockedTensor(emitter, x),
      emitter.reshape(filters, [outputs, inputs, height, width]),
      {
        kernel: window.size,
        strides: window.strides,
        dilations: window.dilations,
        pads: [top, left, bottom, right],
        ...also,
      },
    );
  });
}

/** What else is computed in the pass of a convolution, after it. */
type Epilogue = Pick<BlockedConv, 'bias' | 'sum' | 'activation'>;

/** A convolution that takes what follows it into its own pass. */
function fusible(
  emitter: Emitter,
  result: ResultSpec,
  write: (also: Epilogue, slope: string | null) => string,
): Operand {
  const fused = (also: Epilogue, slope: string | null): Operand =>
    blockedOperand(emitter, result, write(also, slope));
  const withRelu = (also: Epilogue, slope: string | null) => ({
    dear: true,
    write: () => fused({ ...also, activation: 'Relu' }, slope),
  });
  const either = (opType: string, a: string | null, b: string | null) =>
    a && b ? emitter.op(opType, [a, b]) : (a ?? b);
  const mapped = (slope: string | null, bias: string | null): Operand => {
    const convolved = fused({ bias }, slope);
    convolved.fusion = {
      withMap: (factor, term) => {
        const scaledBias = bias && factor ? emitter.op('Mul', [bias, factor]) : bias;
        return mapped(either('Mul', slope, factor), either('Add', scaledBias, term));
      },
      withRelu: withRelu({ bias }, slope),
      withSum: {
        dear: true,
        write(added) {
          const also = { bias, sum: blockedTensor(emitter, added) };
          const sum = fused(also, slope);
          sum.fusion = { withRelu: withRelu(also, slope) };
          return sum;
        },
      },
    };
    return convolved;
  };
  return mapped(null, null);
}

/** dy as source · slope, of which the slope of each output channel can be multiplied to the filter instead. */
export interface Scaled {
  readonly source: Operand;
  /** `[O]` */
  readonly slope: string | null;
}

export function scaledGradient(dy: Operand): Scaled {
  const map = dy.fusion?.perChannel;
  return map && map.offset === null ? map : { source: dy, slope: null };
}

// --- gradient of the input

/** One gradient pixel in s is a convolution of dy with every s-th tap of the filter: `strides` phases, put together. */
export function convolvesBack({ strides, size, before, input, output, dilations }: Window): boolean {
  if (dilations.some((d) => d !== 1)) return false;
  return [0, 1].every((i) =>
    phasesAlong(
      size[i] as number,
      strides[i] as number,
      before[i] as number,
      input[i] as number,
      output[i] as number,
    ),
  );
}

interface PhaseTaps {
  /** Rows (columns) of the filter, in the order in which they meet those of dy. */
  readonly taps: readonly number[];
  readonly before: number;
  readonly after: number;
}

/**
 * Along one axis, the taps r with s·o + r - p = s·q + a for pixel q of each phase a. Null where phases differ in length, or
 * reach past dy by less than nothing.
 */
function phasesAlong(
  size: number,
  stride: number,
  pad: number,
  input: number,
  output: number,
): PhaseTaps[] | null {
  if (input % stride !== 0) return null;
  const length = input / stride;
  const phases = Array.from({ length: stride }, (_, a): PhaseTaps => {
    const first = (a + pad) % stride;
    const count = Math.max(0, Math.ceil((size - first) / stride));
    const before = count - 1 - Math.floor((a + pad) / stride);
    const taps = Array.from({ length: count }, (_, t) => first + stride * (count - 1 - t));
    return { taps, before, after: length - output - before + count - 1 };
  });
  const possible = phases.every(
    ({ taps, before, after }) => taps.length === 0 || (before >= 0 && after >= 0),
  );
  return possible ? phases : null;
}

export function inputGradient(
  emitter: Emitter,
  { source: dy, slope }: Scaled,
  filter: Operand,
  window: Window,
  result: ResultSpec,
): Operand {
  const [height, width, inputs, outputs] = filter.shape as [number, number, number, number];
  const { block } = emitter;
  const [rows, columns] = [0, 1].map((i) =>
    phasesAlong(
      window.size[i] as number,
      window.strides[i] as number,
      window.before[i] as number,
      window.input[i] as number,
      window.output[i] as number,
    ),
  ) as [PhaseTaps[], PhaseTaps[]];
  // Reordering an "image" of inputs by outputs swaps the two within blocks, on all threads.
  const weights = dense(emitter, filter, rowMajor(4));
  const stacked = emitter.reshape(slope ? emitter.op('Mul', [weights, slope]) : weights, [
    (height * width * inputs) / block,
    block,
    outputs,
    1,
  ]);
  const swapped = emitter.reshape(emitter.op('ReorderInput', [stacked], { channels_last: 0 }, NCHWC), [
    height * width,
    inputs / block,
    outputs / block,
    block,
    block,
  ]);
  const byTap = emitter.transpose(swapped, [1, 2, 0, 3, 4]);
  const phaseOf = (row: PhaseTaps, column: PhaseTaps): PhaseImage | null => {
    if (row.taps.length === 0 || column.taps.length === 0) return null;
    const taps = row.taps.flatMap((r) => column.taps.map((s) => r * width + s));
    const kernel = [row.taps.length, column.taps.length] as const;
    const inOrder = taps.length === height * width && taps.every((tap, i) => tap === i);
    const chosen = inOrder ? byTap : emitter.op('Gather', [byTap, emitter.int64(taps)], { axis: 2 });
    const filters = emitter.reshape(chosen, [inputs, outputs, ...kernel]);
    const pads = [row.before, column.before, row.after, column.after];
    return (_, sum) => blockedConv(emitter, blockedTensor(emitter, dy), filters, { kernel, pads, sum });
  };
  const images = rows.flatMap((row) => columns.map((column) => phaseOf(row, column)));
  const phases: Phases<Operand> = {
    strides: window.strides,
    images,
    join: (_, parts) => joined(emitter, parts, window.strides, result),
  };
  const [single] = images;
  if (images.length === 1 && single) {
    const whole = blockedOperand(emitter, result, single(emitter, null));
    whole.fusion = {
      withSum: {
        dear: true,
        write: (added) => blockedOperand(emitter, result, single(emitter, blockedTensor(emitter, added))),
      },
    };
    return whole;
  }
  const whole = phases.join(emitter, images);
  whole.fusion = { phases };
  return whole;
}

/** Puts phases together: first columns, then rows, each by laying blocks of memory side by side. */
function joined(
  emitter: Emitter,
  images: readonly (PhaseImage | null)[],
  [down, across]: readonly [number, number],
  result: ResultSpec,
): Operand {
  const [n, c, h, w] = imageShape(result.shape);
  const { block } = emitter;
  const [height, width] = [h / down, w / across];
  const size = [((n * c) / block) * height, width, block];
  const tensors = images.map((image) =>
    image ? emitter.reshape(image(emitter, null), size) : emitter.expand(emitter.scalar(0), [], size),
  );
  const rows = Array.from({ length: down }, (_, a) => {
    const row = tensors.slice(a * across, (a + 1) * across);
    return emitter.reshape(concat(emitter, row, 2), [((n * c) / block) * height, w * block]);
  });
  return blockedOperand(emitter, result, emitter.reshape(concat(emitter, rows, 1), [n, c, h, w]));
}

const concat = (emitter: Emitter, tensors: readonly string[], axis: number): string =>
  tensors.length === 1 ? (tensors[0] as string) : emitter.op('Concat', tensors, { axis });

/** The sum of two images that come in phases, added phase by phase; null where they can't be. */
export function addPhases(emitter: Emitter, a: Operand, b: Operand): Operand | null {
  const [p, q] = [a.fusion?.phases, b.fusion?.phases];
  if (!p || !q || a.shared || b.shared || p.strides.join() !== q.strides.join()) return null;
  const images = p.images.map((image, i): PhaseImage | null => {
    const other = q.images[i];
    if (!image || !other) return image ?? other ?? null;
    return () => image(emitter, other(emitter, null));
  });
  return p.join(emitter, images);
}

// --- gradient of the filter

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
