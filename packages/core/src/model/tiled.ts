/**
 * A detector of large images, made of one of their tiles: the model knows nothing of it. What is in memory at a time depends on a batch
 * of tiles, not on how many an image has.
 */
import {
  addN,
  concat,
  max,
  mul,
  pad,
  reshape,
  slice,
  type Tensor,
  type Tensor1D,
  type Tensor3D,
  type Tensor4D,
  tensor1d,
  tidy,
} from '@tensorflow/tfjs-core';
import type { RgbImage } from '../contracts/dataset.js';
import type { Model } from '../contracts/model.js';
import type { Frame } from '../contracts/size.js';
import { inBatches } from '../images/random-order.js';
import { cutPixels, cutTile, type TileGrid, type Tiles, tilePlace, tilesInside } from '../images/tiles.js';
import { type DetectedImage, type DetectOptions, detectorOf, type TensorDetector } from './detector.js';
import { framedDetector } from './framed.js';
import { insideOnly, insideTensors, regionDetector, regionTensor } from './region-detector.js';
import { turns } from './turns.js';

/**
 * Of whole images, where the model is one of them, or of their tiles.
 * @param frame that images come into; without one all have that of the model or its tiles.
 * @param inside the frame's region of interest, in rows, 1 inside and 0 outside.
 */
export function imageDetector(
  model: Model,
  tiles: Tiles | null,
  frame?: Frame,
  inside: Uint8Array | null = null,
): TensorDetector {
  const detector = detectorOf(model);
  const ofFrames = tiles ? tiledDetector(detector, tiles, inside) : detector;
  if (!frame) return ofFrames;
  return framedDetector(inside ? regionDetector(ofFrames, inside, frame) : ofFrames, frame);
}

/**
 * An image's score is the largest of its tiles' scores; its map is theirs, blended ({@link TileGrid}).
 * @param detector of tiles.
 */
function tiledDetector(
  detector: TensorDetector,
  { grid, batchSize }: Tiles,
  inside: Uint8Array | null,
): TensorDetector {
  const taken = tilesInside(grid, inside);
  const tiles: TakenTiles = {
    grid,
    taken,
    inside: (index) => inside && cutPixels(inside, grid, index),
    batches: evenBatches(taken, detector.searches ? 1 : batchSize),
  };
  return {
    ...detector,
    tiled: true,
    tensors(images) {
      const [scores, maps = null] = tidy(() => tensorsOfTiles(detector, tiles, images));
      return { scores: scores as Tensor1D, maps: maps as Tensor3D | null };
    },
    async detect(images, options = {}) {
      checkSizes(images, grid);
      const detected: DetectedImage[] = [];
      const search = searchOf(options, images.length * taken.length);
      for (const image of images)
        detected.push(await detectTiles(detector, image, tiles, { ...options, ...search }));
      return detected;
    },
  };
}

/** Which tiles are looked at. */
interface TakenTiles {
  readonly grid: TileGrid;
  readonly taken: readonly number[];
  readonly batches: readonly (readonly number[])[];
  /** The part of the region that is a tile's, in rows; null without one. */
  inside(index: number): Uint8Array | null;
}

/** As many batches as have to be, of one size, so that an engine compiles one network; the last tile fills the last one up. */
function evenBatches(tiles: readonly number[], most: number): number[][] {
  const size = Math.ceil(tiles.length / Math.ceil(tiles.length / most));
  return inBatches(tiles, size).map((batch) =>
    Array.from({ length: size }, (_, n) => batch[n] ?? (tiles.at(-1) as number)),
  );
}

function checkSizes(images: readonly RgbImage[], { image: { height, width } }: TileGrid): void {
  for (const image of images)
    if (image.height !== height || image.width !== width)
      throw new RangeError(
        `Tiles are of images of ${height}x${width}, and one of ${image.height}x${image.width} was given.`,
      );
}

