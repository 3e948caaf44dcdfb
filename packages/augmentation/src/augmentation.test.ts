import { readFileSync } from 'node:fs';
import { namedRandom, type RgbImage } from '@adfw/core';
import { describe, expect, it } from 'vitest';
import { adjustedBrightness, adjustedContrast, flipped, plugin, rotated, shifted } from './index.js';

const fixture = JSON.parse(
  readFileSync(new URL('../fixtures/augmentation.json', import.meta.url), 'utf8'),
) as {
  height: number;
  width: number;
  image: number[];
} & Record<'brightness' | 'contrast' | 'rotation' | 'shift', Record<string, number[]>>;
const { height, width } = fixture;
const image: RgbImage = { height, width, data: Uint8Array.from(fixture.image) };
const furthest = (found: RgbImage, expected: readonly number[] = []) => {
  expect(expected.length).toBe(found.data.length);
  return Math.max(...expected.map((value, i) => Math.abs(value - (found.data[i] as number))));
};
const pixel = ({ data, width }: RgbImage, x: number, y: number) => [
  ...data.subarray(3 * (y * width + x), 3 * (y * width + x) + 3),
];

describe('values', () => {
  it.each([0.7, 1.3])("of brightness %f are torchvision's, to rounding", (factor) => {
    expect(furthest(adjustedBrightness(image, factor), fixture.brightness[factor])).toBeLessThanOrEqual(1);
  });
  it.each([0.6, 1.4])("of contrast %f are torchvision's, to rounding", (factor) => {
    expect(furthest(adjustedContrast(image, factor), fixture.contrast[factor])).toBeLessThanOrEqual(1);
  });
});

describe('places', () => {
  it.each([-25, 33, 90])("of an image turned by %f degrees are scipy's", (degrees) => {
    expect(furthest(rotated(image, degrees), fixture.rotation[degrees])).toBeLessThanOrEqual(0.5001);
  });
  it("of a shifted image are scipy's", () => {
    expect(furthest(shifted(image, { x: 3.25, y: -2.5 }), fixture.shift['3.25,-2.5'])).toBeLessThanOrEqual(
      0.5001,
    );
  });
  it('are mirrored', () => {
    const both = flipped(image, { horizontal: true, vertical: true });
    expect(pixel(both, 0, 0)).toEqual(pixel(image, width - 1, height - 1));
    const across = flipped(image, { horizontal: true, vertical: false });
    expect(pixel(across, 2, 4)).toEqual(pixel(image, width - 3, 4));
    expect(flipped(image, { horizontal: false, vertical: false })).toBe(image);
  });
});

describe('each part', () => {
  const create = async (name: string, options: object) => {
    const part = plugin.parts?.find((candidate) => candidate.name === name);
    return (await part?.create(options, { seed: 1 })) as (image: RgbImage, random: () => number) => RgbImage;
  };

  it('draws a half of the images to mirror', async () => {
    const flip = await create('flip', { horizontal: true, vertical: false });
    const random = namedRandom(1, 'flips');
    const count = Array.from({ length: 400 }, () => flip(image, random)).filter(
      (found) => found !== image,
    ).length;
    expect(count).toBeGreaterThan(150);
    expect(count).toBeLessThan(250);
  });

  it('adds noise of the deviation that is asked for', async () => {
    const noise = await create('noise', { deviation: 8 });
    const grey = { height: 100, width: 100, data: new Uint8Array(30_000).fill(128) };
    const { data } = noise(grey, namedRandom(1, 'noise'));
    const variance = data.reduce((sum, value) => sum + (value - 128) ** 2, 0) / data.length;
    expect(Math.sqrt(variance)).toBeCloseTo(8, 0);
  });

  it('stays within what is asked for', async () => {
    const brightness = await create('brightness', { amount: 0.2 });
    const grey = { height: 1, width: 1, data: Uint8Array.of(100, 100, 100) };
    const random = namedRandom(1, 'brightness');
    const found = Array.from({ length: 300 }, () => brightness(grey, random).data[0] as number);
    expect(Math.min(...found)).toBeGreaterThanOrEqual(79);
    expect(Math.min(...found)).toBeLessThan(85);
    expect(Math.max(...found)).toBeLessThanOrEqual(120);
    expect(Math.max(...found)).toBeGreaterThan(115);
  });
});
