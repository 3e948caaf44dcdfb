import sharp from 'sharp';
import { expect, it } from 'vitest';
import { START } from '../files/replaceable.js';
import { isMarked, marked } from './picture-mark.js';

it('marks a PNG with the software that drew it, which a decoder reads, and leaves its pixels alone', async () => {
  const image = sharp({ create: { width: 5, height: 3, channels: 3, background: '#204060' } });
  const png = await image.png().toBuffer();
  expect(isMarked(png)).toBe(false);
  const picture = marked(png);
  expect(isMarked(picture)).toBe(true);
  expect(isMarked(picture.subarray(0, START))).toBe(true);
  // With a wrong check sum it would not be read.
  const read = sharp(picture, { failOn: 'warning' });
  expect((await read.metadata()).comments).toEqual([{ keyword: 'Software', text: 'adfw predict' }]);
  expect(await read.raw().toBuffer()).toEqual(await sharp(png).raw().toBuffer());
});

it('takes no other file for a picture', () => {
  expect(isMarked(Buffer.alloc(0))).toBe(false);
  expect(isMarked(Buffer.alloc(512))).toBe(false);
});
