import { expect, it } from 'vitest';
import { frameCount } from './frame-count.js';

const text = (letters: string): number[] => [...letters].map((letter) => letter.charCodeAt(0));

const gif = (...parts: number[][]) =>
  // One pixel, and a palette of two colours.
  Uint8Array.from([...text('GIF89a'), 1, 0, 1, 0, 0x80, 0, 0, ...Array(6).fill(9), ...parts.flat(), 0x3b]);
const delay = [0x21, 0xf9, 4, 0, 1, 0, 0, 0];
const frame = [0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x4c, 1, 0];
/** With a palette of four colours of its own. */
const colouredFrame = [0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0x81, ...Array(12).fill(0x2c), 2, 2, 0x4c, 1, 0];

const webp = (...chunks: readonly (readonly [type: string, length: number])[]) =>
  Uint8Array.from([
    ...text('RIFF'),
    ...[0, 0, 0, 0],
    ...text('WEBP'),
    ...chunks.flatMap(([type, length]) => [
      ...text(type),
      ...[length, 0, 0, 0],
      ...Array(length + (length % 2)).fill(0x41),
    ]),
  ]);

const png = (...chunks: readonly (readonly [type: string, data: readonly number[]])[]) =>
  Uint8Array.from([
    ...[0x89, ...text('PNG\r\n\x1a\n')],
    ...chunks.flatMap(([type, data]) => [0, 0, 0, data.length, ...text(type), ...data, 0, 0, 0, 0]),
  ]);
const header = ['IHDR', Array(13).fill(0)] as const;
const pixels = ['IDAT', [1, 2, 3]] as const;
const seven = ['acTL', [0, 0, 0, 7, 0, 0, 0, 0]] as const;

it.each([
  ['a GIF', 3, gif(delay, frame, delay, colouredFrame, frame)],
  ['a GIF of one', 1, gif(frame)],
  ['a WebP', 2, webp(['VP8X', 10], ['ANIM', 6], ['ANMF', 21], ['ANMF', 30], ['EXIF', 4])],
  ['a WebP of one', 1, webp(['VP8L', 15])],
  ['a PNG', 7, png(header, seven, pixels)],
  ['a PNG of one', 1, png(header, pixels, seven)],
  ['a JPEG', 1, Uint8Array.of(0xff, 0xd8, 0xff, 0xe0)],
  ['a GIF that is cut off', 1, gif(frame).subarray(0, 15)],
  ['nothing', 1, new Uint8Array(0)],
])('counts the frames of %s', (_, count, bytes) => {
  expect(frameCount(bytes)).toBe(count);
});