async function detectTiles(
  detector: TensorDetector,
  image: RgbImage,
  { grid, taken, batches, inside }: TakenTiles,
  { signal, onSearch }: DetectOptions,
): Promise<DetectedImage> {
  let score = Number.NEGATIVE_INFINITY;
  let map: Float32Array | null = null;
  let next = 0;
  const turn = turns();
  for (const batch of batches) {
    signal?.throwIfAborted();
    const detected = await detector.detect(
      batch.map((index) => cutTile(image, grid, index)),
      { signal, onSearch },
    );
    for (const [n, index] of batch.entries()) {
      if (index !== taken[next]) continue;
      next++;
      const tile = detected[n] as DetectedImage;
      const own = inside(index);
      score = Math.max(score, own ? insideOnly(tile, own).score : tile.score);
      if (!tile.map) continue;
      map ??= new Float32Array(grid.image.height * grid.image.width);
      blend(map, tile.map, grid, index);
    }
    await turn();
  }
  return { score, map };
}

function blend(into: Float32Array, map: Float32Array, grid: TileGrid, index: number): void {
  const { tile, image, lefts, lineWeights, columnWeights } = grid;
  const { top, left } = tilePlace(grid, index);
  const ofLine = lineWeights[Math.floor(index / lefts.length)] as Float32Array;
  const ofColumn = columnWeights[index % lefts.length] as Float32Array;
  for (let y = 0, from = 0; y < tile.height; y++) {
    const weight = ofLine[y] as number;
    let to = (top + y) * image.width + left;
    for (let x = 0; x < tile.width; x++, from++, to++)
      into[to] = (into[to] as number) + (map[from] as number) * weight * (ofColumn[x] as number);
  }
}

/** The steps of the search for all tiles, from those for one tile after another. */
function searchOf({ onSearch }: DetectOptions, tiles: number): Pick<DetectOptions, 'onSearch'> {
  if (!onSearch) return {};
  let done = 0;
  return { onSearch: ({ total }) => onSearch({ done: ++done, total: total * tiles }) };
}

/** The same as a function of tensors, `[N, H, W, 3]` to scores `[N]` and, where there are any, maps `[N, H, W]`: what can be exported. */
function tensorsOfTiles(
  detector: TensorDetector,
  { grid, taken, batches, inside }: TakenTiles,
  images: Tensor4D,
): Tensor[] {
  const [count] = images.shape;
  const { height, width } = grid.tile;
  const scores: Tensor1D[] = [];
  const maps = new Map<number, Tensor3D>();
  for (const batch of batches) {
    const tiles = batch.map((index) => {
      const { top, left } = tilePlace(grid, index);
      return slice(images, [0, top, left, 0], [count, height, width, 3]);
    });
    const detected = detector.tensors(tiles.length > 1 ? concat(tiles) : (tiles[0] as Tensor4D));
    batch.forEach((index, n) => {
      if (index !== taken[scores.length]) return;
      const own = inside(index);
      const score = slice(detected.scores, [n * count], [count]);
      const map = detected.maps && slice(detected.maps, [n * count, 0, 0], [count, height, width]);
      if (map) maps.set(index, map);
      scores.push(
        own && map
          ? insideTensors({ scores: score, maps: map }, map, regionTensor(own, grid.tile)).scores
          : score,
      );
    });
  }
  const largest = max<Tensor1D>(concat(scores.map((score) => reshape(score, [1, count]))), 0);
  return maps.size > 0 ? [largest, blended(maps, grid)] : [largest];
}

/** Tiles side by side make bands, and these the whole; where none is taken it is 0. */
function blended(
  maps: ReadonlyMap<number, Tensor3D>,
  { image, tile, tops, lefts, ...weights }: TileGrid,
): Tensor3D {
  const columns = weights.columnWeights.map((weights) => reshape(tensor1d(weights), [1, 1, tile.width]));
  const lines = weights.lineWeights.map((weights) => reshape(tensor1d(weights), [1, tile.height, 1]));
  const bands = tops.flatMap((top, row) => {
    const band = lefts.flatMap((left, column) => {
      const map = maps.get(row * lefts.length + column);
      if (!map) return [];
      return [
        pad(mul(map, columns[column] as Tensor3D), [
          [0, 0],
          [0, 0],
          [left, image.width - left - tile.width],
        ]),
      ];
    });
    if (band.length === 0) return [];
    return [
      pad(mul(addN(band), lines[row] as Tensor3D), [
        [0, 0],
        [top, image.height - top - tile.height],
        [0, 0],
      ]),
    ];
  });
  return addN(bands) as Tensor3D;
}
