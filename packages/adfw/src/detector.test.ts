import { execFile } from 'node:child_process';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { listMethods, listParts, type PartKind, type RgbImage } from '@adfw/core';
import { readImage } from '@adfw/images';
import {
  loadModel,
  loadRegistry,
  predictFiles,
  prepareExperiment,
  runExperiment,
  useEngine,
} from '@adfw/runner';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, expectTypeOf, it } from 'vitest';
import { createDetector } from './create-detector.js';
import type { Detector, FitResult } from './detector.js';
import type {
  AugmentationName,
  BackboneName,
  DetectorOptions,
  LossName,
  MethodName,
  ModelName,
  OptimizerName,
  ScoreName,
} from './detector-options.js';
import { type SampleFiles, writeSample } from './images.test.fixture.js';
import { loadDetector, type SavedDetector } from './load-detector.js';
import type { Prediction } from './prediction.js';

const SIZE = 32;
const engine = { engine: 'onnxruntime', threads: 1 } as const;
/** Small enough to fit in a second or two. */
const options = {
  method: 'stfpm',
  images: { size: SIZE },
  model: {
    teacher: { weights: 'random', width: 4 },
    layers: ['layer1'],
    training: { epochs: 2 },
  },
  fit: { batchSize: 4, validationFraction: 0.25 },
} satisfies DetectorOptions;

let folder: string;
let files: SampleFiles;
let detector: Detector;
let result: FitResult;
const events = new Set<string>();
/** How often the event loop came round during the fit. */
let turns = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-library-'));
  files = await writeSample(join(folder, 'part'), 40, 12);
  detector = await createDetector(options, engine);
  const turn = () => {
    turns++;
    next = setImmediate(turn);
  };
  let next = setImmediate(turn);
  await writeFile(join(folder, 'part/train/good/notes.txt'), '');
  result = await detector.fit(join(folder, 'part/train/good'), {
    onProgress: ({ type }) => events.add(type),
  });
  clearImmediate(next);
});
afterAll(async () => {
  await detector.dispose();
  await rm(folder, { recursive: true, force: true });
});

const scoresOf = (predictions: readonly Prediction[]) => predictions.map(({ score }) => score);

