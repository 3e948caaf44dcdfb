/** The browser's side in Chromium, on wasm, against Node's. */
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compose, type ModelManifest, savedRegion, serializeModel } from '@adfw/core';
import { readImage } from '@adfw/images';
import { loadModel, prepareExperiment, useEngine } from '@adfw/runner';
import type { Browser, Page } from 'playwright-core';
import { rolldown } from 'rolldown';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chromiumPath, launch } from '../../report/src/chromium.test.fixture.js';
import type { InPage } from './browser-page.test.fixture.js';
import { writeSample } from './images.test.fixture.js';
import { type StaticServer, serveFolder } from './static-server.test.fixture.js';

const executable = chromiumPath();
const SIZE = 40;

/** Two frames of a pixel, without its colour. */
const FRAME = [0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 0];
const ANIMATED_GIF = [...Buffer.from('GIF89a'), 1, 0, 1, 0, 0, 0, 0, ...FRAME, ...FRAME, 0x3b];

describe.skipIf(executable === null)('in a browser', () => {
  let folder: string;
  let images: string[];
  let server: StaticServer;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'adfw-browser-'));
    ({ test: images } = await writeSample(folder, 50, 1));
    await writeFile(join(folder, 'index.html'), '<script type="module" src="page.js"></script>');
    await bundle(join(folder, 'page.js'));
    const wasm = createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json');
    await mkdir(join(folder, 'wasm'));
    for (const name of ['tfjs-backend-wasm.wasm', 'tfjs-backend-wasm-simd.wasm'])
      await writeFile(join(folder, 'wasm', name), await readFile(join(dirname(wasm), 'wasm-out', name)));
    await writeModel(join(folder, 'any'), 'stfpm', {
      teacher: { weights: 'random', width: 8 },
    });
    const weights = await readFile(join(folder, 'any/weights.safetensors'));
    const manifest = await readFile(join(folder, 'any/manifest.json'), 'utf8');
    const write = async (name: string, text: string, bytes: Uint8Array) => {
      await mkdir(join(folder, name), { recursive: true });
      await writeFile(join(folder, name, 'manifest.json'), text);
      await writeFile(join(folder, name, 'weights.safetensors'), bytes);
    };
    await write('damaged', '<!doctype html>', weights);
    await write('cut', manifest, weights.subarray(0, 5000));
    await write('foreign', manifest.replace('"distance"', '"of-a-plugin"'), weights);
    const reading = { page: null, levels: [0, 4095] };
    await write('levels', JSON.stringify({ ...JSON.parse(manifest), reading }), weights);
    server = await serveFolder(folder);
    browser = await launch(executable as string);
    page = await browser.newPage();
    page.setDefaultTimeout(0);
    await page.goto(server.url);
    await page.waitForFunction(() => 'inPage' in globalThis);
  });
  afterAll(async () => {
    await browser?.close();
    server?.close();
    await rm(folder, { recursive: true, force: true });
  });

  it('says that a backend is needed', async () => {
    // Nothing is registered in a page that has not asked for wasm; the bundle registers it, so it is taken away for the while.
    const message = await page.evaluate(async () => {
      const { loadDetector, tf } = (globalThis as unknown as { inPage: InPage }).inPage;
      const factory = tf.findBackendFactory('wasm');
      tf.removeBackend('wasm');
      const failure = await loadDetector('model').catch((error: Error) => error.message);
      tf.registerBackend('wasm', factory);
      return failure;
    });
    expect(message).toMatch(/^No backend of TensorFlow\.js is there to compute with/);
  });

  it.each<[string, object]>([
    ['stfpm', { teacher: { weights: 'random', width: 8 } }],
    ['fvv', { teacher: { weights: 'random', width: 8 }, students: 2 }],
    ['simple-student', { teacher: { weights: 'random', width: 64 }, layers: ['layer1'] }],
    ['reverse-distillation', { teacher: { weights: 'random', width: 8 } }],
    [
      'uninformed-students',
      { teacher: { weights: 'random', width: 8, stride: 4 }, layers: ['patch17', 'patch33'] },
    ],
  ])('%s gives the maps that it gives on Node', async (method, options) => {
    await writeModel(join(folder, method), method, options);
    const { detector, manifest, composition } = await loadModel(join(folder, method));
    const [image] = images as [string];
    const [detected] = await detector.detect([await readImage(image, manifest.imageSize)]);
    const expected = detected?.map as Float32Array;
    composition.dispose();
    const found = await predictInPage(method, await readFile(image));
    const highest = Math.max(...expected);
    expect(highest).toBeGreaterThan(0);
    expect(found).toMatchObject({ width: SIZE, height: SIZE, threshold: 0.5, anomalous: highest >= 0.5 });
    const differences = expected.map((value, n) => Math.abs(value - (found.map[n] as number)));
    expect(Math.max(...differences) / highest).toBeLessThan(1e-5);
    expect(Math.abs(found.score - highest) / highest).toBeLessThan(1e-5);
    expect(found.tensorsLeft).toBe(0);
  });

  it('keeps the shape of images, and looks at a region alone, as on Node', async () => {
    const shape = { height: 40, width: 60 };
    const frame = { height: SIZE, width: SIZE, fit: 'pad', shape } as const;
    const half = Uint8Array.from({ length: SIZE * SIZE }, (_, pixel) => Number(pixel % SIZE < SIZE / 2));
    await writeModel(
      join(folder, 'padded'),
      'stfpm',
      { teacher: { weights: 'random', width: 8 } },
      { imageSize: frame, region: savedRegion(half, frame) },
    );
    const wide = await sharp(images[0] as string)
      .resize(120, 80, { fit: 'fill' })
      .png()
      .toBuffer();
    const { detector, composition } = await loadModel(join(folder, 'padded'));
    const [detected] = await detector.detect([await readImage(wide, frame)]);
    composition.dispose();
    const expected = detected?.map as Float32Array;
    const found = await predictInPage('padded', wide);
    const height = Math.round((SIZE * 40) / 60);
    expect(found).toMatchObject({ width: SIZE, height });
    expect(expected).toHaveLength(SIZE * height);
    expect(expected.filter((score) => score === Number.NEGATIVE_INFINITY)).toHaveLength((SIZE * height) / 2);
    const highest = detected?.score as number;
    expect(highest).toBe(Math.max(...expected));
    expected.forEach((score, n) => {
      const own = found.map[n] as number;
      expect(own === score ? 0 : Math.abs(own - score) / highest).toBeLessThan(1e-5);
    });
    expect(Math.abs(found.score - highest) / highest).toBeLessThan(1e-5);
    await expect(predictInPage('padded', await readFile(images[0] as string))).rejects.toThrow(
      'The image is 50x50 pixels, and the region of interest, $.images.region, is one of images of 60x40',
    );
  });

  it('searches for what it finds on Node', async () => {
    await writeModel(join(folder, 'anogan'), 'anogan', {
      depth: 3,
      width: 4,
      latent: 4,
      search: { steps: 5, learningRate: 0.1 },
    });
    const { detector, manifest, composition } = await loadModel(join(folder, 'anogan'));
    const [image] = images as [string];
    const [detected] = await detector.detect([await readImage(image, manifest.imageSize)]);
    composition.dispose();
    const { score = 0 } = detected ?? {};
    const found = await predictInPage('anogan', await readFile(image));
    expect(Math.abs(found.score - score) / score).toBeLessThan(1e-4);
    expect(found.map).toHaveLength(SIZE * SIZE);
    expect(found.tensorsLeft).toBe(0);
  });

  it.each([
    ['PNG', 'png', 0],
    ['PNG of grey', 'grey', 0],
    ['PNG without alpha where it is opaque', 'alpha', 0],
    ['WebP', 'webp', 0],
    ['JPEG', 'jpeg', 2],
    ['JPEG that lies on its side', 'exif', 2],
  ])('decodes a %s as Node does', async (_, kind, tolerance) => {
    const photograph = sharp(images[0] as string);
    const files: Record<string, () => Promise<Buffer>> = {
      png: () => photograph.png().toBuffer(),
      grey: () => photograph.greyscale().png().toBuffer(),
      alpha: () => photograph.ensureAlpha().png().toBuffer(),
      webp: () => photograph.webp({ lossless: true }).toBuffer(),
      jpeg: () => photograph.jpeg({ quality: 90 }).toBuffer(),
      exif: () => photograph.resize(50, 30).jpeg({ quality: 90 }).withMetadata({ orientation: 6 }).toBuffer(),
    };
    const bytes = await (files[kind] as () => Promise<Buffer>)();
    const expected = await readImage(bytes, (stored) => stored);
    const found = await page.evaluate(
      async (data) => {
        const { readPixels } = (globalThis as unknown as { inPage: InPage }).inPage;
        const pixels = await readPixels(new Blob([new Uint8Array(data)]));
        return { ...pixels, data: [...pixels.data] };
      },
      [...bytes],
    );
    expect([found.width, found.height]).toEqual([expected.width, expected.height]);
    const largest = found.data.reduce(
      (most, value, n) => Math.max(most, Math.abs(value - (expected.data[n] as number))),
      0,
    );
    expect(largest).toBeLessThanOrEqual(tolerance);
  });

  it('takes elements, bitmaps, canvases and pixels, and gives a list for a list', async () => {
    const scores = await page.evaluate(
      async (data) => {
        const { loadDetector, tf } = (globalThis as unknown as { inPage: InPage }).inPage;
        await tf.setBackend('wasm');
        const detector = await loadDetector(new URL('any/', location.href), { threshold: 0 });
        const blob = new Blob([new Uint8Array(data)]);
        const bitmap = await createImageBitmap(blob);
        const { width, height } = bitmap;
        const canvas = Object.assign(document.createElement('canvas'), { width, height });
        const context = canvas.getContext('2d') as CanvasRenderingContext2D;
        context.drawImage(bitmap, 0, 0);
        const pixels = context.getImageData(0, 0, width, height);
        const rgb = {
          width,
          height,
          data: new Uint8Array(pixels.data.filter((_, index) => index % 4 !== 3)),
        };
        const element = Object.assign(new Image(), { src: URL.createObjectURL(blob) });
        const list = await detector.predict([blob, bitmap, canvas, pixels, rgb, element]);
        return list.map(({ score, anomalous, threshold }) => ({ score, anomalous, threshold }));
      },
      [...(await readFile(images[0] as string))],
    );
    const [first] = scores;
    expect(first).toMatchObject({ anomalous: true, threshold: 0 });
    expect(scores).toEqual(Array.from({ length: 6 }, () => first));
  });

  it('works in a web worker', async () => {
    await writeFile(
      join(folder, 'worker.js'),
      `import './page.js';
      const { loadDetector, setWasmPaths, tf } = globalThis.inPage;
      onmessage = async ({ data }) => {
        setWasmPaths('wasm/');
        await tf.setBackend('wasm');
        const detector = await loadDetector('any');
        postMessage((await detector.predict(data)).score);
      };
      postMessage('ready');`,
    );
    const bytes = await readFile(images[0] as string);
    const score = await page.evaluate(
      async (data) => {
        const worker = new Worker('worker.js', { type: 'module' });
        const answer = () =>
          new Promise<unknown>((resolve, reject) => {
            worker.onmessage = ({ data }) => resolve(data);
            worker.onerror = ({ message }) => reject(new Error(message));
          });
        await answer();
        worker.postMessage(new Blob([new Uint8Array(data)]));
        return answer();
      },
      [...bytes],
    );
    expect(score).toBe((await predictInPage('any', bytes)).score);
  });

  it.each<[string, string, string]>([
    ['a folder without a model', 'loadDetector("nowhere")', 'There is no model at http://localhost'],
    ['a page in place of a model', 'loadDetector("damaged")', 'is damaged'],
    ['weights that are cut off', 'loadDetector("cut")', 'it may be truncated'],
    ['a part of a plugin', 'loadDetector("foreign")', 'There is no score "of-a-plugin"'],
    ['a threshold that is none', 'loadDetector("any", { threshold: NaN })', 'should be a finite number'],
    [
      'a file that is no image',
      'loadDetector("any").then((detector) => detector.predict(new Blob(["text"])))',
      'The browser cannot decode the image',
    ],
    [
      'a file, where the model reads files by levels',
      'loadDetector("levels").then((detector) => detector.predict(new Blob(["text"])))',
      'decode the file on your own, and give its pixels',
    ],
    [
      'a file of several frames',
      `loadDetector("any").then((detector) => detector.predict(new Blob([new Uint8Array(${JSON.stringify(ANIMATED_GIF)})])))`,
      'The image has 2 frames',
    ],
    [
      'an empty canvas',
      'loadDetector("any").then((detector) => detector.predict(Object.assign(document.createElement("canvas"), { width: 0 })))',
      'The image is empty',
    ],
  ])('refuses %s', async (_, expression, message) => {
    const found = await page.evaluate(async (expression) => {
      const { loadDetector } = (globalThis as unknown as { inPage: InPage }).inPage;
      const attempt = new Function('loadDetector', `return ${expression}`);
      return attempt(loadDetector).then(
        () => 'it was taken',
        (error: Error) => error.message,
      );
    }, expression);
    expect(found).toContain(message);
  });

  async function predictInPage(model: string, image: Uint8Array) {
    return page.evaluate(
      async ({ model, data }) => {
        const { loadDetector, setWasmPaths, tf } = (globalThis as unknown as { inPage: InPage }).inPage;
        if (tf.getBackend() !== 'wasm') {
          setWasmPaths('wasm/');
          await tf.setBackend('wasm');
        }
        const before = tf.memory().numTensors;
        const detector = await loadDetector(model);
        const { map, ...rest } = await detector.predict(new Blob([new Uint8Array(data)]));
        detector.dispose();
        const tensorsLeft = tf.memory().numTensors - before;
        return { ...rest, ...map, map: [...(map?.data ?? [])], tensorsLeft };
      },
      { model, data: [...image] },
    );
  }
});

/** A model as it is before training, which scores all the same. */
async function writeModel(
  folder: string,
  method: string,
  model: object,
  more: Partial<ModelManifest> = {},
): Promise<void> {
  await useEngine('onnxruntime', { threads: 1 });
  const { registry, experiment } = await prepareExperiment({
    overrides: [{ source: 'the test', document: { method, model, images: { size: SIZE } } }],
  });
  const composition = await compose(registry, experiment);
  const files = await serializeModel(composition.model, {
    experiment,
    imageSize: { height: SIZE, width: SIZE },
    thresholds: { deployed: 0.5, benchmark: null },
    scoreRange: null,
    mapRange: null,
    heldOutScores: [],
    ...more,
  });
  composition.dispose();
  await mkdir(folder, { recursive: true });
  for (const [name, data] of Object.entries(files)) await writeFile(join(folder, name), data);
}

async function bundle(file: string): Promise<void> {
  const built = await rolldown({
    input: fileURLToPath(new URL('browser-page.test.fixture.ts', import.meta.url)),
    platform: 'browser',
    resolve: { extensionAlias: { '.js': ['.ts', '.js'] } },
    logLevel: 'warn',
  });
  await built.write({ file, format: 'esm' });
  await built.close();
}
