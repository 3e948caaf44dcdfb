/** Large images as overlapping tiles of one size, each of which is an image to a model. */
import type { RgbImage } from '../contracts/dataset.js';
import type { Size } from '../contracts/size.js';
import type { ImageSource } from './image-source.js';

/** Where the tiles of images of one size are: at each of `tops` one at each of `lefts`, numbered row by row. */
export interface TileGrid {
  /** Of an image. */
  readonly image: Size;
  readonly tile: Size;
  readonly tops: readonly number[];
  readonly lefts: readonly number[];
  /**
   * What each pixel of a tile counts for in the whole image: that of its line times that of its column, for the tiles at each of `tops`
   * and of `lefts`. They fall linearly towards a tile's edges over the overlap, and all that lie on a pixel sum to one: no seam shows.
   */
  readonly lineWeights: readonly Float32Array[];
  readonly columnWeights: readonly Float32Array[];
}

/** How images are cut, and how many tiles are looked at together. */
export interface Tiles {
  readonly grid: TileGrid;
  readonly batchSize: number;
}

/**
 * As few tiles as cover the image with at least `overlap` pixels in common, evenly spread; the first and the last end where it does.
 * @param tile no larger than the image.
 * @param overlap pixels, less than the tile's sides.
 */
export function tileGrid(image: Size, tile: Size, overlap: number): TileGrid {
  const tops = starts(image.height, tile.height, overlap);
  const lefts = starts(image.width, tile.width, overlap);
  return {
    image,
    tile,
    tops,
    lefts,
    lineWeights: blendWeights(image.height, tile.height, tops, overlap),
    columnWeights: blendWeights(image.width, tile.width, lefts, overlap),
  };
}

export const tileCount = ({ tops, lefts }: TileGrid): number => tops.length * lefts.length;

/** The numbers of the tiles that have a pixel of a region, `[height, width]` of the image in rows; without one all. */
export const tilesInside = (grid: TileGrid, inside: Uint8Array | null): number[] =>
  [...Array(tileCount(grid)).keys()].filter(
    (index) => inside === null || cutPixels(inside, grid, index).includes(1),
  );

/** What of a value for each pixel of an image is a tile's. */
export function cutPixels(pixels: Uint8Array, grid: TileGrid, index: number): Uint8Array {
  const { top, left } = tilePlace(grid, index);
  const { height, width } = grid.tile;
  const cut = new Uint8Array(height * width);
  for (let y = 0; y < height; y++) {
    const from = (top + y) * grid.image.width + left;
    cut.set(pixels.subarray(from, from + width), y * width);
  }
  return cut;
}

/** The place of a tile in its image. */
export const tilePlace = ({ tops, lefts }: TileGrid, index: number): { top: number; left: number } => ({
  top: tops[Math.floor(index / lefts.length)] as number,
  left: lefts[index % lefts.length] as number,
});

function starts(whole: number, part: number, overlap: number): number[] {
  const count = Math.ceil((whole - overlap) / (part - overlap));
  if (count <= 1) return [0];
  return Array.from({ length: count }, (_, index) => Math.round((index * (whole - part)) / (count - 1)));
}

function blendWeights(
  whole: number,
  part: number,
  starts: readonly number[],
  overlap: number,
): Float32Array[] {
  const ramp = Array.from({ length: part }, (_, at) =>
    overlap === 0 ? 1 : Math.min(1, (Math.min(at, part - 1 - at) + 0.5) / overlap),
  );
  const sums = new Float64Array(whole);
  for (const start of starts)
    ramp.forEach((weight, at) => {
      sums[start + at] = (sums[start + at] as number) + weight;
    });
  return starts.map((start) =>
    Float32Array.from(ramp, (weight, at) => weight / (sums[start + at] as number)),
  );
}

/** One tile of an image of the grid's size. */
export function cutTile(image: RgbImage, grid: TileGrid, index: number): RgbImage {
  const { top, left } = tilePlace(grid, index);
  const { height, width } = grid.tile;
  const data = new Uint8Array(height * width * 3);
  for (let y = 0; y < height; y++) {
    const from = ((top + y) * image.width + left) * 3;
    data.set(image.data.subarray(from, from + width * 3), y * width * 3);
  }
  return { height, width, data };
}

/** So many images are held while tiles of them are taken: one that is worked on, and the one that is read ahead. */
const HELD = 2;

/**
 * All tiles of the images of `source`, one image after the other; an image is read once for tiles that are taken one after another.
 * @param tiles the numbers of those that are taken.
 */
export function tiledImages(
  source: ImageSource,
  grid: TileGrid,
  tiles: readonly number[] = tilesInside(grid, null),
): ImageSource {
  const count = tiles.length;
  const held = new Map<number, Promise<RgbImage>>();
  const whole = (index: number): Promise<RgbImage> => {
    const reading = held.get(index) ?? source.image(index);
    // The one that was asked for last is last.
    held.delete(index);
    held.set(index, reading);
    for (const other of held.keys()) if (held.size > HELD) held.delete(other);
    reading.catch(() => held.delete(index));
    return reading;
  };
  return {
    length: source.length * count,
    size: [grid.tile.height, grid.tile.width],
    image: async (index) =>
      cutTile(await whole(Math.floor(index / count)), grid, tiles[index % count] as number),
  };
}