describe('a detector', () => {
  it('is what adfw run makes of the same images, to the last bit', async () => {
    const info = await useEngine('onnxruntime', { threads: 1 });
    const dataset = { type: 'mvtec', root: join(folder, 'part') };
    const { registry, experiment } = await prepareExperiment({
      overrides: [{ source: 'the test', document: { ...options, dataset } }],
    });
    const run = join(folder, 'run');
    const { metrics } = await runExperiment({ registry, experiment, engine: info, folder: run });
    const model = await loadModel(run);
    expect(detector.manifest?.heldOutScores).toEqual(model.manifest.heldOutScores);
    expect(detector.threshold).toBe(metrics.deployed?.threshold);

    const predictions = await detector.predict(files.test);
    let index = 0;
    for await (const { score, map, verdict } of predictFiles(model, files.test)) {
      const own = predictions[index++] as Prediction;
      expect(own.score).toBe(score);
      expect(own.map).toEqual({ width: SIZE, height: SIZE, data: map });
      expect(own.anomalous).toBe(verdict === 'defective');
    }
    expect(index).toBe(4);

    // A run's model loads as a detector, with the run's own range of scores.
    const loaded = await loadDetector(run, engine);
    expect(scoresOf(await loaded.predict(files.test))).toEqual(scoresOf(predictions));
    await loaded.dispose();
  });

  it('says what it does, and leaves the event loop free meanwhile', () => {
    expect([...events]).toEqual(expect.arrayContaining(['images', 'features', 'step', 'epoch']));
    // A fit in this thread would let it come round some hundred times, where it awaits something.
    expect(turns).toBeGreaterThan(2000);
  });

  it('takes paths, bytes of files and pixels, and gives a list for a list', async () => {
    const [path] = files.test as [string];
    const bytes = await readFile(path);
    const pixels = await readImage(path, (stored) => stored);
    expect(pixels.width).toBe(40);
    const before = pixels.data.slice();
    const single = await detector.predict(path);
    const list = await detector.predict([bytes, new Uint8Array(bytes), pixels, path]);
    expect(list).toEqual([single, single, single, single]);
    expect(pixels.data).toEqual(before);
    expect(await detector.predict([])).toEqual([]);
  });

  it('is fitted on images in memory as on files', async () => {
    const other = await createDetector(options, engine);
    const [first, ...rest] = await Promise.all(files.train.map((file) => readFile(file)));
    const report = await other.fit([files.train[0] as string, ...rest], { threshold: 0.25 });
    expect(first).toBeDefined();
    expect(report).toMatchObject({
      train: 9,
      validation: 3,
      threshold: 0.25,
      engine: { name: 'onnxruntime' },
    });
    expect(other.manifest?.heldOutScores).toEqual(detector.manifest?.heldOutScores);
    expect(other.threshold).toBe(0.25);
    await other.dispose();
  });

  it('reads files by the levels it was created with, from then on', async () => {
    /** The same pixels as a camera of 10 bits gives them. */
    const deep = async (file: string) => {
      const { data, info } = await sharp(file).raw().toBuffer({ resolveWithObject: true });
      const { width, height } = info;
      return sharp(
        Uint16Array.from(data, (value) => value * 4),
        { raw: { width, height, channels: 3 } },
      )
        .toColourspace('rgb16')
        .png()
        .toBuffer();
    };
    const reading = { page: null, levels: [0, 1020] } as const;
    const other = await createDetector({ ...options, ...reading }, engine);
    await other.fit(await Promise.all(files.train.map(deep)));
    expect(other.manifest).toMatchObject({ reading, heldOutScores: detector.manifest?.heldOutScores });
    const saved = join(folder, 'levels');
    await other.save(saved);
    await other.dispose();
    const loaded = await loadDetector(saved, engine);
    const [image] = files.test as [string];
    expect(await loaded.predict(await deep(image))).toMatchObject({
      score: (await detector.predict(image)).score,
    });
    await loaded.dispose();
    await expect(createDetector({ ...options, levels: [1020, 0] }, engine)).rejects.toThrow(
      /levels should be/,
    );
  });

  it('is saved as a model, whose threshold is the one it was loaded with', async () => {
    const saved = join(folder, 'new/model');
    await detector.save(saved);
    expect((await readdir(saved)).sort()).toEqual(['manifest.json', 'weights.safetensors']);
    const loaded = await loadDetector(saved, { ...engine, threshold: 0.5 });
    const [image] = files.test as [string];
    const prediction = await loaded.predict(image);
    expect(prediction).toMatchObject({ score: (await detector.predict(image)).score, threshold: 0.5 });
    await loaded.save(saved);
    await loaded.dispose();
    expect((await loadModel(saved)).manifest.thresholds).toEqual({ deployed: 0.5, benchmark: null });
  });

  it('calls images anomalous from the threshold on', async () => {
    const [image] = files.test as [string];
    const { score, normalizedScore, threshold } = await detector.predict(image);
    expect(threshold).toBe(detector.threshold);
    const { min = 0, max = 0 } = detector.manifest?.scoreRange ?? {};
    expect(max).toBeGreaterThan(min);
    expect(normalizedScore).toBeCloseTo((score - (threshold as number)) / (max - min) + 0.5, 10);
    expect(await detector.predict(image, { threshold: score })).toMatchObject({
      anomalous: true,
      normalizedScore: 0.5,
    });
    expect((await detector.predict(image, { threshold: score + 1e-9 })).anomalous).toBe(false);
  });

  it('stays as it was where a fit is aborted or fails', async () => {
    const { manifest } = detector;
    const stop = new AbortController();
    const fit = detector.fit(files.train, {
      signal: stop.signal,
      onProgress: ({ type }) => type === 'step' && stop.abort(new Error('enough')),
    });
    await expect(detector.fit(files.train)).rejects.toThrow('The detector is being fitted; wait for that');
    await expect(fit).rejects.toThrow('enough');
    await writeFile(join(folder, 'bad.png'), 'no image');
    await expect(detector.fit([...files.train, join(folder, 'bad.png')])).rejects.toThrow(
      /bad\.png cannot be read as an image: .*damaged\.$/,
    );
    expect(detector.manifest).toBe(manifest);
    expect((await detector.predict(files.test)).length).toBe(4);
  });
});

