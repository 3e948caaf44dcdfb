import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ImageSource } from '@adfw/core';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { drawOverlay, writeOverlays } from './overlay-gallery.js';

const SIZE = 16;
let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-overlays-'));
});
afterEach(() => rm(folder, { recursive: true }));

const galleryOf = (count: number, image: ImageSource['image']) => {
  const samples = Array.from({ length: count }, (_, i) => ({ id: `test/scratch/${i}.png` }));
  return {
    samples,
    images: { length: count, size: [SIZE, SIZE] as const, image },
    scored: samples.map((_, index) => ({ index, score: 0.5 })),
    map: async (): Promise<Float32Array | null> => new Float32Array(SIZE * SIZE),
    mask: async (): Promise<Uint8Array | null> => null,
    thresholds: { benchmark: 0.4, deployed: 0.6 },
    mapRange: { min: 0, max: 1 },
  };
};
const grey = async () => ({ width: SIZE, height: SIZE, data: new Uint8Array(SIZE * SIZE * 3).fill(128) });

describe('writeOverlays', () => {
  it('draws each image once, and counts them', async () => {
    const counted: number[] = [];
    await writeOverlays(folder, { ...galleryOf(5, grey), onProgress: (done) => counted.push(done) });
    const files = await readdir(join(folder, 'test/scratch'));
    expect(files.sort()).toEqual(['0.png', '1.png', '2.png', '3.png', '4.png']);
    expect(counted).toEqual([1, 2, 3, 4, 5]);
  });

  it('draws the images alone where the model has no maps', async () => {
    const gallery = galleryOf(2, grey);
    const masks = [new Uint8Array(SIZE * SIZE).fill(1, 0, 40), null];
    const mask = async (index: number) => masks[index] ?? null;
    await writeOverlays(folder, { ...gallery, map: async () => null, mask, mapRange: null });
    const drawn = (title: string, mask: Uint8Array | null) =>
      grey().then((image) =>
        drawOverlay({ title, image, map: null, score: 0.5, threshold: 0.4, mapRange: null, mask }),
      );
    for (const [index, mask] of masks.entries()) {
      const name = `test/scratch/${index}.png`;
      expect(await readFile(join(folder, name))).toEqual(await drawn(name, mask));
    }
  });

  it('stops at an image that cannot be read, and writes nothing after it has said so', async () => {
    const asked: number[] = [];
    const image = async (index: number) => {
      asked.push(index);
      if (index === 3) throw new Error('image 3 is gone');
      return grey();
    };
    await expect(writeOverlays(folder, galleryOf(20, image))).rejects.toThrow('image 3 is gone');
    const written = await readdir(join(folder, 'test/scratch'));
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await readdir(join(folder, 'test/scratch'))).toEqual(written);
    expect(asked.length).toBeLessThan(8);
  });
});

describe("the threshold of a run's pictures", () => {
  const drawn = async (thresholds: { benchmark: number | null; deployed: number | null }) => {
    await writeOverlays(folder, { ...galleryOf(1, grey), thresholds });
    return readFile(join(folder, 'test/scratch/0.png'));
  };
  const expected = async (threshold: number | null, thresholdName?: string) =>
    drawOverlay({
      title: 'test/scratch/0.png',
      image: await grey(),
      map: new Float32Array(SIZE * SIZE),
      score: 0.5,
      threshold,
      thresholdName,
      mapRange: { min: 0, max: 1 },
    });

  it("is the benchmark's where there is one", async () => {
    expect(await drawn({ benchmark: 0.4, deployed: 0.6 })).toEqual(await expected(0.4));
  });

  it('is else the deployed one, under its name', async () => {
    const picture = await drawn({ benchmark: null, deployed: 0.4 });
    expect(picture).toEqual(await expected(0.4, 'deployed threshold'));
    expect(picture).not.toEqual(await expected(0.4));
  });

  it('is none where there is neither', async () => {
    expect(await drawn({ benchmark: null, deployed: null })).toEqual(await expected(null));
  });
});
