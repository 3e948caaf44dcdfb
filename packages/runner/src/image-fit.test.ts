/** Runs on images whose shape is kept, from the files to an exported model: a defect is found where it is in the image. */
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

const [HEIGHT, WIDTH] = [120, 240];
/** In the frame of 96x96 with `crop`, which takes the columns from 60 to 180. */
const DEFECT = { left: 140, top: 30, side: 16 };

let folder: string;
const reports: Record<string, RunReport> = {};
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-image-fit-'));
  await eachPicture([3, 2, 1], writePicture);
  for (const fit of ['pad', 'crop'])
    reports[fit] = await runExperiment({
      ...(await prepare(fit)),
      engine: await useEngine('onnxruntime'),
      folder: join(folder, fit),
    });
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const prepare = (fit: string) => preparePatchCore(join(folder, 'part'), { size: 96, fit });

/** Waves, others in test images; one of `spot` has a square of its own. The last good one has another shape. */
async function writePicture(path: string, index: number): Promise<void> {
  const size = { height: path === 'test/good' && index === 1 ? HEIGHT * 2 : HEIGHT, width: WIDTH };
  const isDefect = (y: number, x: number) => path === 'test/spot' && isInSquare(DEFECT, y, x);
  const background = waves(path, index);
  await writePng(join(folder, 'part', path, `${index}.png`), { ...size, channels: 3 }, (y, x) =>
    isDefect(y, x) ? 255 : background(y, x),
  );
  if (path === 'test/spot')
    await writePng(
      join(folder, 'part/ground_truth/spot', `${index}.png`),
      { ...size, channels: 1 },
      (y, x) => (isDefect(y, x) ? 255 : 0),
    );
}

const defective = () => join(folder, 'part/test/spot/0.png');

/** In pixels of the image. */
function expectFound(map: ArrayLike<number>, { width, height }: { width: number; height: number }): void {
  const highest = highestOf(map, width);
  const x = (highest.x + 0.5) * (WIDTH / width);
  const y = (highest.y + 0.5) * (HEIGHT / height);
  expect(Math.abs(x - (DEFECT.left + DEFECT.side / 2))).toBeLessThan(1.5 * DEFECT.side);
  expect(Math.abs(y - (DEFECT.top + DEFECT.side / 2))).toBeLessThan(1.5 * DEFECT.side);
}

describe.each([
  ['pad', { width: 96, height: 48 }],
  ['crop', { width: 192, height: 96 }],
] as const)('a run with %s', (fit, size) => {
  it('has maps over whole images, and finds the defect where it is', async () => {
    expect(reports[fit]?.metrics.imageAuroc).toBe(1);
    expect(reports[fit]?.metrics.pixelAuroc).toBeGreaterThan(0.9);
    const maps = await readAnomalyMaps(join(folder, fit, 'anomaly-maps'));
    const map = await maps?.read('test/spot/0.png');
    expect(map).toMatchObject(size);
    expectFound(map?.data ?? [], size);
    const unscored = map?.data.filter((score) => score === Number.NEGATIVE_INFINITY).length;
    expect(unscored).toBe(fit === 'pad' ? 0 : 96 * 96);
    expect(await maps?.read('test/good/1.png')).toMatchObject({ width: 96, height: 96 });
  });

  it('is predicted with alike, here and in a thread', async () => {
    const { manifest, detector, composition } = await loadModel(join(folder, fit));
    expect(manifest.imageSize).toEqual({ height: 96, width: 96, fit });
    const worker = await createScoringWorker(join(folder, fit), { engine: 'onnxruntime' });
    try {
      const scores = [];
      for (const model of [{ manifest, detector }, worker])
        for await (const { map, score, verdict, pixels } of predictFiles(model, [defective()])) {
          expect(verdict).toBe('defective');
          expect(pixels).toMatchObject(size);
          expectFound(map ?? [], size);
          scores.push(score);
        }
      expect(scores[1]).toBe(scores[0]);
      expect(await readFile(join(folder, fit, 'scores.csv'), 'utf8')).toContain(`${scores[0]}`);
    } finally {
      composition.dispose();
      await worker.close();
    }
  });

  it('is exported with what its input is, and gives what predict gives', async () => {
    const out = join(folder, `${fit}.onnx`);
    const { comparison } = await exportRun(join(folder, fit), { out });
    expect(comparison.images).toBe(3);
    const session = await InferenceSession.create(await readFile(out), { logSeverityLevel: 3 });
    expect(session.inputNames).toEqual(fit === 'pad' ? ['images', 'shown'] : ['images']);
    // As the metadata say, with another program.
    const { detector, composition } = await loadModel(join(folder, fit));
    composition.dispose();
    const { data } = await sharp(defective())
      .resize(96, 96, {
        fit: fit === 'pad' ? 'contain' : 'cover',
        background: { r: 124, g: 116, b: 104 },
        kernel: 'linear',
      })
      .raw()
      .toBuffer({ resolveWithObject: true });
    const planes = planesOf(data, detector.normalization);
    const { anomaly_map, verdict } = await session.run({
      images: new Tensor('float32', planes, [1, 3, 96, 96]),
      ...(fit === 'pad' && { shown: new Tensor('float32', [24, 0, 48, 96], [1, 4]) }),
    });
    await session.release();
    expect(verdict?.data[0]).toBeTruthy();
    const map = anomaly_map?.data as Float32Array;
    if (fit === 'pad') {
      expect([...map.slice(0, 24 * 96)].every((score) => score === Number.NEGATIVE_INFINITY)).toBe(true);
      expectFound(map.slice(24 * 96, 72 * 96), size);
    } else {
      const whole = Float32Array.from({ length: 96 * 192 }, (_, pixel) => {
        const x = (pixel % 192) - 48;
        return x >= 0 && x < 96 ? (map[Math.floor(pixel / 192) * 96 + x] as number) : -1;
      });
      expectFound(whole, size);
    }
  });
});
