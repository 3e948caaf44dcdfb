import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { imageSizeOf, normalizedName } from '@adfw/core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { anomalyMap, SIDE, writeTestRun } from '../test-run.test.fixture.js';
import { gatherReport } from './gather-report.js';
import { runPictures } from './run-pictures.js';
import { readRun } from './run-record.js';
import { openTestImages } from './test-images.js';

const images = [
  { id: 'test/good/0.png', score: 0.1 },
  { id: 'test/good/1.png', score: 0.3 },
  { id: 'test/hole/0.png', score: 0.25 },
  { id: 'test/hole/1.png', score: 0.9 },
];

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-pictures-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

it.each([true, false])(
  'are those that are drawn of a run afterwards, whether it has maps (%s)',
  async (hasMaps) => {
    const [run, data] = [join(folder, `run-${hasMaps}`), join(folder, `data-${hasMaps}`)];
    await writeTestRun(run, { data, images, hasMaps });
    const { document, pictures } = await gatherReport([run]);
    const { experiment, maps, thresholds } = await readRun(run);
    const size = imageSizeOf(experiment);
    expect(size).toMatchObject({ width: SIDE, height: SIDE });

    const drawn = runPictures();
    const opened = await openTestImages(experiment, []);
    for (const { id } of images) {
      const { image, mask } = await opened.read(id);
      if (image) await drawn.watch.image({ id, total: images.length, image, mask });
    }
    // In another order than the images', as a run may.
    for (const { id, score } of images.toReversed())
      if (maps)
        await drawn.watch.map({
          id,
          map: anomalyMap(score),
          size,
          scale: maps.manifest,
          threshold: thresholds.benchmark ?? thresholds.deployed,
        });
    const all = await drawn.all();
    expect(images.map(({ id }) => all.get(normalizedName(id)))).toEqual([...pictures.values()]);
    expect(all.size).toBe(4);

    await rm(data, { recursive: true });
    const gathered = await gatherReport([run], { drawn: all });
    expect(gathered).toEqual({ document, pictures });
  },
);
