/** The pictures of a report's gallery, as small as many images need. */
import { NO_SCORE, type RgbImage } from '@adfw/core';
import { shrinkMap } from '@adfw/runner';
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
  const maps = saved.map(async (map, run): Promise<PackedMap | null> => {
    const levels = runs[run]?.levels;
    if (!map || !levels) return null;
    const { data, ...smaller } = shrinkMap(map.data, map, sides.map);
    return packMap(levelsOf(data, levels), smaller);
  });
  const scored = saved.map((map) => {
    if (!map?.data.includes(NO_SCORE)) return null;
    const { width, height } = map;
    const data = Uint8Array.from(map.data, (score) => (score === NO_SCORE ? 0 : 1));
    return packedMask({ width, height, data }, sides.image);
  });
  return {
    size: { width: size.width, height: size.height },
    image: image && (await webp(image, sides.image)),
    mask: mask && (await packedMask(mask, sides.image)),
    maps: await Promise.all(maps),
    scored: await Promise.all(scored),
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
