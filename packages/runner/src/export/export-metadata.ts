/** What an exported model says about itself. */
import { createRequire } from 'node:module';
import { FILL, type ImageReading, type Normalization } from '@adfw/core';
import type { ModelManifest } from '../model/model-folder.js';

/** How an image becomes what the model takes, in this order; the value of `adfw.preprocessing`. */
export interface ExportedPreprocessing {
  /** Which page or frame of a file, counted from 0; null where files have but one. */
  page: ImageReading['page'];
  /**
   * How samples of 16 bits become 8: floor((x - black) · 255 / (white - black) + 0.5), clipped to 0 and 255, as they are stored,
   * without their colour profile. Null for black 0 and white 65535, after the colour profile.
   */
  levels: ImageReading['levels'];
  /** The image is turned and mirrored as its EXIF data say. */
  exifOrientation: 'applied';
  /**
   * An embedded colour profile is applied, but not that of a grey image of 16 bits. CMYK without one has the profile that libvips
   * brings along for it ("cmyk"); other images without one are sRGB.
   */
  colorProfile: {
    to: 'sRGB';
    intent: 'perceptual';
    blackPointCompensation: false;
    cmykWithoutProfile: 'libvips';
  };
  /** Colours are as they are stored beside it, not blended with anything. */
  alpha: 'dropped';
  /** The order of the channels, 8 bits each; grey images have three equal ones. */
  color: 'RGB';
  /**
   * The width first, then the height, rounded to 8 bits after each: Pillow's
   * `resize((width, image.height), BILINEAR).resize((width, height), BILINEAR)`, whatever shape the image has. With `keepAspectRatio`
   * one of the two is what the shape of the image makes it, halves rounded up: so that it lies inside where `fit` is `pad`, and covers
   * where it is `crop`.
   */
  resize: {
    width: number;
    height: number;
    interpolation: 'bilinear';
    antialias: true;
    keepAspectRatio: boolean;
    order: readonly ['width', 'height'];
  };
  /**
   * What follows a `resize` that keeps the shape, to this width and height: the image in the centre, of an odd rest the smaller half above
   * and on the left; `pad` with `color`, or `crop`. Null where there is nothing to do.
   */
  frame: { width: number; height: number; fit: 'pad' | 'crop'; color?: readonly number[] } | null;
  /** Then for each channel (x · scale - mean) / std. */
  scale: number;
  mean: readonly number[];
  std: readonly number[];
  layout: 'NCHW';
  dtype: 'float32';
}

const require = createRequire(import.meta.url);

export const preprocessingOf = (
  { imageSize: { height, width, fit = 'stretch' }, reading }: Pick<ModelManifest, 'imageSize' | 'reading'>,
  { mean, std }: Normalization,
): ExportedPreprocessing => ({
  page: reading?.page ?? null,
  levels: reading?.levels ?? null,
  exifOrientation: 'applied',
  colorProfile: {
    to: 'sRGB',
    intent: 'perceptual',
    blackPointCompensation: false,
    cmykWithoutProfile: 'libvips',
  },
  alpha: 'dropped',
  color: 'RGB',
  resize: {
    width,
    height,
    interpolation: 'bilinear',
    antialias: true,
    keepAspectRatio: fit !== 'stretch',
    order: ['width', 'height'],
  },
  frame: fit === 'stretch' ? null : { width, height, fit, ...(fit === 'pad' && { color: FILL }) },
  scale: 1 / 255,
  mean,
  std,
  layout: 'NCHW',
  dtype: 'float32',
});

/**
 * The `metadata_props` of an exported model. Values are JSON, but for those that are a name or a version.
 * @param threshold from which image score on an image is defective; null where the model has no threshold of its own.
 */
export function exportMetadata(
  manifest: ModelManifest,
  normalization: Normalization,
  threshold: number | null,
): Record<string, string> {
  const { experiment, scoreRange, mapRange } = manifest;
  const values = {
    'adfw.preprocessing': preprocessingOf(manifest, normalization),
    'adfw.threshold': threshold,
    'adfw.score_range': scoreRange,
    'adfw.map_range': mapRange,
    'adfw.experiment': experiment,
  };
  return {
    'adfw.method': experiment.method,
    ...Object.fromEntries(Object.entries(values).map(([key, value]) => [key, JSON.stringify(value)])),
    'adfw.version': require('../../package.json').version,
    'adfw.onnxruntime_version': require('@adfw/onnxruntime-node/dist/version.js').version,
  };
}
