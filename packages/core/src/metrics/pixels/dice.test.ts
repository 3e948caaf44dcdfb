import { expect, it } from 'vitest';
import { diceGlobal, diceMean } from './dice.js';
import { pixelsInMemory } from './pixels.js';

const maps = [
  Float32Array.of(0.9, 0.9, 0.9, 0.1), // predicted 3, defective 2, both 2
  Float32Array.of(0.5, 0.1, 0.1, 0.1), // predicted 1, defective 1, none both
  Float32Array.of(0.9, 0.1, 0.1, 0.1), // nominal, a false alarm
];
const masks = [Uint8Array.of(1, 1, 0, 0), Uint8Array.of(0, 0, 0, 255), Uint8Array.of(0, 0, 0, 0)];

const size = { height: 2, width: 2 };
const pixels = pixelsInMemory(maps, masks, size);

it('averages over the defective images', async () => {
  expect(await diceMean(pixels, 0.5)).toBeCloseTo((4 / 5 + 0) / 2, 14);
});

it('takes the pixels of all images together, false alarms on nominal ones included', async () => {
  expect(await diceGlobal(pixels, 0.5)).toBeCloseTo(4 / (5 + 3), 14);
  const defective = pixelsInMemory(maps.slice(0, 2), masks.slice(0, 2), size);
  expect(await diceGlobal(defective, 0.5)).toBeCloseTo(4 / (4 + 3), 14);
});

it('leaves images without a mask out', async () => {
  const some = pixelsInMemory(maps, [masks[0] as Uint8Array, null, null], size);
  expect(await diceGlobal(some, 0.5)).toBeCloseTo(4 / 5, 14);
  expect(await diceMean(some, 0.5)).toBeCloseTo(4 / 5, 14);
});

it('is 0 where nothing is predicted and 1 where all is right', async () => {
  expect(await diceMean(pixels, 2)).toBe(0);
  expect(await diceGlobal(pixels, 2)).toBe(0);
  const right = pixelsInMemory([Float32Array.of(1, 0)], [Uint8Array.of(1, 0)], { height: 1, width: 2 });
  expect(await diceMean(right, 0.5)).toBe(1);
});

it('says what is wrong with its input', async () => {
  const nominal = pixelsInMemory(maps.slice(2), masks.slice(2), size);
  await expect(diceMean(nominal, 0.5)).rejects.toThrow('No mask has a defective pixel');
  await expect(diceGlobal(pixelsInMemory([], [], size), 0.5)).rejects.toThrow(
    'No mask has a defective pixel',
  );
  const wrong = pixelsInMemory([Float32Array.of(0, 0, Number.NaN, 0)], [Uint8Array.of(1, 0, 0, 0)], size);
  await expect(diceGlobal(wrong, 0.5)).rejects.toThrow('Score 2 of the anomaly map of image 0 is NaN');
});
