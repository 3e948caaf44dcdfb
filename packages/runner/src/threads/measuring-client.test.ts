/** The threads run what was built (`dist`), the tests this source. */
import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  type Evaluation,
  evaluate,
  type PixelSource,
  pixelAuroc,
  pixelsInMemory,
  type Thresholder,
} from '@adfw/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type SpilledMaps, withSpilledMaps } from '../run/spilled-maps.js';
import { measuringThreads, withMeasuringThreads } from './measuring-client.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-measuring-'));
});
afterEach(async () => {
  expect(await readdir(folder)).toEqual([]);
  await rm(folder, { recursive: true });
});

const size = { height: 40, width: 50 };
/** Scores of both signs, some of which tie; every third image is nominal, every seventh has no mask. */
const images = Array.from({ length: 60 }, (_, image) => {
  const map = Float32Array.from({ length: size.height * size.width }, (_, i) =>
    Math.fround(Math.sin(i * 12.9898 + image * 78.233) * (i % 5 === 0 ? 1 : 43758.5453)),
  );
  const mask = new Uint8Array(map.length);
  if (image % 3 !== 0)
    for (let i = 0; i < 200; i++) {
      const pixel = 300 + image * 11 + (i % 20) + 50 * Math.floor(i / 20);
      mask[pixel] = 1;
      map[pixel] = Math.fround((map[pixel] as number) + 20_000);
    }
  return { map, mask: image % 7 === 0 ? null : mask };
});
const labels = images.map((_, image) => Number(image % 3 !== 0));
const threshold: Thresholder = {
  needs: 'masks',
  threshold: async ({ pixels }) => 3e4 * (await pixelAuroc(pixels as PixelSource)),
};
const evaluation = (pixels: PixelSource): Promise<Evaluation> =>
  evaluate({
    scores: labels.map((label, i) => label + (i % 5) / 4),
    labels,
    pixels,
    threshold,
    deployed: 3e4,
  });

const withMaps = <T>(work: (maps: SpilledMaps) => Promise<T>): Promise<T> =>
  withSpilledMaps(folder, async (maps) => {
    for (const { map, mask } of images) await maps.add(size, map, mask);
    return work(maps);
  });

describe('measuring in threads', () => {
  it.each([1, 2, 4])('%d of them give the numbers of none, bit for bit', async (threads) => {
    const here = pixelsInMemory(
      images.map(({ map }) => map),
      images.map(({ mask }) => mask),
      size,
    );
    const expected = await evaluation(here);
    expect(expected.aupro).toBeGreaterThan(0.1);
    expect(expected.aupimo).toBeGreaterThan(0);
    const found = await withMaps((maps) => withMeasuringThreads(maps, { threads }, evaluation));
    expect(found).toEqual(expected);
  });

  it('ends at once when it is stopped, whatever a thread is at', async () => {
    const stop = new AbortController();
    let seen = 0;
    const stopped = withMaps((maps) =>
      withMeasuringThreads(maps, { threads: 2, signal: stop.signal }, (pixels) => {
        const { each } = pixels as Required<PixelSource>;
        return evaluation({
          ...pixels,
          each: (images, tasks, take) =>
            each(images, tasks, (results, index) => {
              if (++seen === 70) stop.abort(new Error('Ctrl-C'));
              take(results, index);
            }),
        });
      }),
    );
    await expect(stopped).rejects.toThrow('Ctrl-C');
  });

  it('says which map is wrong, the first one whoever finds it', async () => {
    const broken = (threads: number) =>
      withSpilledMaps(folder, async (maps) => {
        for (const [i, { map, mask }] of images.entries())
          await maps.add(size, i === 31 || i === 44 ? map.with(7, Number.NaN) : map, mask);
        return withMeasuringThreads(maps, { threads }, evaluation);
      });
    for (const threads of [0, 2])
      await expect(broken(threads)).rejects.toThrow('Score 7 of the anomaly map of image 31 is NaN');
  });

  it('says which file is not what it was', async () => {
    const cut = withMaps((maps) =>
      withMeasuringThreads(maps, { threads: 2 }, async (pixels) => {
        await truncate(maps.path, 100_000);
        return evaluation(pixels);
      }),
    );
    await expect(cut).rejects.toThrow(/maps\.f32-\w+ is shorter than what was written/);
  });

  it('is for large test sets', async () => {
    const large = { height: 2048, width: 2048 };
    expect(await withMaps(async (maps) => measuringThreads(maps))).toBe(0);
    const many = { length: 2, size: () => large } as unknown as SpilledMaps;
    expect(measuringThreads(many)).toBeGreaterThan(0);
  });
});
