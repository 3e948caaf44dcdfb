import { namedRandom, type RgbImage, randomNormal } from '@adfw/core';
import { readImage } from '@adfw/images';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { duplicatePairs } from './duplicate-pairs.js';
import { nearDuplicates } from './near-duplicates.js';
import { PIXELS, thumbnailOf } from './thumbnail.js';

const SIZE = 160;
const random = namedRandom(1, 'near-duplicates');

/** A part before one background, lit alike: all look the same but for their grain. */
function part(): RgbImage {
  const data = new Uint8Array(SIZE * SIZE * 3);
  const cells = Float64Array.from({ length: 41 * 41 }, () => randomNormal(random));
  for (let y = 0; y < SIZE; y++)
    for (let x = 0; x < SIZE; x++) {
      const inside = Math.hypot(x - 80, y - 80) < 60;
      const grain = cells[Math.floor(y / 4) * 41 + Math.floor(x / 4)] as number;
      const level = (inside ? 90 : 190) + (inside ? 9 * grain : 2 * grain) + x / 8;
      data.fill(Math.max(0, Math.min(255, Math.round(level))), (y * SIZE + x) * 3, (y * SIZE + x) * 3 + 3);
    }
  return { height: SIZE, width: SIZE, data };
}

/** Resized, re-encoded and slightly brightened. */
async function copyOf({ data }: RgbImage): Promise<RgbImage> {
  const bytes = await sharp(data, { raw: { width: SIZE, height: SIZE, channels: 3 } })
    .resize(100, 110, { fit: 'fill' })
    .linear(1.06, 4)
    .jpeg({ quality: 70 })
    .toBuffer();
  return readImage(bytes, { height: SIZE, width: SIZE });
}

function thumbnails(images: readonly RgbImage[]): Uint8Array {
  const all = new Uint8Array(images.length * PIXELS);
  for (const [at, image] of images.entries()) all.set(thumbnailOf(image), at * PIXELS);
  return all;
}

const matters = () => true;

describe('nearDuplicates', () => {
  // With so many, hashes choose what is compared; with few, all is.
  it.each([70, 9, 3])(
    'finds the copies of images among %i that differ in their grain alone',
    async (count) => {
      const images = Array.from({ length: count }, part);
      const copies = [1, count - 1].map((of) => images[of] as RgbImage);
      const all = [...images, ...(await Promise.all(copies.map(copyOf)))];
      const found = await nearDuplicates(thumbnails(all), { matters });
      const pairs = found.map(({ one, other }) => [one, other]).sort(([a = 0], [b = 0]) => a - b);
      expect(pairs).toEqual([
        [1, count],
        [count - 1, count + 1],
      ]);
    },
  );

  it('finds nothing among blank images, and none that do not matter', async () => {
    expect(await nearDuplicates(new Uint8Array(4 * PIXELS).fill(7), { matters })).toEqual([]);
    expect(await nearDuplicates(new Uint8Array(), { matters })).toEqual([]);
    const image = part();
    const all = thumbnails([image, part(), await copyOf(image)]);
    expect(await nearDuplicates(all, { matters: () => false })).toEqual([]);
  });

  it('stops at once', async () => {
    const many = thumbnails(Array.from({ length: 70 }, part));
    const stop = new AbortController();
    const found = nearDuplicates(many, { matters, signal: stop.signal });
    stop.abort(new Error('stopped'));
    await expect(found).rejects.toThrow('stopped');
  });
});

describe('duplicatePairs', () => {
  const sample = { label: 0 as const, group: undefined, checksum: null };
  it('says what pairs are of, those of training and test images first', async () => {
    const [a, b, c, d] = Array.from({ length: 4 }, part) as [RgbImage, RgbImage, RgbImage, RgbImage];
    const others = Array.from({ length: 6 }, part);
    const images = [a, b, c, d, await copyOf(a), await copyOf(b), await copyOf(c), d, ...others];
    const { total, pairs } = await duplicatePairs(
      [
        { ...sample, id: 'a', split: 'train' },
        { ...sample, id: 'b', split: 'validation' },
        { ...sample, id: 'c', split: 'test' },
        { ...sample, id: 'd', split: 'test', checksum: 'x' },
        { ...sample, id: 'a2', split: 'train' },
        { ...sample, id: 'b2', split: 'test', label: 1 },
        { ...sample, id: 'c2', split: 'test', label: 1 },
        { ...sample, id: 'd2', split: 'unlabelled', label: null, checksum: 'x' },
        ...others.map((_, at) => ({ ...sample, id: `${at}`, split: 'train' as const })),
      ],
      thumbnails(images),
      {},
    );
    expect(total).toBe(4);
    expect(pairs.map(({ one, other, kind, exact }) => [one, other, kind, exact])).toEqual([
      ['b', 'b2', 'train-test', false],
      ['c', 'c2', 'contradictory', false],
      ['a', 'a2', 'train', false],
      ['d', 'd2', 'test', true],
    ]);
  });

  it('leaves views of one thing alone, but for copies of one file', async () => {
    const images = Array.from({ length: 8 }, part);
    const copy = await copyOf(images[0] as RgbImage);
    const samples = [...images, copy].map((_, at) => ({
      ...sample,
      id: `${at}`,
      split: 'train' as const,
      group: at === 0 || at === 8 ? 'thing' : undefined,
      checksum: at > 6 ? 'same' : null,
    }));
    const { pairs } = await duplicatePairs(samples, thumbnails([...images, copy]), {});
    expect(pairs.map(({ one, other }) => [one, other])).toEqual([['7', '8']]);
  });
});
