import { expect, it } from 'vitest';
import { masksOf, refuseMasksBeside, separateMasks } from './mask-files.js';

const pairs = (images: string[], masks: string[]) => Object.fromEntries(masksOf(images, masks));

/** `crack/größe`, with one character for each letter, and with letters and dots of their own, as macOS stores it. */
const composed = 'crack/gr\u00f6\u00dfe';
const decomposed = 'crack/gro\u0308\u00dfe';

it('finds masks by the name of MVTec AD first, then the name of the image, then those of other datasets', () => {
  const masks = [
    'a/0_gt.png',
    'a/0.png',
    'a/0_mask.png',
    'a/1_gt.png',
    'a/1.tif',
    'a/2_label.bmp',
    'a/2_gt.png',
  ];
  expect(pairs(['a/0.jpg', 'a/1.jpg', 'a/2.jpg', 'a/3.jpg', '0.jpg'], masks)).toEqual({
    'a/0.jpg': 'a/0_mask.png',
    'a/1.jpg': 'a/1.tif',
    'a/2.jpg': 'a/2_gt.png',
  });
});

it('takes names for the same that differ in case, in blanks around them, or in how accents are stored', () => {
  expect(
    pairs(
      [`${composed}.png`, 'crack /1.png', 'Crack/2.PNG'],
      [`${decomposed}_mask.png`, 'crack/1_MASK.PNG', 'crack/2.png'],
    ),
  ).toEqual({
    [`${composed}.png`]: `${decomposed}_mask.png`,
    'crack /1.png': 'crack/1_MASK.PNG',
    'Crack/2.PNG': 'crack/2.png',
  });
});

it('gives nobody the mask of another, where names differ in such things alone', () => {
  expect(pairs(['a.png', 'A.png'], ['a_mask.png'])).toEqual({ 'a.png': 'a_mask.png' });
  expect(pairs(['a.png', 'A.png'], ['A_Mask.png'])).toEqual({});
  expect(pairs(['a.png'], ['A_mask.png', 'a_Mask.png'])).toEqual({});
  expect(pairs([`${composed}.png`, `${decomposed}.png`], [`${composed}.png`, `${decomposed}.png`])).toEqual({
    [`${composed}.png`]: `${composed}.png`,
    [`${decomposed}.png`]: `${decomposed}.png`,
  });
});

it('tells masks from the images they lie beside', () => {
  const images = ['a/0.png', 'a/1.jpg', 'a/gas_mask.png', 'b/0_mask.png', 'Part0.jpg', 'bottle.png'];
  // A gas mask without a picture of gas is an image; so is the view of a label.
  expect(
    separateMasks([...images, 'a/0_MASK.png', 'a/1_gt.png', 'Part0_label.bmp', 'bottle_label.png']),
  ).toEqual({
    images: [...images, 'bottle_label.png'],
    masks: ['a/0_MASK.png', 'a/1_gt.png', 'Part0_label.bmp'],
  });
});

it('refuses to learn from masks', () => {
  expect(() => refuseMasksBeside(['good/0.png', 'good/1_mask.png'])).not.toThrow();
  expect(() => refuseMasksBeside(['good/0.png', 'good/0_mask.png'])).toThrow(
    /good\/0_mask\.png is called as the mask/,
  );
});
