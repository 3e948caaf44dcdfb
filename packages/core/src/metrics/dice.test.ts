import { expect, it } from 'vitest';
import { diceGlobal, diceMean } from './dice.js';

const maps = [
  Float32Array.of(0.9, 0.9, 0.9, 0.1), // predicted 3, defective 2, both 2
  Float32Array.of(0.5, 0.1, 0.1, 0.1), // predicted 1, defective 1, none both
  Float32Array.of(0.9, 0.1, 0.1, 0.1), // nominal, a false alarm
];
const masks = [Uint8Array.of(1, 1, 0, 0), Uint8Array.of(0, 0, 0, 255), Uint8Array.of(0, 0, 0, 0)];

it('averages over the defective images', () => {
  expect(diceMean(maps, masks, 0.5)).toBeCloseTo((4 / 5 + 0) / 2, 14);
});

it('takes the pixels of all images together, false alarms on nominal ones included', () => {
  expect(diceGlobal(maps, masks, 0.5)).toBeCloseTo(4 / (5 + 3), 14);
  expect(diceGlobal(maps.slice(0, 2), masks.slice(0, 2), 0.5)).toBeCloseTo(4 / (4 + 3), 14);
});

it('is 0 where nothing is predicted and 1 where all is right', () => {
  expect(diceMean(maps, masks, 2)).toBe(0);
  expect(diceGlobal(maps, masks, 2)).toBe(0);
  expect(diceMean([Float32Array.of(1, 0)], [Uint8Array.of(1, 0)], 0.5)).toBe(1);
});

it('says what is wrong with its input', () => {
  expect(() => diceMean(maps, masks.slice(0, 2), 0.5)).toThrow('3 anomaly maps but 2 masks');
  expect(() => diceMean([Float32Array.of(1)], [Uint8Array.of(0)], 0.5)).toThrow(
    'No mask has a defective pixel',
  );
  expect(() => diceGlobal([], [], 0.5)).toThrow('No mask has a defective pixel');
});
