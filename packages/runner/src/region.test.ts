/** Runs that look at a region of interest: what is outside has no part in anything, and what is inside is found where it is. */
import { cp, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
import { eachPicture, isInSquare, preparePatchCore, waves, writePng } from './planted-defect.test.fixture.js';

const [HEIGHT, WIDTH] = [120, 160];
const DEFECT = { left: 60, top: 40, side: 12 };
/** In pixels of the images, at 80x64: 20 to 60 and 16 to 48. */
const polygon = [
  [40, 30],
  [120, 30],
  [120, 90],
  [40, 90],
];
const isInside = (y: number, x: number) => x >= 40 && x < 120 && y >= 30 && y < 90;

let folder: string;
const at = (...names: string[]) => join(folder, ...names);
let report: RunReport;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-region-'));
  for (const scribbled of [false, true])
    await eachPicture([3, 1, 2], (path, index) => writePicture(path, index, scribbled));
  await writeMask('region', HEIGHT, WIDTH, isInside);
  report = await run('clean', { region: { polygon, of: [HEIGHT, WIDTH] } });
}, 120_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const prepare = (images: object, data = 'clean') => preparePatchCore(at(data), { size: [64, 80], ...images });
const run = async (name: string, images: object, data = 'clean') =>
  runExperiment({
    ...(await prepare(images, data)),
    engine: await useEngine('onnxruntime'),
    folder: at('runs', name),
  });

const writeMask = (name: string, height: number, width: number, isSet: (y: number, x: number) => boolean) =>
  writePng(at(`${name}.png`), { height, width, channels: 1 }, (y, x) => (isSet(y, x) ? 255 : 0));

/**
 * Waves. The first of `spot` has a square inside of the region, the second one outside. Scribbled ones have noise outside, but for a
 * border that resizing mixes with what is inside.
 */
async function writePicture(path: string, index: number, scribbled: boolean): Promise<void> {
  const left = DEFECT.left + (index === 1 ? 70 : 0);
  const isDefect = (y: number, x: number) => path === 'test/spot' && isInSquare({ ...DEFECT, left }, y, x);
  const isFar = (y: number, x: number) => x < 36 || x >= 124 || y < 26 || y >= 94;
  const root = scribbled ? 'scribbled' : 'clean';
  const background = waves(path, index);
  await writePng(at(root, path, `${index}.png`), { height: HEIGHT, width: WIDTH, channels: 3 }, (y, x) => {
    if (scribbled && isFar(y, x)) return (x * 31 + y * 17 + index * 91 + path.length * 7) % 256;
    return isDefect(y, x) ? 255 : background(y, x);
  });
  if (path === 'test/spot')
    await writePng(
      at(root, 'ground_truth/spot', `${index}.png`),
      { height: HEIGHT, width: WIDTH, channels: 1 },
      (y, x) => (isDefect(y, x) ? 255 : 0),
    );
}

const scoresOf = async (name: string) => readFile(at('runs', name, 'scores.csv'), 'utf8');
const weightsOf = (name: string) => readFile(at('runs', name, 'model/weights.safetensors'));
const defective = () => at('clean/test/spot/0.png');
/** Of maps of 64x80. */
const isScored = (pixel: number) => {
  const [y, x] = [Math.floor(pixel / 80), pixel % 80];
  return y >= 16 && y < 48 && x >= 20 && x < 60;
};

function expectFound(map: ArrayLike<number>): void {
  let highest = 0;
  for (let pixel = 0; pixel < map.length; pixel++) {
    expect((map[pixel] as number) > Number.NEGATIVE_INFINITY).toBe(isScored(pixel));
    if ((map[pixel] as number) > (map[highest] as number)) highest = pixel;
  }
  expect(Math.abs((highest % 80) * 2 - DEFECT.left - 6)).toBeLessThan(DEFECT.side);
  expect(Math.abs(Math.floor(highest / 80) * (HEIGHT / 64) - DEFECT.top - 6)).toBeLessThan(DEFECT.side);
}

