import { describe, expect, it } from 'vitest';
import { metricsFixture as fixture } from '../../../fixtures/read-metrics.js';
import { aupimo } from './aupimo.js';
import { pixelsInMemory } from './pixels.js';

const pixelsOf = (
  maps: readonly (readonly number[])[],
  masks: readonly (readonly number[])[],
  height: number,
) =>
  pixelsInMemory(
    maps.map((map) => Float32Array.from(map)),
    masks.map((mask) => Uint8Array.from(mask)),
    { height, width: (maps[0] as readonly number[]).length / height },
  );

describe('aupimo', () => {
  it("is anomalib's for each defective image, up to the thresholds that it leaves out", async () => {
    const { maps, masks, size, bounds } = fixture;
    const areas = await aupimo(pixelsOf(maps, masks, size.height), bounds);
    for (const [i, expected] of fixture.aupimo.entries())
      if (expected === null) expect(areas[i]).toBeNull();
      else expect(Math.abs((areas[i] as number) - expected)).toBeLessThan(0.01);
  });

  it('is what the curve says, counted by hand', async () => {
    // The nominal scores 8, 6, 4, 2 raise the shared rate to 1/4, 1/2, 3/4, 1.
    const areas = await aupimo(
      pixelsOf(
        [
          [2, 8, 4, 6],
          [7, 0, 5, 9],
          [1, 4, 4, 0],
        ],
        [
          [0, 0, 0, 0],
          [1, 0, 1, 1],
          [0, 1, 1, 0],
        ],
        2,
      ),
      [0.25, 1],
    );
    const fromHalf = 1 - Math.log(2) / Math.log(4);
    // 9 is above all; 7 is found from 1/4 on, 5 from 1/2 on.
    expect(areas[0]).toBeNull();
    expect(areas[1]).toBeCloseTo((1 + 1 + fromHalf) / 3, 12);
    // 4 ties with the score that raises the rate from 1/2 to 3/4: half of that way, and all after it.
    const tie = (1 - Math.log(2) / Math.log(4) + (1 - Math.log(3) / Math.log(4))) / 2;
    expect(areas[2]).toBeCloseTo(tie, 12);
  });

  it('takes no more memory than the highest nominal scores: the result is that of all of them', async () => {
    const length = 90_000;
    const noise = (seed: number) =>
      Array.from({ length }, (_, i) => Math.round(1e6 * Math.abs(Math.sin((i + 1) * 12.9898 + seed))));
    const maps = [noise(1), noise(2), noise(3)];
    const mask = Array.from({ length }, (_, i) => (i % 9 === 0 ? 1 : 0));
    const masks = [maps[0]?.map(() => 0) ?? [], maps[1]?.map(() => 0) ?? [], mask];
    const [, , narrow] = await aupimo(pixelsOf(maps, masks, 300), [1e-3, 1e-2]);
    const descending = [...(maps[0] as number[]), ...(maps[1] as number[])].sort((a, b) => b - a);
    const found = (rate: number) => {
      const threshold = descending[Math.floor(rate * descending.length)] as number;
      return (
        (maps[2] as number[]).filter((score, i) => mask[i] === 1 && score > threshold).length / (length / 9)
      );
    };
    const steps = 400;
    const sampled = Array.from({ length: steps }, (_, i) => found(1e-3 * 10 ** ((i + 0.5) / steps)));
    const mean = sampled.reduce((sum, value) => sum + value, 0) / steps;
    expect(narrow).toBeCloseTo(mean, 3);
  });

  it('needs nominal and defective images, and bounds that are rates', async () => {
    await expect(aupimo(pixelsOf([[1, 2]], [[0, 1]], 1))).rejects.toThrow('no nominal image with a mask');
    await expect(aupimo(pixelsOf([[1, 2]], [[0, 1]], 1), [0.1, 0.01])).rejects.toThrow('must be ascending');
  });
});