describe('wrong use of a detector', () => {
  it('is refused when the detector is created', async () => {
    const create = (wrong: object) => createDetector({ ...options, ...wrong });
    await expect(create({ method: 'stfmp' })).rejects.toThrow(
      /\$\.method must be one of .* Did you mean stfpm\?/,
    );
    await expect(create({ model: { training: { epoch: 3 } } })).rejects.toThrow(/Did you mean epochs\?/);
    await expect(create({ images: { size: 2 } })).rejects.toThrow('$.images.size must be an integer >= 8');
    await expect(create({ dataset: { type: 'sample' } })).rejects.toThrow('give the images to fit');
  });

  it('says which files of a folder are no images', () => {
    const notes = join(folder, 'part/train/good/notes.txt');
    expect(result.leftOut).toEqual({ count: 1, kinds: { '.txt': 1 }, files: [notes] });
  });

  it('is refused where the images to fit on are not nominal images', async () => {
    const part = join(folder, 'part');
    await expect(detector.fit(part)).rejects.toThrow(`give ${join(part, 'train', 'good')}.`);
    await expect(detector.fit(folder)).rejects.toThrow(
      `several categories, and only nominal images are to be learnt from: give ${join(part, 'train', 'good')}.`,
    );
    const masked = ['0.png', '0_mask.png'].map((name) => join(folder, name));
    for (const file of masked) await writeFile(file, '');
    await expect(detector.fit(masked)).rejects.toThrow(`${masked[1]} is called as the mask of an image`);
    await expect(detector.fit([])).rejects.toThrow('the list is empty');
    await expect(detector.fit('none')).rejects.toThrow('none');
    await expect(detector.fit(new Uint8Array(3) as never)).rejects.toThrow('a folder, or a list of images');
  });

  it.each<[string, unknown, string]>([
    ['a path without a file', 'none.png', 'none.png cannot be read as an image: there is no such file'],
    ['bytes that are no image', new Uint8Array(9), 'The given image cannot be read as an image'],
    ['nothing', null, 'The given image is no image: give a path'],
    [
      'pixels with alpha',
      { width: 2, height: 2, data: new Uint8Array(16) } satisfies RgbImage,
      'should have 12 bytes, red, green and blue of each pixel; found 16 (leave alpha out)',
    ],
    ['one of a list', ['none.png'], 'none.png cannot be read'],
  ])('%s is no image', async (_, image, message) => {
    await expect(detector.predict(image as string)).rejects.toThrow(message);
  });

  it('is refused where a threshold is no number', async () => {
    const wrong = { threshold: Number.NaN };
    await expect(detector.predict(files.test, wrong)).rejects.toThrow('should be a finite number; found NaN');
    await expect(loadDetector(folder, wrong)).rejects.toThrow('finite number');
    await expect(detector.fit(files.train, wrong)).rejects.toThrow('finite number');
  });

  it('is refused before it is fitted, and after it is disposed', async () => {
    const fresh = await createDetector(options, engine);
    expect([fresh.manifest, fresh.threshold]).toEqual([null, null]);
    await expect(fresh.predict(files.test)).rejects.toThrow('The detector is not fitted: call fit');
    await expect(fresh.save(join(folder, 'nothing'))).rejects.toThrow('not fitted');
    await fresh.dispose();
    await fresh.dispose();
    await expect(fresh.predict(files.test)).rejects.toThrow('The detector is disposed');
    await expect(fresh.fit(files.train)).rejects.toThrow('The detector is disposed');
  });

  it('never replaces a folder that is no model', async () => {
    await expect(detector.save(join(folder, 'part'))).rejects.toThrow('it holds test');
    await mkdir(join(folder, 'program'));
    await writeFile(join(folder, 'program', 'manifest.json'), '{"name":"of another program"}');
    await expect(detector.save(join(folder, 'program'))).rejects.toThrow('it holds manifest.json');
    expect(await readdir(join(folder, 'program'))).toEqual(['manifest.json']);
    await expect(detector.save(join(folder, 'bad.png'))).rejects.toThrow('a file is in its place');
    expect((await readdir(join(folder, 'part'))).sort()).toEqual(['test', 'train']);
  });
});

