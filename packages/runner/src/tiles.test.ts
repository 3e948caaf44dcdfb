/** A run on images with tiles, from the files to an exported model: a defect is found where it is. */
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  createScoringWorker,
  exportRun,
  loadModel,
  predictFiles,
  prepareExperiment,
  type RunReport,
  readAnomalyMaps,
  resumeExperiment,
  runExperiment,
  useEngine,
} from './index.js';

const [HEIGHT, WIDTH] = [480, 640];
/** Within the overlap of the tiles that begin at 0, 192, 384 and at 0, 112, 224 of sides of 256. */
const DEFECT = { left: 216, top: 230, side: 16 };

let folder: string;
let report: RunReport;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-tiles-'));
  for (const [path, count] of [
    ['train/good', 3],
    ['test/good', 1],
    ['test/spot', 1],
  ] as const)
    for (let index = 0; index < count; index++) await writePicture(path, index);
  report = await runExperiment({
    ...(await prepare()),
    engine: await useEngine('onnxruntime'),
    folder: run(),
  });
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = () => join(folder, 'run');
const prepare = (images: object = {}) =>
  prepareExperiment({
    overrides: [
      {
        source: 'the test',
        document: {
          method: 'patchcore',
          dataset: { type: 'mvtec', root: join(folder, 'part') },
          images: { size: [HEIGHT, WIDTH], tile: { size: 256, overlap: 64 }, ...images },
          model: {
            backbone: { type: 'resnet18', weights: 'random', width: 8 },
            share: 0.01,
          },
          fit: { batchSize: 4 },
        },
      },
    ],
  });

/** Fine waves and noise, more of it in test images; one of `spot` has a dark square. */
async function writePicture(path: string, index: number): Promise<void> {
  const isDefective = path.endsWith('spot');
  const isInside = (at: number, from: number) => at >= from && at < from + DEFECT.side;
  const pixels = Uint8Array.from({ length: HEIGHT * WIDTH * 3 }, (_, i) => {
    const [y, x] = [Math.floor(i / 3 / WIDTH), Math.floor(i / 3) % WIDTH];
    if (isDefective && isInside(y, DEFECT.top) && isInside(x, DEFECT.left))
      return (x + y) % 2 === 0 ? 0 : 255;
    return (
      128 +
      20 * Math.sin(x / 3 + index) +
      20 * Math.cos(y / 3) +
      (((x * 7919) ^ (y * 104729)) % (path === 'train/good' ? 11 : 31))
    );
  });
  const file = join(folder, 'part', path, `${index}.png`);
  await mkdir(join(file, '..'), { recursive: true });
  await sharp(pixels, { raw: { width: WIDTH, height: HEIGHT, channels: 3 } })
    .png()
    .toFile(file);
}

/** The middle of the defect, to a few pixels of the network's grid. */
function expectFound(map: ArrayLike<number>): void {
  let highest = 0;
  for (let at = 0; at < map.length; at++) if ((map[at] as number) > (map[highest] as number)) highest = at;
  const [y, x] = [Math.floor(highest / WIDTH), highest % WIDTH];
  expect(Math.abs(x - (DEFECT.left + DEFECT.side / 2))).toBeLessThan(DEFECT.side);
  expect(Math.abs(y - (DEFECT.top + DEFECT.side / 2))).toBeLessThan(DEFECT.side);
}

const defective = () => join(folder, 'part/test/spot/0.png');

describe('a run on images with tiles', () => {
  it('finds a defect where tiles overlap, and counts images, not tiles', async () => {
    expect(report.dataset).toMatchObject({ train: 2, validation: 1, testGood: 1, testDefective: 1 });
    expect(report.metrics.imageAuroc).toBe(1);
    const maps = await readAnomalyMaps(join(run(), 'anomaly-maps'));
    const map = await maps?.read('test/spot/0.png');
    expect(map).toMatchObject({ width: WIDTH, height: HEIGHT });
    expectFound(map?.data ?? []);
    const { manifest, composition } = await loadModel(run());
    composition.dispose();
    expect(manifest.imageSize).toEqual({ height: HEIGHT, width: WIDTH });
    expect(manifest.experiment.images.tile).toEqual({ size: 256, overlap: 64 });
    expect(
      await resumeExperiment({ ...(await prepare()), engine: await useEngine('onnxruntime'), folder: run() }),
    ).toEqual(report);
  });

  it('costs, for an image, what its tiles cost', async () => {
    const { composition } = await loadModel(run());
    const ofTile = composition.model.cost?.().multiplyAdds as number;
    composition.dispose();
    expect(report.model?.multiplyAdds).toBe(9 * ofTile);
  });

  it('is predicted with alike, here and in a thread', async () => {
    const { manifest, detector, composition } = await loadModel(run());
    const worker = await createScoringWorker(run(), { engine: 'onnxruntime' });
    try {
      expect(worker.detector.tiled).toBe(true);
      const scores = [];
      for (const model of [{ manifest, detector }, worker])
        for await (const { map, score, verdict } of predictFiles(model, [defective()])) {
          expect(verdict).toBe('defective');
          expectFound(map ?? []);
          scores.push(score);
        }
      expect(scores[1]).toBe(scores[0]);
      const csv = await readFile(join(run(), 'scores.csv'), 'utf8');
      expect(csv).toContain(`${scores[0]}`);
    } finally {
      composition.dispose();
      await worker.close();
    }
  });

  it('is exported as a model of whole images, which gives what predict gives', async () => {
    const out = join(folder, 'tiles.onnx');
    const { comparison } = await exportRun(run(), { out });
    expect(comparison.batches).toEqual([1, 2]);
    const session = await InferenceSession.create(await readFile(out), { logSeverityLevel: 3 });
    const { data } = await sharp(defective()).raw().toBuffer({ resolveWithObject: true });
    const { detector, composition } = await loadModel(run());
    composition.dispose();
    const { mean, std } = detector.normalization;
    const planes = [0, 1, 2].flatMap((channel) =>
      Array.from(
        { length: HEIGHT * WIDTH },
        (_, pixel) =>
          ((data[pixel * 3 + channel] as number) / 255 - (mean[channel] as number)) /
          (std[channel] as number),
      ),
    );
    const { anomaly_map, verdict } = await session.run({
      images: new Tensor('float32', planes, [1, 3, HEIGHT, WIDTH]),
    });
    await session.release();
    expect(anomaly_map?.dims).toEqual([1, HEIGHT, WIDTH]);
    expectFound(anomaly_map?.data as Float32Array);
    expect(verdict?.data[0]).toBeTruthy();
  });
});
