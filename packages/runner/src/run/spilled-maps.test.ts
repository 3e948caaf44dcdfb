import fs, { type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataError, evaluate, pixelsInMemory, type Thresholder } from '@adfw/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { removeLeftovers } from '../files/atomic-file.js';
import { type SpilledMaps, withSpilledMaps } from './spilled-maps.js';

// Only `open` can be replaced by a test; everything else, and `open` otherwise, is the real thing.
const opened = vi.hoisted(() => ({ handle: (handle: FileHandle) => handle }));
vi.mock('node:fs/promises', async (importActual) => {
  const actual = await importActual<typeof fs>();
  const open: typeof actual.open = async (...args) => opened.handle(await actual.open(...args));
  return { ...actual, open };
});

let folder: string;
beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'adfw-maps-'));
});
afterEach(async () => {
  opened.handle = (handle) => handle;
  expect(await fs.readdir(folder)).toEqual([]);
  await fs.rm(folder, { recursive: true });
});

const size = { height: 2, width: 3 };
const mapOf = (first: number, { height, width } = size) =>
  Float32Array.from({ length: height * width }, (_, i) => first + i / 8);
const zero = new Uint8Array(6);
const defect = Uint8Array.of(0, 0, 1, 255, 0, 0);

describe('withSpilledMaps', () => {
  it('gives back maps and masks by index, of any size and in any order', async () => {
    const wide = { height: 1, width: 10 };
    await withSpilledMaps(folder, async (maps) => {
      expect([maps.length, maps.range]).toEqual([0, null]);
      await maps.add(size, mapOf(1), null);
      await maps.add(wide, mapOf(-2, wide), new Uint8Array(10).fill(1));
      await maps.add(size, mapOf(0.5), zero);
      await maps.add(size, mapOf(3), defect);
      expect([maps.length, maps.range]).toEqual([4, { min: -2, max: 3.625 }]);
      for (const index of [3, 0, 2, 0]) {
        expect(await maps.map(index)).toEqual(mapOf([1, 0, 0.5, 3][index] as number));
        expect(await maps.mask(index)).toEqual([null, null, zero, defect][index]);
        expect(maps.size(index)).toEqual(size);
      }
      expect(await maps.map(1)).toEqual(mapOf(-2, wide));
      expect(await maps.mask(1)).toEqual(new Uint8Array(10).fill(1));
      await expect(maps.map(4)).rejects.toThrow('There is no image 4: 4 were added');
    });
  });

  it('counts pixels without a score, where no mask counts', async () => {
    const map = mapOf(1).fill(Number.NEGATIVE_INFINITY, 0, 3);
    await withSpilledMaps(folder, async (maps) => {
      await maps.add(size, map, defect);
      await maps.add(size, mapOf(1), defect);
      await maps.add(size, map, Uint8Array.of(1, 0, 0, 0, 0, 0));
      expect([0, 1, 2].map((index) => maps.unscored(index))).toEqual([3, 0, 3]);
      expect(maps.range).toEqual({ min: 1, max: 1.625 });
      expect(await maps.map(0)).toEqual(map);
      expect(await maps.mask(0)).toEqual(Uint8Array.of(0, 0, 0, 255, 0, 0));
      expect(await maps.mask(1)).toEqual(defect);
      expect(await maps.mask(2)).toEqual(zero);
    });
  });

  it('reads into memory that is given, where it fits', async () => {
    await withSpilledMaps(folder, async (maps) => {
      await maps.add(size, mapOf(1), defect);
      await maps.add(size, mapOf(2), zero);
      const [map, mask] = [await maps.map(0), await maps.mask(0)];
      expect(await maps.map(1, map)).toBe(map);
      expect(await maps.mask(1, mask as Uint8Array)).toBe(mask);
      expect([map, mask]).toEqual([mapOf(2), zero]);
      expect(await maps.map(0, new Float32Array(4))).toEqual(mapOf(1));
    });
  });

  it('does not take maps and masks of another size', async () => {
    await withSpilledMaps(folder, async (maps) => {
      await expect(maps.add(size, mapOf(1, { height: 3, width: 3 }), zero)).rejects.toThrow(
        'a map of 9 pixels',
      );
      await expect(maps.add(size, mapOf(1), new Uint8Array(5))).rejects.toThrow('a mask of 5');
      expect(maps.length).toBe(0);
    });
  });

  it('is evaluated like maps in memory', async () => {
    const images = Array.from({ length: 6 }, (_, index) => ({
      map: mapOf(index % 4),
      mask: [zero, defect, null][index % 3] as Uint8Array | null,
    }));
    const threshold: Thresholder = { needs: 'labels', threshold: () => 2.25 };
    const evaluated = (pixels: Parameters<typeof evaluate>[0]['pixels']) =>
      evaluate({ scores: [1, 2, 3, 1, 2, 3], labels: [0, 1, 1, 0, 1, 1], pixels, threshold, deployed: null });
    const inMemory = pixelsInMemory(
      images.map(({ map }) => map),
      images.map(({ mask }) => mask),
      size,
    );
    const evaluation = await evaluated(inMemory);
    expect(evaluation.aupro).toEqual(expect.any(Number));
    await withSpilledMaps(folder, async (maps) => {
      for (const { map, mask } of images) await maps.add(size, map, mask);
      expect(await evaluated(maps)).toEqual(evaluation);
    });
  });
});

