/** The pictures of a report's gallery, as small as many images need. */
import { NO_SCORE, type RgbImage, type Size, type ValueRange } from '@adfw/core';
import { asSaved, type SavedAnomalyMap, shrinkMap } from '@adfw/runner';
import sharp from 'sharp';
import { packMap } from '../maps/packed-map.js';
import { levelsOf } from '../maps/score-levels.js';
import type { PackedMap, Picture } from '../report-document.js';
import type { RunRecord } from './run-record.js';
import type { TestImage } from './test-images.js';

/** The longest sides of pictures, in pixels. */
export interface PictureSides {
  readonly image: number;
  readonly map: number;
}

/** Such that all images together stay about as large as a thousand of 256x256 with maps of 128x128, some 20 MB. */
export function pictureSides(images: number, runs: number): PictureSides {
  const image = Math.round(256 * Math.sqrt(1000 / Math.max(1, images * ((1 + runs) / 2))));
  const side = Math.min(512, Math.max(96, image));
  return { image: side, map: side / 2 };
}

const WEBP = { quality: 80, effort: 3 };

export interface PictureRequest {
  readonly id: string;
  readonly runs: readonly { readonly maps: RunRecord['maps']; readonly levels: readonly number[] | null }[];
  readonly test: TestImage;
  readonly sides: PictureSides;
}

/** null where there is neither the image nor a map of it. */
export async function drawPicture({ id, runs, test, sides }: PictureRequest): Promise<Picture | null> {
  const saved = await Promise.all(runs.map(({ maps }) => maps?.read(id) ?? null));
  const { image, mask } = test;
  const size = image ?? saved.find((map) => map !== null);
  if (!size) return null;
  const maps = await Promise.all(
    saved.map(async (map, run) => map && mapPictures(map, runs[run]?.levels ?? null, sides)),
  );
  return {
    ...(await imagePictures({ ...size, data: image?.data ?? null }, mask, sides)),
    maps: maps.map((drawn) => drawn?.map ?? null),
    scored: maps.map((drawn) => drawn?.scored ?? null),
  };
}

/** What is drawn of an image and its mask. @param image without its pixels where they are gone. */
export async function imagePictures(
  image: Size & { readonly data: Uint8Array | null },
  mask: (Size & { readonly data: Uint8Array }) | null,
  sides: PictureSides,
): Promise<Pick<Picture, 'size' | 'image' | 'mask'>> {
  const { width, height, data } = image;
  return {
    size: { width, height },
    image: data && (await webp({ width, height, data }, sides.image)),
    mask: mask && (await packedMask(mask, sides.image)),
  };
}

/**
 * What is drawn of an anomaly map: its levels, null where there are none, and where it has scores, null where it has them everywhere.
 * @param scale that it is saved with, of a map that was not: its pictures are those of the saved one.
 */
export async function mapPictures(
  map: SavedAnomalyMap,
  levels: readonly number[] | null,
  sides: PictureSides,
  scale?: ValueRange,
): Promise<{ readonly map: PackedMap | null; readonly scored: PackedMap | null }> {
  const { width, height } = map;
  // All that is of the map itself, before anything is waited for: its memory may be another map's then.
  const { data, ...smaller } = shrinkMap(map.data, map, sides.map);
  const leveled = levels && levelsOf(scale ? asSaved(data, scale) : data, levels);
  const scored = map.data.includes(NO_SCORE)
    ? Uint8Array.from(map.data, (score) => (score === NO_SCORE ? 0 : 1))
    : null;
  return {
    map: leveled && (await packMap(leveled, smaller)),
    scored: scored && (await packedMask({ width, height, data: scored }, sides.image)),
  };
}

async function webp({ width, height, data }: RgbImage, side: number): Promise<string> {
  const image = sharp(data, { raw: { width, height, channels: 3 } });
  const bytes = await image
    .resize(side, side, { fit: 'inside', withoutEnlargement: true })
    .webp(WEBP)
    .toBuffer();
  return bytes.toString('base64');
}

function packedMask(mask: { width: number; height: number; data: Uint8Array }, side: number) {
  const { data, ...size } = shrinkMap(mask.data, mask, side);
  return packMap(data, size);
}