describe('a run with a region of interest', () => {
  it('finds what is inside, and counts what is outside nowhere', async () => {
    const maps = await readAnomalyMaps(at('runs/clean/anomaly-maps'));
    expectFound((await maps?.read('test/spot/0.png'))?.data ?? []);
    expect(report.metrics.pixelAuroc).toBeGreaterThan(0.9);
    expect(report.metrics.notes).toContainEqual(
      expect.stringMatching(
        /^1 defective image has no defective pixel that is looked at .*left out of the mean Dice\.$/,
      ),
    );
    expect(report.synthetic).toMatchObject({ images: 1, pixelAuroc: expect.any(Number) });
  });

  it('gives the same model and scores whatever is outside', async () => {
    await run('scribbled', { region: { polygon, of: [HEIGHT, WIDTH] } }, 'scribbled');
    expect(await scoresOf('scribbled')).toBe(await scoresOf('clean'));
    expect(await weightsOf('scribbled')).toEqual(await weightsOf('clean'));
    // Without the region they differ.
    expect(isScored(0)).toBe(false);
  });

  it('may be a mask, and is with the model wherever that is', async () => {
    await run('masked', { region: at('region.png') });
    expect(await scoresOf('masked')).toBe(await scoresOf('clean'));
    expect(await weightsOf('masked')).toEqual(await weightsOf('clean'));
    const again = {
      ...(await prepare({ region: at('region.png') })),
      engine: await useEngine('onnxruntime'),
    };
    expect((await resumeExperiment({ ...again, folder: at('runs/masked') })).method).toBe('patchcore');
    await cp(at('runs/masked/model'), at('moved'), { recursive: true });
    await rm(at('region.png'));
    const { manifest, detector, composition } = await loadModel(at('moved'));
    const worker = await createScoringWorker(at('moved'), { engine: 'onnxruntime' });
    try {
      const scores = [];
      for (const model of [{ manifest, detector }, worker])
        for await (const { map, score } of predictFiles(model, [defective()])) {
          expectFound(map ?? []);
          scores.push(score);
        }
      expect(scores[1]).toBe(scores[0]);
      expect(await scoresOf('masked')).toContain(`${scores[0]}`);
    } finally {
      composition.dispose();
      await worker.close();
      await writeMask('region', HEIGHT, WIDTH, isInside);
    }
  });

  it('is in an exported model', async () => {
    const { comparison } = await exportRun(at('runs/clean'), { out: at('region.onnx') });
    expect(comparison.images).toBe(3);
  });

  it('has tiles of itself alone, and a part of what is padded', async () => {
    const tile = { size: 32, overlap: 8 };
    const { model } = await run('tiled', { region: { polygon, of: [HEIGHT, WIDTH] }, tile });
    const { composition } = await loadModel(at('runs/tiled'));
    const ofTile = composition.model.cost?.().multiplyAdds as number;
    composition.dispose();
    // Of tiles at 0, 16, 32 and 0, 24, 48 all reach into it.
    expect(model?.multiplyAdds).toBe(9 * ofTile);
    await run('padded', { size: 80, fit: 'pad', region: { polygon, of: [HEIGHT, WIDTH] } });
    const maps = await readAnomalyMaps(at('runs/padded/anomaly-maps'));
    const map = await maps?.read('test/spot/0.png');
    expect(map).toMatchObject({ height: 60, width: 80 });
    const scored = map?.data.filter((score) => score > Number.NEGATIVE_INFINITY).length;
    expect(scored).toBe(40 * 30);
    const { comparison } = await exportRun(at('runs/padded'), { out: at('padded.onnx') });
    expect(comparison.images).toBe(3);
  });
});

describe('a region of interest that is none', () => {
  const refused = async (region: unknown, message: string | RegExp, more: object = {}) => {
    const attempt = run('refused', { region, ...more });
    await expect(attempt).rejects.toThrow(message);
  };

  it('is an error before any work', async () => {
    await refused(
      at('nowhere.png'),
      /nowhere\.png, the region of interest \(\$\.images\.region\), cannot be read.*there is no such file, or it links to none\.$/,
    );
    await writeMask('empty', HEIGHT, WIDTH, () => false);
    await refused(at('empty.png'), /\$\.images\.region, .*empty\.png, covers no pixel of images at 64x80/);
    await writeMask('other', HEIGHT, HEIGHT, () => true);
    await refused(at('other.png'), /0\.png is 160x120 pixels, and the region of interest.* of 120x120/);
    await refused(
      { polygon, of: [60, 160] },
      '$.images.region.polygon has the point [120,90], which is beyond the image, 160x60 pixels',
    );
    await refused(5, '$.images.region must be null or a path or an object with polygon, of; found 5');
    await refused({ polygon: [[0, 0]] }, '$.images.region.polygon must be an array of at least 3');
    await refused(
      {
        polygon: [
          [0, 0],
          [1, 0],
          [1, 1],
        ],
      },
      '$.images.region.of is missing',
      { fit: 'crop' },
    );
    const corner = {
      polygon: [
        [0, 0],
        [9, 0],
        [9, 9],
      ],
      of: [HEIGHT, WIDTH],
    };
    await refused(corner, 'of which a part is cut away: nothing would be looked at', {
      size: 64,
      fit: 'crop',
    });
  });

  it('may have another resolution', async () => {
    const [height, width] = [HEIGHT / 2, WIDTH / 2];
    await writeMask('half', height, width, (y, x) => isInside(2 * y, 2 * x));
    await run('half', { region: at('half.png') });
    expect(await scoresOf('half')).toBe(await scoresOf('clean'));
  });
});
