import { describe, expect, it } from 'vitest';
import { DataError } from '../contracts/errors.js';
import { type ModelManifest, manifestText, parseManifest } from './saved-model.js';

const manifest = { format: 'adfw-model', version: 1, heldOutScores: [0.25] } as unknown as ModelManifest;

describe('a manifest', () => {
  it('is read as it was written', () => {
    expect(parseManifest(manifestText(manifest), 'manifest.json')).toEqual(manifest);
  });

  it('has no empty range of scores, as that of one test image: it has that of the held-out images, or none', () => {
    const read = (heldOutScores: number[]) =>
      parseManifest(
        manifestText({ ...manifest, scoreRange: { min: 3, max: 3 }, heldOutScores }),
        'manifest.json',
      ).scoreRange;
    expect(read([2, 1])).toEqual({ min: 1, max: 2 });
    expect(read([1])).toBeNull();
  });

  it.each([
    ['no JSON', '<!doctype html>', /^The model's manifest here\.json is damaged: /],
    ['null', 'null', /^here\.json is not a model of this version: its format is undefined undefined/],
    ['a list', '[]', /^here\.json is not a model of this version/],
    [
      'a later version',
      '{"format": "adfw-model", "version": 2}',
      /its format is adfw-model 2, and adfw-model 1/,
    ],
  ])('is refused where it is %s', (_, text, message) => {
    const parse = () => parseManifest(text, 'here.json');
    expect(parse).toThrow(DataError);
    expect(parse).toThrow(message);
  });
});
