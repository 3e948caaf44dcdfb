/** What `POST /predict` says about an image. */
import { connectedComponents, NO_SCORE, type RgbImage, type Ring } from '@adfw/core';
import type { Size } from '@adfw/images';

export interface PredictionAnswer {
  /** In the order of the images in the request. */
  readonly predictions: readonly ImageAnswer[];
}

export interface ImageAnswer {
  /** The file's name, of multipart bodies; else null. */
  readonly image: string | null;
  /** Of the image as it was sent, EXIF orientation applied, in pixels. */
  readonly width: number;
  readonly height: number;
  /** Higher is more anomalous. */
  readonly score: number;
  /** Eq. 5.7: 0.5 at the threshold, above it defective; null without a threshold or a range of scores. */
  readonly normalizedScore: number | null;
  /** null without a threshold. */
  readonly verdict: 'nominal' | 'defective' | null;
  readonly threshold: number | null;
  /** null where the model has no anomaly maps. */
  readonly map: MapAnswer | null;
  /** What scores as high as the threshold or higher, the highest score first, `MAX_REGIONS` at most; null without a map. */
  readonly regions: readonly Region[] | null;
  /** How many regions there are. */
  readonly regionCount: number | null;
  /** Closed lines around the regions and the holes in them, in pixels of the image; where it was asked for. */
  readonly outline?: readonly Ring[];
  /** The anomaly map in the colours of the run's pictures, a PNG as a data URL to lay over the image; where it was asked for. */
  readonly heatMap?: string;
}

/** Of the anomaly map, which lies over the whole image, at the size that the model works in. */
export interface MapAnswer {
  readonly width: number;
  readonly height: number;
  readonly min: number;
  readonly mean: number;
  /** Where the maximum is, in pixels of the image. */
  readonly peak: { readonly x: number; readonly y: number };
  /** Part of what has a score, 0 to 1, that scores as high as the threshold or higher; null without one. */
  readonly defectiveArea: number | null;
}

/** Pixels of the map that touch by an edge or a corner, by the box around them. */
export interface Region {
  /** The box, in pixels of the image. */
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
  /** Part of the image, 0 to 1. */
  readonly area: number;
  /** The highest on the map. */
  readonly score: number;
}

/** A threshold far too low makes thousands. */
export const MAX_REGIONS = 50;

/** @param map `[size.height, size.width]` in rows, -Infinity where it has no score. */
export function mapStatistics(
  map: Float32Array,
  { width, height }: Pick<RgbImage, 'width' | 'height'>,
  sent: Size,
  threshold: number | null,
): Pick<ImageAnswer, 'map' | 'regions' | 'regionCount'> {
  let [min, sum, peak, above, scored] = [Number.POSITIVE_INFINITY, 0, 0, 0, 0];
  for (let i = 0; i < map.length; i++) {
    const value = map[i] as number;
    if (value === NO_SCORE) continue;
    scored++;
    if (value < min) min = value;
    if (value > (map[peak] as number)) peak = i;
    if (threshold !== null && value >= threshold) above++;
    sum += value;
  }
  const [across, down] = [sent.width / width, sent.height / height];
  return {
    map: {
      width,
      height,
      min,
      mean: sum / scored,
      peak: {
        x: Math.floor(((peak % width) + 0.5) * across),
        y: Math.floor((Math.floor(peak / width) + 0.5) * down),
      },
      defectiveArea: threshold === null ? null : above / scored,
    },
    ...(threshold === null || above === 0
      ? { regions: [], regionCount: 0 }
      : regionsOf(map, { width, height }, sent, threshold)),
  };
}

function regionsOf(map: Float32Array, { width, height }: Size, sent: Size, threshold: number) {
  const mask = new Uint8Array(map.length);
  for (let i = 0; i < map.length; i++) mask[i] = Number((map[i] as number) >= threshold);
  const { count, labels } = connectedComponents(mask, { width, height });
  const found = Array.from({ length: count }, () => ({
    left: width,
    top: height,
    right: 0,
    bottom: 0,
    pixels: 0,
    score: Number.NEGATIVE_INFINITY,
  }));
  for (let i = 0; i < labels.length; i++) {
    if (labels[i] === 0) continue;
    const region = found[(labels[i] as number) - 1] as (typeof found)[number];
    const x = i % width;
    const y = (i - x) / width;
    region.left = Math.min(region.left, x);
    region.right = Math.max(region.right, x + 1);
    region.top = Math.min(region.top, y);
    region.bottom = Math.max(region.bottom, y + 1);
    region.pixels++;
    region.score = Math.max(region.score, map[i] as number);
  }
  const [across, down] = [sent.width / width, sent.height / height];
  const regions = found
    .sort((a, b) => b.score - a.score)
    .slice(0, MAX_REGIONS)
    .map(({ left, top, right, bottom, pixels, score }): Region => {
      const [x, y] = [Math.floor(left * across), Math.floor(top * down)];
      return {
        x,
        y,
        width: Math.ceil(right * across) - x,
        height: Math.ceil(bottom * down) - y,
        area: pixels / map.length,
        score,
      };
    });
  return { regions, regionCount: count };
}
