import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { parseSafetensors, serializeSafetensors } from '@adfw/core';
import { prepareExperiment } from '@adfw/runner';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

const script = fileURLToPath(new URL('upgrade-experiment.mjs', import.meta.url));
const recipes = fileURLToPath(new URL('../recipes/', import.meta.url));

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-upgrade-'));
});
afterEach(() => rm(folder, { recursive: true }));

const upgrade = (...paths: string[]) => promisify(execFile)(process.execPath, [script, ...paths]);
const readJson = async (path: string) => JSON.parse(await readFile(path, 'utf8'));

async function written(name: string, content: unknown): Promise<string> {
  const path = join(folder, name);
  await writeFile(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

async function upgraded(document: unknown): Promise<unknown> {
  const path = await written('document.json', document);
  await upgrade(path);
  expect(await readJson(`${path}.bak`)).toEqual(document);
  return readJson(path);
}

const sgd = { type: 'sgd', learningRate: 0.4, momentum: 0.9, weightDecay: 0.0001 };
const adam = { type: 'adam', learningRate: 0.01 };

/** Written out, as a run's. */
const whole = {
  method: 'fvv',
  teacher: {
    type: 'resnet18',
    standardize: true,
    width: 64,
    weights: 'built-in',
    residualScale: null,
    innerChannels: {},
    classes: 1000,
  },
  student: {
    type: 'resnet18',
    count: 2,
    variants: [{ width: 32 }, { innerChannels: { layer1: 8 } }],
    adapter: 'convolution',
    width: 64,
    weights: 'random',
    residualScale: null,
    innerChannels: { layer2: 16 },
    classes: 1000,
  },
  layers: ['layer1', 'layer2'],
  loss: { type: 'cosine', reduction: 'sum', vectors: 'positions' },
  score: { type: 'distance+variance', combine: 'product', smoothing: 0 },
  threshold: { type: 'image-f1' },
  deployedThreshold: { type: 'nominal-quantile', quantile: 0.99 },
  dataset: {
    type: 'sample',
    category: 'fabric',
    imageSize: 64,
    train: 64,
    testNominal: 24,
    testDefective: 24,
    seed: 0,
  },
  training: {
    epochs: 2,
    batchSize: 8,
    validationFraction: 0.2,
    folds: null,
    cacheMemory: '2GiB',
    schedule: { warmUp: 0, decay: 'none' },
    clipNorm: null,
    averageDecay: 0,
    preciseBatchNorm: true,
    patience: null,
    optimizer: sgd,
  },
  plugins: [],
  seed: 42,
};

const { count: _count, adapter: _adapter, variants: _variants, ...student } = whole.student;
const { standardize: _standardize, ...teacher } = whole.teacher;
const { imageSize: _imageSize, ...dataset } = whole.dataset;
const { batchSize, validationFraction, folds, cacheMemory, ...training } = whole.training;
const newWhole = {
  method: 'fvv',
  dataset,
  images: { size: 64 },
  model: {
    type: 'distillation',
    teacher,
    layers: whole.layers,
    standardize: true,
    student,
    students: 2,
    variants: [
      { ...student, width: 32 },
      { ...student, innerChannels: { layer1: 8 } },
    ],
    adapter: 'convolution',
    loss: whole.loss,
    score: whole.score,
    training,
  },
  fit: { batchSize, validationFraction, folds, cacheMemory },
  threshold: whole.threshold,
  deployedThreshold: whole.deployedThreshold,
  plugins: [],
  seed: 42,
};

describe('documents', () => {
  it.each([
    [
      'table/thin-student.json',
      {
        method: 'stfpm',
        layers: ['layer1', 'layer3'],
        student: { type: 'residual', adapter: 'convolution', width: 16 },
        training: { batchSize: 8, optimizer: adam },
      },
    ],
    [
      'table/fvv-mixed-starts.json',
      { method: 'fvv', student: { variants: [{ residualScale: 0 }, { residualScale: 1 }] } },
    ],
    [
      'thesis/fvv-variance.json',
      {
        method: 'fvv',
        student: { residualScale: 1 },
        score: { type: 'variance' },
        training: { epochs: 100, batchSize: 32, preciseBatchNorm: false, optimizer: sgd },
      },
    ],
  ])('become what recipes/%s is', async (name, document) => {
    expect(await upgraded(document)).toEqual(await readJson(join(recipes, name)));
  });

  it('that say everything go on saying it, and resolve to themselves', async () => {
    expect(await upgraded(whole)).toEqual(newWhole);
    const { experiment } = await prepareExperiment({ config: join(folder, 'document.json') });
    // What distillation could not say then.
    const since = { mutual: 0, selfDistillation: 0 };
    const training = { ...newWhole.model.training, augmentation: [] };
    const images = { ...newWhole.images, fit: 'stretch', region: null, tile: null };
    expect(experiment).toEqual({ ...newWhole, images, model: { ...newWhole.model, ...since, training } });
  });

  it('keep what has its old place, and the size of images', async () => {
    const kept = {
      $schema: './adfw.json',
      method: 'stfpm',
      threshold: { type: 'pixel-f1' },
      plugins: ['mine'],
      seed: 1,
    };
    const { dataset, ...others } = {
      ...kept,
      dataset: { type: 'mvtec', root: 'screw', imageSize: { height: 64, width: 96 } },
    };
    expect(await upgraded({ ...others, dataset })).toEqual({
      ...kept,
      dataset: { type: 'mvtec', root: 'screw' },
      images: { size: [64, 96] },
    });
  });

  it('that are in the new layout, or say nothing that moved, are left alone', async () => {
    const paths = [
      await written('new.json', newWhole),
      await written('plain.json', { method: 'stfpm', seed: 1 }),
    ];
    expect((await upgrade(...paths)).stdout).toBe(
      paths.map((path) => `${path}: nothing to change.\n`).join(''),
    );
    expect((await readdir(folder)).sort()).toEqual(['new.json', 'plain.json']);
  });

  it.each<[string, unknown, string]>([
    ['a key of neither layout', { student: { width: 8 }, colour: 'red' }, '$.colour is in neither'],
    ['a key of neither layout in the training', { training: { epoch: 1 } }, '$.training.epoch is in neither'],
    ['both layouts in one', { student: { width: 8 }, model: {} }, 'has model, which is new'],
    ['what is no part', { teacher: 'resnet18' }, '$.teacher is no object'],
    ['no document', [], 'no experiment document'],
    ['no JSON', '{', 'holds no JSON'],
  ])('are refused with %s, and left as they are', async (_, document, message) => {
    const path = await written('document.json', document);
    const before = await readFile(path, 'utf8');
    await expect(upgrade(path)).rejects.toMatchObject({ code: 1, stderr: expect.stringContaining(message) });
    expect(await readFile(path, 'utf8')).toBe(before);
    expect(await readdir(folder)).toEqual(['document.json']);
  });

  it('do not take the place of an earlier copy; others are upgraded all the same', async () => {
    const taken = await written('taken.json', { layers: ['layer1'] });
    await written('taken.json.bak', '{}');
    const other = await written('other.json', { layers: ['layer1'] });
    await expect(upgrade(taken, join(folder, 'none.json'), other)).rejects.toMatchObject({
      stderr: expect.stringMatching(/taken\.json\.bak is there already.*\nThere is no .*none\.json/),
    });
    expect(await readJson(taken)).toEqual({ layers: ['layer1'] });
    expect(await readJson(other)).toEqual({ model: { layers: ['layer1'] } });
  });
});

describe('models and runs', () => {
  const tensor = (...values: number[]) =>
    ({ dtype: 'F32', shape: [values.length], data: new Float32Array(values) }) as const;
  const manifest = {
    format: 'adfw-model',
    version: 1,
    experiment: whole,
    imageSize: { height: 64, width: 64 },
    thresholds: { deployed: 0.5, benchmark: null },
  };

  async function writeModel(path: string, tensors = {}): Promise<void> {
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'manifest.json'), JSON.stringify(manifest));
    await writeFile(
      join(path, 'weights.safetensors'),
      serializeSafetensors({
        'score/deviation': tensor(1),
        'student0/conv1.weight': tensor(2, 3),
        'student11/adapter.layer1.bias': tensor(4),
        'teacher/bn1.bias': tensor(5, 6, 7),
        'teacher/standardization.layer1.mean': tensor(8),
        ...tensors,
      }),
    );
  }

  it('have their tensors under the new names, bit for bit', async () => {
    const path = join(folder, 'model');
    await writeModel(path);
    const before = await readFile(join(path, 'weights.safetensors'));
    await upgrade(path);
    expect(await readJson(join(path, 'manifest.json'))).toEqual({
      ...manifest,
      version: 2,
      experiment: newWhole,
    });
    const bytes = await readFile(join(path, 'weights.safetensors'));
    const { tensors } = parseSafetensors(bytes, 'weights');
    expect(Object.fromEntries(Object.entries(tensors).map(([name, { data }]) => [name, [...data]]))).toEqual({
      'model/score/deviation': [1],
      'model/student0/conv1.weight': [2, 3],
      'model/student11/adapter.layer1.bias': [4],
      'backbone/bn1.bias': [5, 6, 7],
      'model/standardization/layer1.mean': [8],
    });
    expect(await readFile(join(`${path}.bak`, 'weights.safetensors'))).toEqual(before);
    expect((await readdir(path)).sort()).toEqual(['manifest.json', 'weights.safetensors']);
    expect((await upgrade(path)).stdout).toContain('nothing to change');
  });

  it('have the size of the images that the model has, where their experiment says none', async () => {
    const path = join(folder, 'model');
    await writeModel(path);
    const { dataset: _, ...without } = whole;
    const imageSize = { height: 64, width: 96 };
    await writeFile(
      join(path, 'manifest.json'),
      JSON.stringify({ ...manifest, experiment: without, imageSize }),
    );
    await upgrade(path);
    const { dataset: __, ...expected } = newWhole;
    expect((await readJson(join(path, 'manifest.json'))).experiment).toEqual({
      ...expected,
      images: { size: [64, 96] },
    });
  });

  it.each<[string, (path: string) => Promise<unknown>, string]>([
    [
      'tensors that no model has',
      (path) => writeModel(path, { 'pupil/x': tensor(1) }),
      '"pupil/x", which is no tensor',
    ],
    [
      'a file that was cut off',
      async (path) => writeFile(join(path, 'weights.safetensors'), 'cut'),
      'no whole safetensors file',
    ],
    [
      'a manifest of something else',
      async (path) => writeFile(join(path, 'manifest.json'), '{}'),
      'no model of adfw',
    ],
  ])('are refused with %s, and left as they are', async (_, spoil, message) => {
    const path = join(folder, 'model');
    await writeModel(path);
    await spoil(path);
    const before = await readFile(join(path, 'manifest.json'), 'utf8');
    await expect(upgrade(path)).rejects.toMatchObject({ stderr: expect.stringContaining(message) });
    expect(await readFile(join(path, 'manifest.json'), 'utf8')).toBe(before);
    expect(await readdir(folder)).toEqual(['model']);
  });

  it('of a complete run have all of its files upgraded', async () => {
    const run = join(folder, 'run');
    await writeModel(join(run, 'model'));
    await writeFile(join(run, 'experiment.json'), JSON.stringify(whole));
    await expect(upgrade(run)).rejects.toMatchObject({ stderr: expect.stringContaining('no complete run') });
    await writeFile(join(run, 'metrics.json'), JSON.stringify({ method: 'fvv', bestEpochs: [2, 1] }));
    const epoch = {
      epoch: 1,
      loss: [3, 4],
      validationLoss: [5, 6],
      best: [true, false],
      imagesPerSecond: 7,
      seconds: 8,
    };
    await writeFile(
      join(run, 'train.jsonl'),
      `${JSON.stringify(epoch)}\n${JSON.stringify({ ...epoch, epoch: 2, validationLoss: null })}\n`,
    );
    await upgrade(run);
    expect(await readJson(join(run, 'experiment.json'))).toEqual(newWhole);
    expect(await readJson(join(run, 'model/manifest.json'))).toMatchObject({
      version: 2,
      experiment: newWhole,
    });
    expect(await readJson(join(run, 'metrics.json'))).toEqual({
      method: 'fvv',
      training: [{ stage: 'students', kept: { 'student 1': 2, 'student 2': 1 } }],
      model: null,
    });
    const lines = (await readFile(join(run, 'train.jsonl'), 'utf8')).trim().split('\n');
    const record = {
      stage: 'students',
      epoch: 1,
      loss: { 'student 1': 3, 'student 2': 4 },
      heldOutLoss: { 'student 1': 5, 'student 2': 6 },
      best: { 'student 1': true, 'student 2': false },
      imagesPerSecond: 7,
      seconds: 8,
    };
    expect(lines.map((line) => JSON.parse(line))).toEqual([
      record,
      { ...record, epoch: 2, heldOutLoss: null },
    ]);
    expect((await upgrade(run)).stdout.match(/nothing to change/g)).toHaveLength(4);
  });

  it('needs to be told what to upgrade', async () => {
    await expect(upgrade()).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('Name experiment'),
    });
    await expect(upgrade(folder)).rejects.toMatchObject({ stderr: expect.stringContaining('no model') });
  });
});
