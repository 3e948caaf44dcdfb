/** A run on images with tiles, from the files to an exported model: a defect is found where it is. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
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
  type RunReport,
  readAnomalyMaps,
  resumeExperiment,
  runExperiment,
  useEngine,
} from './index.js';
import {
  eachPicture,
  highestOf,
  isInSquare,
  planesOf,
  preparePatchCore,
  waves,
  writePng,
} from './planted-defect.test.fixture.js';

const [HEIGHT, WIDTH] = [480, 640];
/** Within the overlap of the tiles that begin at 0, 192, 384 and at 0, 112, 224 of sides of 256. */
const DEFECT = { left: 216, top: 230, side: 16 };

let folder: string;
let report: RunReport;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-tiles-'));
  await eachPicture([3, 1, 1], writePicture);
  report = await runExperiment({
    ...(await prepare()),
    engine: await useEngine('onnxruntime'),
    folder: run(),
  });
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const run = () => join(folder, 'run');
const prepare = (images: object = {}) =>
  preparePatchCore(join(folder, 'part'), {
    size: [HEIGHT, WIDTH],
    tile: { size: 256, overlap: 64 },
    share: 0.01,
    batchSize: 4,
    ...images,
  });

/** Fine waves; one picture of `spot` has a checked square. */
async function writePicture(path: string, index: number): Promise<void> {
  const background = waves(path, index, [3, 3]);
  await writePng(
    join(folder, 'part', path, `${index}.png`),
    { height: HEIGHT, width: WIDTH, channels: 3 },
    (y, x) => {
      if (path.endsWith('spot') && isInSquare(DEFECT, y, x)) return (x + y) % 2 === 0 ? 0 : 255;
      return background(y, x);
    },
  );
}

/** The middle of the defect, to a few pixels of the network's grid. */
function expectFound(map: ArrayLike<number>): void {
  const { x, y } = highestOf(map, WIDTH);
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
    const planes = planesOf(data, detector.normalization);
    const { anomaly_map, verdict } = await session.run({
      images: new Tensor('float32', planes, [1, 3, HEIGHT, WIDTH]),
    });
    await session.release();
    expect(anomaly_map?.dims).toEqual([1, HEIGHT, WIDTH]);
    expectFound(anomaly_map?.data as Float32Array);
    expect(verdict?.data[0]).toBeTruthy();
  });
});