it('a process that ends while a detector is fitted ends as it was to, and leaves nothing behind', async () => {
  const temporary = await mkdtemp(join(folder, 'tmp-'));
  const program = `
    import { createDetector } from ${JSON.stringify(new URL('../dist/index.js', import.meta.url).href)};
    const detector = await createDetector(${JSON.stringify(options)}, { threads: 1 });
    await detector.fit(${JSON.stringify(files.train)}, {
      onProgress: ({ type }) => { if (type === 'step') process.exit(7); },
    });`;
  await expect(
    promisify(execFile)(process.execPath, ['--input-type=module', '-e', program], {
      env: { ...process.env, TMPDIR: temporary },
    }),
  ).rejects.toMatchObject({ code: 7, stderr: '' });
  expect((await readdir(temporary)).filter((name) => name.startsWith('adfw'))).toEqual([]);
});

describe('the types', () => {
  it('know every built-in name', async () => {
    const names = {
      method: {
        stfpm: 0,
        fvv: 0,
        'simple-student': 0,
        'reverse-distillation': 0,
        'uninformed-students': 0,
        patchcore: 0,
        'k-means': 0,
        spade: 0,
        padim: 0,
        mahalanobis: 0,
        dfm: 0,
        dfkde: 0,
        'oc-svm': 0,
        svdd: 0,
        'hog-svm': 0,
        fastflow: 0,
        cflow: 0,
        differnet: 0,
        autoencoder: 0,
        'ssim-autoencoder': 0,
        vae: 0,
        dagmm: 0,
        ganomaly: 0,
        bigan: 0,
        anogan: 0,
        'deep-svdd': 0,
        'dense-deep-svdd': 0,
        cutpaste: 0,
        'geometric-transformations': 0,
      },
      model: {
        distillation: 0,
        'memory-bank': 0,
        clusters: 0,
        spade: 0,
        gaussian: 0,
        mahalanobis: 0,
        dfm: 0,
        dfkde: 0,
        'one-class-svm': 0,
        'fast-flow': 0,
        cflow: 0,
        differnet: 0,
        autoencoder: 0,
        dagmm: 0,
        ganomaly: 0,
        bigan: 0,
        anogan: 0,
        'deep-svdd': 0,
        'cut-paste': 0,
        'geometric-transformations': 0,
      },
      backbone: {
        resnet18: 0,
        resnet34: 0,
        resnet50: 0,
        wide_resnet50_2: 0,
        residual: 0,
        'simple-student': 0,
        'reverse-distillation': 0,
        'patch-descriptors': 0,
        classical: 0,
      },
      loss: { cosine: 0, l2: 0, l1: 0, relation: 0, response: 0 },
      score: { distance: 0, variance: 0, 'distance+variance': 0, 'regression+uncertainty': 0 },
      optimizer: { sgd: 0, adam: 0 },
      augmentation: { flip: 0, rotate: 0, shift: 0, brightness: 0, contrast: 0, noise: 0 },
    } satisfies {
      method: Record<MethodName, 0>;
      model: Record<ModelName, 0>;
      backbone: Record<BackboneName, 0>;
      loss: Record<LossName, 0>;
      score: Record<ScoreName, 0>;
      optimizer: Record<OptimizerName, 0>;
      augmentation: Record<AugmentationName, 0>;
    };
    const registry = await loadRegistry();
    const { method, ...parts } = names;
    expect(Object.keys(method).sort()).toEqual(
      listMethods(registry)
        .map(({ method }) => method.name)
        .sort(),
    );
    for (const [kind, known] of Object.entries(parts))
      expect(Object.keys(known).sort(), kind).toEqual(
        listParts(registry, kind as PartKind)
          .map(({ part }) => part.name)
          .sort(),
      );
  });

  it('give a prediction for an image, and a list for a list', () => {
    const predict = (saved: SavedDetector) => [saved.predict('a.png'), saved.predict(['a.png'])] as const;
    expectTypeOf(predict).returns.toEqualTypeOf<readonly [Promise<Prediction>, Promise<Prediction[]>]>();
  });
});
