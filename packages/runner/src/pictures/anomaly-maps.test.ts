import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAnomalyMaps, writeAnomalyMaps } from './anomaly-maps.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-anomaly-maps-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const size = { width: 5, height: 3 };
const samples = ['test/good/0.jpg', 'test/hole/0.jpg', 'test/hole/0.png'].map((id) => ({ id }));
const maps = samples.map((_, image) =>
  Float32Array.from({ length: 15 }, (_, pixel) => -0.5 + image + Math.sin(pixel)),
);
const scored = maps.map((map, index) => ({ index, map, score: Math.max(...map) }));
const range = { min: Math.min(...maps.flatMap((map) => [...map])), max: Math.max(...(maps[2] ?? [])) };

describe('the anomaly maps of a run', () => {
  it('are read as they were written, to half a step of 16 bits', async () => {
    const path = join(folder, 'maps');
    await writeAnomalyMaps(path, { size, samples, scored, range });
    const saved = await readAnomalyMaps(path);
    for (const [index, { id }] of samples.entries()) {
      const map = await saved?.read(id);
      expect(map).toMatchObject(size);
      const step = (range.max - range.min) / 65535;
      map?.data.forEach((score, pixel) => {
        expect(Math.abs(score - (maps[index]?.[pixel] as number))).toBeLessThan(0.51 * step);
      });
    }
    expect(await saved?.read('constructor')).toBeNull();
  });

  it('are grey PNGs of 16 bits, each under a name of its own', async () => {
    const path = join(folder, 'maps');
    expect((await readdir(path, { recursive: true })).filter((name) => name.endsWith('.png')).sort()).toEqual(
      [join('test', 'good', '0.png'), join('test', 'hole', '0.jpg.png'), join('test', 'hole', '0.png.png')],
    );
    const { depth, channels } = await sharp(join(path, 'test', 'good', '0.png')).metadata();
    expect({ depth, channels }).toEqual({ depth: 'ushort', channels: 1 });
  });

  it('are found however the accents of a name are stored', async () => {
    const path = join(folder, 'accents');
    await writeAnomalyMaps(path, {
      size,
      samples: [{ id: 'test/good/\u00f6.jpg' }],
      scored: scored.slice(0, 1),
      range,
    });
    expect(await (await readAnomalyMaps(path))?.read('test/good/o\u0308.jpg')).toMatchObject(size);
  });

  it('say where there is no score', async () => {
    const path = join(folder, 'unscored');
    const some = maps.map((map, index) => ({ index, map: map.with(index, Number.NEGATIVE_INFINITY) }));
    await writeAnomalyMaps(path, { size: () => size, samples, scored: some, range, hasUnscored: true });
    const saved = await readAnomalyMaps(path);
    expect(saved?.manifest.noScore).toBe(0);
    const step = (range.max - range.min) / 65535;
    for (const [index, { id }] of samples.entries()) {
      const map = await saved?.read(id);
      expect(map).toMatchObject(size);
      map?.data.forEach((score, pixel) => {
        if (pixel === index) expect(score).toBe(Number.NEGATIVE_INFINITY);
        else expect(Math.abs(score - (maps[index]?.[pixel] as number))).toBeLessThan(0.51 * step);
      });
    }
  });

  it('may all be equal', async () => {
    const flat = [{ index: 0, map: new Float32Array(15).fill(0.25), score: 0.25 }];
    const path = join(folder, 'flat');
    await writeAnomalyMaps(path, { size, samples, scored: flat, range: { min: 0.25, max: 0.25 } });
    const saved = await readAnomalyMaps(path);
    expect([...((await saved?.read('test/good/0.jpg'))?.data ?? [])]).toEqual(Array(15).fill(0.25));
    expect(await saved?.read('test/hole/0.jpg')).toBeNull();
  });

  it('name the images that have one, and no others', async () => {
    const path = join(folder, 'some');
    const counted: [number, number][] = [];
    const some = scored.map((image) => (image.index === 1 ? { ...image, map: null } : image));
    const onProgress = (done: number, total: number) => counted.push([done, total]);
    await writeAnomalyMaps(path, { size, samples, scored: some, range, onProgress });
    const saved = await readAnomalyMaps(path);
    expect(Object.keys(saved?.manifest.files ?? {})).toEqual(['test/good/0.jpg', 'test/hole/0.png']);
    expect(counted).toEqual([
      [1, 2],
      [2, 2],
    ]);
    expect(await saved?.read('test/hole/0.jpg')).toBeNull();
  });

  it('are null where a run saved none, and an error that names the file where they are damaged', async () => {
    expect(await readAnomalyMaps(join(folder, 'none'))).toBeNull();
    const path = join(folder, 'damaged');
    await writeAnomalyMaps(path, { size, samples, scored, range });
    await writeFile(join(path, 'test', 'good', '0.png'), 'no PNG');
    const saved = await readAnomalyMaps(path);
    await expect(saved?.read('test/good/0.jpg')).rejects.toThrow(/anomaly map .*0\.png cannot be read/);
    await writeFile(join(path, 'manifest.json'), '{"format":"other"}');
    await expect(readAnomalyMaps(path)).rejects.toThrow(/manifest\.json is not of this version/);
  });
});