describe('the file', () => {
  it('is there only meanwhile', async () => {
    const given = await withSpilledMaps(folder, async () => {
      expect(await fs.readdir(folder)).toEqual([expect.stringContaining('maps.f32')]);
      return 7;
    });
    expect(given).toBe(7);
  });

  it('is gone after an error', async () => {
    const failed = withSpilledMaps(folder, async (maps) => {
      await maps.add(size, mapOf(1), defect);
      throw new Error('stopped');
    });
    await expect(failed).rejects.toThrow('stopped');
  });

  it('is a leftover like others, where the process was killed', async () => {
    await withSpilledMaps(folder, async () => {
      await removeLeftovers(folder);
      expect(await fs.readdir(folder)).toEqual([]);
    });
  });

  it('of another run in the same folder is another', async () => {
    await withSpilledMaps(folder, async (maps) => {
      await maps.add(size, mapOf(1), null);
      await withSpilledMaps(folder, async (others) => {
        await others.add(size, mapOf(2), null);
        expect(await maps.map(0)).toEqual(mapOf(1));
      });
    });
  });

  it('says so where it cannot be made', async () => {
    const missing = join(folder, 'none');
    await expect(withSpilledMaps(missing, async () => 1)).rejects.toThrow(
      /none\/\.tmp-maps\.f32-\w+ cannot be written: the folder .*none does not exist/,
    );
  });

  const addMany = async (maps: SpilledMaps) => {
    for (let index = 0; index < 100; index++) await maps.add(size, mapOf(index), defect);
  };
  const full = /maps\.f32-\w+ cannot be written: the disk is full; free some space and try again\.$/;

  it('says so where the disk fills up in the middle of a map', async () => {
    opened.handle = (handle) => {
      const write = handle.write.bind(handle) as (...args: unknown[]) => unknown;
      let left = 100;
      handle.write = (async (bytes: Uint8Array, from: number, length: number, at: number) => {
        if (left === 0) throw Object.assign(new Error('ENOSPC: write'), { code: 'ENOSPC' });
        const room = Math.min(length, left);
        left -= room;
        return write(bytes, from, room, at);
      }) as FileHandle['write'];
      return handle;
    };
    const failed = withSpilledMaps(folder, addMany);
    await expect(failed).rejects.toThrow(full);
    await expect(failed).rejects.toThrow(DataError);
  });

  it.runIf(process.platform === 'linux')('says so where the system says that the disk is full', async () => {
    const device = await fs.open('/dev/full', 'r+');
    opened.handle = (handle) => {
      handle.write = device.write.bind(device) as FileHandle['write'];
      return handle;
    };
    await expect(withSpilledMaps(folder, addMany)).rejects.toThrow(full);
    await device.close();
  });

  it('says so where it is cut off', async () => {
    const cut = withSpilledMaps(folder, async (maps) => {
      await maps.add(size, mapOf(1), null);
      const [name] = await fs.readdir(folder);
      await fs.truncate(join(folder, name as string), 8);
      await maps.map(0);
    });
    await expect(cut).rejects.toThrow(/maps\.f32-\w+ is shorter than what was written into it/);
  });
});
