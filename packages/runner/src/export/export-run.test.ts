/** Exported files in onnxruntime-node itself, images prepared as their metadata say, against what predict gives. */
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fromBinary } from '@bufbuild/protobuf';
import { InferenceSession, Tensor } from 'onnxruntime-node';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ModelProtoSchema } from '../../../engine-onnxruntime/src/onnx/onnx_pb.js';
import {
  type DetailedPrediction,
  type ExportOptions,
  exportRun,
  loadModel,
  predictFiles,
  prepareExperiment,
  readManifest,
  runExperiment,
  useEngine,
} from '../index.js';
import { bringMeanEmbedding, embeddingNormalization } from '../model/mean-embedding.test.fixture.js';

let folder: string;
beforeAll(async () => {
  bringMeanEmbedding();
  folder = await mkdtemp(join(tmpdir(), 'adfw-export-'));
  for (const [path, count, seed] of [
    ['train/good', 6, 0],
    ['test/good', 3, 10],
    ['test/stain', 3, 20],
  ] as const)
    for (let index = 0; index < count; index++)
      await writePicture(join(folder, 'part', path, `${index}.png`), seed + index, path === 'test/stain');
});
afterAll(() => rm(folder, { recursive: true, force: true }));

/** Waves, some with a dark stain; neither square nor of the size that models work in. */
async function writePicture(path: string, seed: number, stained: boolean): Promise<void> {
  const [height, width] = [70, 52];
  const pixels = Uint8Array.from({ length: height * width * 3 }, (_, i) => {
    const [y, x, channel] = [Math.floor(i / 3 / width), Math.floor(i / 3) % width, i % 3];
    if (stained && (y - 30) ** 2 + (x - seed) ** 2 < 64) return 20;
    return 128 + 60 * Math.sin((x + seed) / (4 + channel)) + 50 * Math.cos(y / 5 + seed);
  });
  await mkdir(dirname(path), { recursive: true });
  await sharp(pixels, { raw: { width, height, channels: 3 } })
    .png()
    .toFile(path);
}

const distillation = {
  teacher: { type: 'resnet18', weights: 'random', width: 16 },
  training: { epochs: 1 },
};

async function fit(name: string, document: object): Promise<string> {
  const engine = await useEngine('onnxruntime');
  const { registry, experiment } = await prepareExperiment({
    overrides: [
      {
        source: 'the test',
        document: {
          dataset: { type: 'mvtec', root: join(folder, 'part') },
          images: { size: 48 },
          fit: { batchSize: 3 },
        },
      },
      { source: 'the test', document },
    ],
  });
  const run = join(folder, name);
  await runExperiment({ registry, experiment, engine, folder: run });
  return run;
}

async function exported(run: string, options: Partial<ExportOptions> = {}) {
  const out = join(folder, 'exported.onnx');
  const report = await exportRun(run, { out, overwrite: true, ...options });
  const bytes = await readFile(out);
  const { metadataProps, opsetImport, graph } = fromBinary(ModelProtoSchema, bytes);
  const outputs = graph?.output.map(({ name }) => name);
  const metadata = Object.fromEntries(metadataProps.map(({ key, value }) => [key, value]));
  return { report, metadata, domains: opsetImport.map(({ domain }) => domain), outputs, bytes };
}

async function predictions(run: string, images: readonly string[], threshold?: number) {
  const found: DetailedPrediction[] = [];
  const model = await loadModel(run);
  for await (const each of predictFiles(model, images, threshold === undefined ? {} : { threshold }))
    found.push(each);
  model.composition.dispose();
  return found;
}

/** `[3, H, W]` of an image file. */
async function prepared(path: string, metadata: string): Promise<number[]> {
  const { color, resize, scale, mean, std, layout } = JSON.parse(metadata);
  expect([color, layout, resize.interpolation, resize.order]).toEqual([
    'RGB',
    'NCHW',
    'bilinear',
    ['width', 'height'],
  ]);
  const { data, info } = await sharp(path).toColourspace('srgb').raw().toBuffer({ resolveWithObject: true });
  const planes = [0, 1, 2].map((channel) => {
    const rows = Array.from({ length: info.height }, (_, y) =>
      Array.from({ length: info.width }, (_, x) => data[(y * info.width + x) * 3 + channel] as number),
    );
    const narrow = rows.map((row) => resized(row, resize.width));
    return transposed(transposed(narrow).map((column) => resized(column, resize.height))).flat();
  });
  return planes.flatMap((plane, channel) =>
    plane.map((value) => (value * scale - mean[channel]) / std[channel]),
  );
}

/** As Pillow resizes a row of 8-bit pixels: a triangle, as wide as what an output pixel covers, in 22-bit fixed point. */
function resized(row: readonly number[], size: number): number[] {
  const step = row.length / size;
  return Array.from({ length: size }, (_, output) => {
    const weights = row.map((_, i) =>
      Math.max(0, 1 - Math.abs(i + 0.5 - (output + 0.5) * step) / Math.max(1, step)),
    );
    const total = weights.reduce((sum, weight) => sum + weight, 0);
    const sum = row.reduce(
      (sum, value, i) => sum + value * Math.round(((weights[i] as number) / total) * 2 ** 22),
      0,
    );
    return Math.floor((sum + 2 ** 21) / 2 ** 22);
  });
}

