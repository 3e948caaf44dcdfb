import { describe, expect, it } from 'vitest';
import { fileKey, overlayNames } from './overlay-names.js';

const named = (...ids: string[]) => overlayNames(ids.map((id) => ({ id })));

describe('overlayNames', () => {
  it("gives each image its own path with a PNG's ending", () => {
    expect(named('test/good/1.png', 'test/hole/1.jpg', 'photo', '.hidden')).toEqual([
      'test/good/1.png',
      'test/hole/1.png',
      'photo.png',
      '.png',
    ]);
  });

  it('gives images that differ in their ending only a name each', () => {
    expect(named('a/1.png', 'a/1.jpg', 'a/2.bmp')).toEqual(['a/1.png.png', 'a/1.jpg.png', 'a/2.png']);
  });

  it('keeps names apart that only the added ending makes equal', () => {
    expect(named('a.jpg', 'a.png', 'a.jpg.png')).toEqual(['a.jpg.png', 'a.png.png', 'a.jpg~2.png']);
  });

  it('keeps names apart that are one file where case and composed accents do not count', () => {
    expect(named('A.jpg', 'a.jpg', 'b.jpg')).toEqual(['A.png', 'a~2.png', 'b.png']);
    expect(named('gr\u00f6\u00dfe.png', 'gro\u0308\u00dfe.png')).toEqual([
      'gr\u00f6\u00dfe.png',
      'gro\u0308\u00dfe~2.png',
    ]);
    expect(named('X/a.png', 'x/a.png')).toEqual(['X/a.png', 'x/a~2.png']);
  });

  it('leaves a name to the folder that has it', () => {
    expect(named('a.png/1.jpg', 'a.jpg')).toEqual(['a.png/1.png', 'a~2.png']);
    expect(named('A.PNG/x/1.jpg', 'a.jpg', 'a~2.jpg')).toEqual(['A.PNG/x/1.png', 'a~3.png', 'a~2.png']);
  });

  it('tells one image from another that is listed twice', () => {
    expect(named('a.png', 'a.png', 'a.png')).toEqual(['a.png', 'a~2.png', 'a~3.png']);
  });

  it('cuts names that no disk takes, and keeps them apart', () => {
    const long = 'ä'.repeat(126);
    const names = named(`x/${long}1.tiff`, `x/${long}2.tiff`, `x/${long}1.png`, 'short.png');
    expect(names[3]).toBe('short.png');
    for (const name of names) expect(Buffer.byteLength(name.replace('x/', ''))).toBeLessThanOrEqual(255);
    expect(new Set(names.map(fileKey)).size).toBe(4);
    expect(names).toEqual(named(`x/${long}1.tiff`, `x/${long}2.tiff`, `x/${long}1.png`, 'short.png'));
  });

  it('gives every image of a hard mixture a file of its own, in any order', () => {
    const ids = [
      'a',
      'a.png',
      'A.png',
      'a.png.png',
      'a~2.png',
      'a.jpg',
      'a.jpg.png',
      'a.jpg/a.png',
      'a.png/b.png',
    ];
    for (let turn = 0; turn < ids.length; turn++) {
      const names = named(...ids.slice(turn), ...ids.slice(0, turn));
      expect(new Set(names.map(fileKey)).size).toBe(ids.length);
      const folders = ['a.jpg', 'a.png'];
      expect(names.filter((name) => folders.includes(fileKey(name)))).toEqual([]);
    }
  });
});
