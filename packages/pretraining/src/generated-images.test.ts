import { memoryBudget } from '@adfw/core';
import { expect, it } from 'vitest';
import { generatedImages } from './generated-images.js';
import { joinedImages, keptImages } from './images.js';

it('are made from their index and the seed, in any order', async () => {
  const images = generatedImages({ count: 3, size: 32, seed: 4 });
  const second = await images.image(1);
  expect(second).toMatchObject({ height: 32, width: 32 });
  await images.image(0);
  expect(await images.image(1)).toEqual(second);
  expect(await generatedImages({ count: 3, size: 32, seed: 5 }).image(1)).not.toEqual(second);
  await expect(images.image(3)).rejects.toThrow('There is no generated image 3 of 3.');
});

it('are kept while the budget lasts, and joined with others', async () => {
  let made = 0;
  const counted = {
    length: 2,
    image: async (index: number) => {
      made += 1;
      return { height: 1, width: 1, data: Uint8Array.of(index, 0, 0) };
    },
  };
  const budget = memoryBudget(3);
  const both = joinedImages([keptImages(counted, budget), generatedImages({ count: 1, size: 32, seed: 0 })]);
  expect(both.length).toBe(3);
  for (const index of [0, 1, 0, 1]) expect((await both.image(index)).data[0]).toBe(index);
  // The first is kept, the second made anew.
  expect(made).toBe(3);
  expect((await both.image(2)).height).toBe(32);
  expect(() => both.image(3)).toThrow('There is no image 3.');
});