const transposed = (rows: readonly (readonly number[])[]): number[][] =>
  (rows[0] as number[]).map((_, x) => rows.map((row) => row[x] as number));

interface Found {
  map: number[] | null;
  score: number;
  normalizedScore: number | undefined;
  defective: boolean;
}

/** Runs a file for each of the batches, and gives what it says of each image, one image after the other. */
async function run(
  bytes: Uint8Array,
  images: readonly number[][],
  batchSize: number,
  threshold?: number,
): Promise<Found[]> {
  const session = await InferenceSession.create(bytes, { logSeverityLevel: 3 });
  const results: Found[] = [];
  for (let start = 0; start < images.length; start += batchSize) {
    const batch = images.slice(start, start + batchSize);
    const { anomaly_map, image_score, normalized_score, verdict } = await session.run({
      images: new Tensor('float32', batch.flat(), [batch.length, 3, 48, 48]),
      ...(threshold !== undefined && { threshold: new Tensor('float32', [threshold], []) }),
    });
    if (anomaly_map) expect(anomaly_map.dims).toEqual([batch.length, 48, 48]);
    const maps = anomaly_map && Array.from(anomaly_map.data as Float32Array);
    batch.forEach((_, i) => {
      results.push({
        map: maps?.slice(i * 48 * 48, (i + 1) * 48 * 48) ?? null,
        score: image_score?.data[i] as number,
        normalizedScore: normalized_score?.data[i] as number | undefined,
        defective: Boolean(verdict?.data[i]),
      });
    });
  }
  await session.release();
  return results;
}

const testImages = () =>
  ['good/0', 'stain/0', 'good/1', 'stain/1', 'stain/2', 'good/2'].map((name) =>
    join(folder, 'part/test', `${name}.png`),
  );

describe.each([
  ['stfpm', distillation],
  ['fvv', distillation],
  ['simple-student', { ...distillation, student: { type: 'simple-student', width: 16 } }],
  ['reverse-distillation', { ...distillation, student: { blocks: 1 } }],
  [
    'uninformed-students',
    {
      ...distillation,
      teacher: { type: 'patch-descriptors', width: 4, descriptorLength: 8, stride: 2 },
      layers: ['patch17', 'patch33'],
    },
  ],
  ['mean-embedding', {}],
])('the exported model of %s', (method, model) => {
  const hasMaps = method !== 'mean-embedding';
  let folderOfRun: string;
  let whole: Awaited<ReturnType<typeof exported>>;
  let images: number[][];
  let predicted: DetailedPrediction[];
  beforeAll(async () => {
    folderOfRun = await fit(method, { method, model });
    whole = await exported(folderOfRun);
    const preprocessing = whole.metadata['adfw.preprocessing'] as string;
    images = await Promise.all(testImages().map((path) => prepared(path, preprocessing)));
    predicted = await predictions(folderOfRun, testImages());
  });

  it.each([1, 3])('gives the numbers of predict, in batches of %d', async (batchSize) => {
    const { bytes, domains, report } = whole;
    expect(domains).toEqual(['']);
    expect(report.comparison).toMatchObject({ images: 5, batches: [1, 5], generatedBecause: null });
    expect(report.comparison.largestDifference.anomalyMap === null).toBe(!hasMaps);
    await expectSame(await run(bytes, images, batchSize), predicted);
  });

  it('follows a threshold that was moved: by the file, or by who runs it', async () => {
    const scores = predicted.map(({ score }) => score);
    const threshold = (Math.min(...scores) + Math.max(...scores)) / 2;
    const moved = await predictions(folderOfRun, testImages(), threshold);
    expect(new Set(moved.map(({ verdict }) => verdict)).size).toBe(2);
    const byFile = await exported(folderOfRun, { threshold });
    expect(byFile.metadata['adfw.preprocessing']).toBe(whole.metadata['adfw.preprocessing']);
    expect(JSON.parse(byFile.metadata['adfw.threshold'] as string)).toBe(threshold);
    await expectSame(await run(byFile.bytes, images, 3), moved);
    const byCaller = await exported(folderOfRun, { requireThreshold: true });
    expect(byCaller.report.comparison.thresholds).toHaveLength(2);
    await expectSame(await run(byCaller.bytes, images, 3, threshold), moved);
  });

  /** To 1e-5 of the largest value on the maps; normalised scores were divided by the range of scores, and so was that. */
  async function expectSame(found: readonly Found[], expected: readonly DetailedPrediction[]): Promise<void> {
    const { scoreRange } = await readManifest(folderOfRun);
    const { min, max } = scoreRange as { min: number; max: number };
    const allowed = 1e-5 * Math.max(...expected.map(({ score }) => score));
    expect(found).toHaveLength(expected.length);
    expected.forEach(({ map, score, normalizedScore, verdict }, i) => {
      const given = found[i] as Found;
      expect(given.map?.length).toBe(map?.length);
      expect(map !== null).toBe(hasMaps);
      const differences = Array.from(map ?? [], (value, at) => Math.abs(value - (given.map?.[at] as number)));
      expect(Math.max(0, ...differences)).toBeLessThan(allowed);
      expect(Math.abs(given.score - score)).toBeLessThan(allowed);
      const difference = Math.abs((given.normalizedScore as number) - (normalizedScore as number));
      expect(difference * (max - min)).toBeLessThan(allowed);
      expect(given.defective).toBe(verdict === 'defective');
    });
  }
});

