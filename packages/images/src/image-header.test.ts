import { Transformer } from '@napi-rs/image';
import sharp, { type Sharp } from 'sharp';
import { expect, it } from 'vitest';
import { imageHeader } from './image-header.js';

const size = { width: 6, height: 4 };
const samples = (channels: 1 | 3 | 4) =>
  sharp(
    Uint8Array.from({ length: 24 * channels }, (_, at) => (at * 37) % 256),
    { raw: { ...size, channels } },
  );
const deep = sharp(
  Uint16Array.from({ length: 24 }, (_, at) => at * 2500),
  { raw: { ...size, channels: 1 } },
);
const grey = () => samples(1).toColourspace('b-w');

it.each<[string, () => Sharp, object]>([
  ['PNG', () => samples(3).png(), { bits: 8, colors: 'RGB', hasAlpha: false }],
  ['PNG', () => samples(4).png(), { bits: 8, colors: 'RGB', hasAlpha: true }],
  ['PNG', () => grey().png(), { bits: 8, colors: 'grey', hasAlpha: false }],
  ['PNG', () => deep.toColourspace('grey16').png(), { bits: 16, colors: 'grey', hasAlpha: false }],
  ['PNG', () => samples(3).png({ palette: true, colours: 4 }), { bits: 2, colors: 'palette' }],
  ['TIFF', () => grey().tiff({ bitdepth: 1 }), { bits: 1, colors: 'grey' }],
  ['TIFF', () => samples(3).toColourspace('cmyk').tiff(), { bits: 8, colors: 'CMYK' }],
  ['JPEG', () => samples(3).jpeg(), { bits: 8, colors: 'RGB' }],
  ['JPEG', () => grey().jpeg(), { bits: 8, colors: 'grey' }],
  ['WebP', () => samples(4).webp(), { bits: 8, colors: 'RGB', hasAlpha: true }],
])('says what a %s is (%#)', async (format, image, expected) => {
  const bytes = await image().toBuffer();
  expect(await imageHeader(bytes, 'x')).toMatchObject({ size, format, ...expected });
});

it('says what a BMP is, and how an image is shown', async () => {
  const png = await samples(3).png().toBuffer();
  const bmp = await new Transformer(png).bmp();
  expect(await imageHeader(bmp, 'x')).toEqual({
    size,
    format: 'BMP',
    bits: 8,
    colors: 'RGB',
    hasAlpha: false,
  });
  const turned = await samples(3).jpeg().withMetadata({ orientation: 6 }).toBuffer();
  expect((await imageHeader(turned, 'x')).size).toEqual({ width: 4, height: 6 });
});

it.each([
  ['it is empty', new Uint8Array()],
  ['it is not JPEG', new TextEncoder().encode('GIF, but not one')],
])('says that %s', async (fault, bytes) => {
  await expect(imageHeader(bytes, 'a.png')).rejects.toThrow(`a.png cannot be read as an image: ${fault}`);
});
