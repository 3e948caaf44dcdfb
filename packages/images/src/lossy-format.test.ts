import sharp, { type Create } from 'sharp';
import { expect, it } from 'vitest';
import { lossyFormat } from './lossy-format.js';

const image = (channels: 3 | 4 = 3) =>
  sharp({ create: { width: 20, height: 20, channels, background: { r: 200, g: 0, b: 0, alpha: 0.5 } } });
const frames = () =>
  sharp({
    create: { width: 20, height: 40, channels: 3, background: 'red', pageHeight: 20 } as Create,
  });

it.each([
  ['JPEG', 'JPEG', image().jpeg()],
  ['WebP', 'WebP', image().webp()],
  ['WebP with alpha', 'WebP', image(4).webp()],
  ['animated WebP', 'WebP', frames().webp()],
  ['AVIF', 'AVIF', image().avif()],
  ['TIFF of JPEG', 'JPEG in a TIFF', image().tiff({ compression: 'jpeg' })],
  ['BigTIFF of JPEG', 'JPEG in a TIFF', image().tiff({ compression: 'jpeg', bigtiff: true })],
  ['TIFF of WebP', 'WebP in a TIFF', image().tiff({ compression: 'webp' })],
  ['PNG', null, image().png()],
  ['lossless WebP', null, image().webp({ lossless: true })],
  ['lossless WebP with alpha', null, image(4).webp({ lossless: true })],
  ['animated lossless WebP', null, frames().webp({ lossless: true })],
  ['TIFF', null, image().tiff({ compression: 'none' })],
  ['TIFF, LZW', null, image().tiff({ compression: 'lzw' })],
  ['GIF', null, image().gif()],
] as const)('%s: %s', async (_, format, encoded) => {
  expect(lossyFormat(await encoded.toBuffer())).toBe(format);
});