describe('an export', () => {
  let folderOfRun: string;
  beforeAll(async () => {
    folderOfRun = await fit('described', { method: 'stfpm', seed: 5, model: distillation });
  });

  it('says what it was made of', async () => {
    const { metadata } = await exported(folderOfRun);
    const manifest = await readManifest(folderOfRun);
    expect(metadata['adfw.method']).toBe('stfpm');
    expect(metadata['adfw.version']).toMatch(/^\d+\.\d+\.\d+/);
    expect(JSON.parse(metadata['adfw.experiment'] as string)).toEqual(manifest.experiment);
    expect(JSON.parse(metadata['adfw.threshold'] as string)).toBe(manifest.thresholds.deployed);
    expect(JSON.parse(metadata['adfw.score_range'] as string)).toEqual(manifest.scoreRange);
    expect(JSON.parse(metadata['adfw.preprocessing'] as string)).toMatchObject({
      page: null,
      levels: null,
      resize: { height: 48, width: 48 },
      mean: [0.485, 0.456, 0.406],
    });
  });

  it('of a model without maps says so, and how the model itself normalises images', async () => {
    const { metadata, outputs } = await exported(await fit('embedding', { method: 'mean-embedding' }));
    expect(outputs).toEqual(['image_score', 'normalized_score', 'verdict']);
    expect(metadata['adfw.map_range']).toBe('null');
    const { mean, std } = embeddingNormalization;
    expect(JSON.parse(metadata['adfw.preprocessing'] as string)).toMatchObject({ mean, std });
  });

  it('is compared on generated images where those of the run are gone, and says so', async () => {
    const run = join(folder, 'moved');
    const gone = join(folder, 'gone');
    const manifest = JSON.parse(await readFile(join(folderOfRun, 'model/manifest.json'), 'utf8'));
    manifest.experiment.dataset.root = gone;
    await mkdir(join(run, 'model'), { recursive: true });
    await writeFile(join(run, 'model/manifest.json'), JSON.stringify(manifest));
    await writeFile(
      join(run, 'model/weights.safetensors'),
      await readFile(join(folderOfRun, 'model/weights.safetensors')),
    );
    const { report } = await exported(run);
    expect(report.comparison.generatedBecause).toContain(gone);
    expect(report.comparison.images).toBe(5);
  });

  it('is refused for a model that searches, with the reason', async () => {
    const search = { steps: 2 };
    const model = { depth: 3, width: 2, latent: 3, training: { epochs: 1 }, search };
    const run = await fit('searching', { method: 'anogan', model });
    const out = join(folder, 'searching.onnx');
    await expect(exportRun(run, { out })).rejects.toThrow(
      'The model of the method "anogan" cannot be exported: it searches for what explains an image, step by step',
    );
    expect(await readdir(folder)).not.toContain('searching.onnx');
  });

  it('is refused before anything is done, and leaves nothing behind', async () => {
    const out = join(folder, 'refused.onnx');
    await writeFile(join(folder, 'mine.onnx'), 'mine');
    const refused = (run: string, options: ExportOptions, message: RegExp) =>
      expect(exportRun(run, options)).rejects.toThrow(
        expect.objectContaining({ name: 'ConfigurationError', message: expect.stringMatching(message) }),
      );
    const before = await readdir(folder);
    await refused(join(folder, 'none'), { out }, /^There is no run directory .*none\.$/);
    await refused(join(folder, 'part'), { out }, /part holds no model/);
    await refused(folderOfRun, { out: join(folder, 'mine.onnx') }, /is there already\. .*--overwrite/);
    await refused(
      folderOfRun,
      { out: join(folder, 'mine.onnx'), overwrite: true },
      /mine\.onnx is there and is no ONNX model, so it is not replaced/,
    );
    const weights = join(folderOfRun, 'model/weights.safetensors');
    await refused(folderOfRun, { out: weights, overwrite: true }, /weights\.safetensors .* is not replaced/);
    await refused(folderOfRun, { out: join(folder, 'no/where.onnx') }, /no folder .*no; create it first/);
    await refused(folderOfRun, { out: folder }, /is a folder; name the file/);
    await refused(folderOfRun, { out: '' }, /is empty/);
    expect(await readdir(folder)).toEqual(before);
    expect(await readFile(join(folder, 'mine.onnx'), 'utf8')).toBe('mine');
  });
});
