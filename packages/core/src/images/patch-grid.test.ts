import { tensor4d, unstack } from '@tensorflow/tfjs-core';
import '@tensorflow/tfjs-backend-cpu';
import { beforeAll, describe, expect, it } from 'vitest';
import { tf } from '../tensors/tf.js';
import { namedRandom } from './named-random.js';
import { checkPatchGrid, imagePatches, patchStarts, randomPatch } from './patch-grid.js';

beforeAll(() => tf.setBackend('cpu'));

const size = { height: 11, width: 9 };
const grid = { size: 5, stride: 2 };

describe('patchStarts', () => {
  it.each([
    [11, [0, 2, 4, 6]],
    [10, [0, 2, 4, 5]],
    [5, [0]],
    [6, [0, 1]],
  ])('ends where the axis does: %i', (length, starts) => {
    expect(patchStarts(length, grid)).toEqual(starts);
  });
});

describe('randomPatch', () => {
  it('is one of the patches at stride 1, and comes from everywhere', () => {
    const data = Uint8Array.from({ length: 7 * 6 * 3 }, (_, at) => at);
    const image = { height: 7, width: 6, data };
    const all = imagePatches(tensor4d([...data], [1, 7, 6, 3]), { size: 5, stride: 1 });
    const wanted = unstack(all).map((patch) => patch.dataSync().join());
    const random = namedRandom(1, 'test');
    const found = new Set(Array.from({ length: 100 }, () => randomPatch(image, random, 5).data.join()));
    expect([...found].sort()).toEqual(wanted.sort());
  });
});

describe('checkPatchGrid', () => {
  it('refuses patches larger than the images, and gaps between them', () => {
    expect(() => checkPatchGrid({ size: 10, stride: 2 }, size)).toThrow(
      'Images of 11x9 have no patch of 10x10 pixels: give $.model.patches.size 9 at most',
    );
    expect(() => checkPatchGrid({ size: 4, stride: 5 }, size)).toThrow(
      'give $.model.patches.stride 4 at most',
    );
    checkPatchGrid({ size: 9, stride: 9 }, size);
  });
});
