/** What is printed, written and kept when not all goes well; the scores are those of a detector that tells greys. */
import { rmSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Detector, ModelManifest } from '@adfw/core';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { resultOf } from '../../shared/failure.js';
import { Interruption } from '../../shared/interruption.js';
import { type PredictFlags, type PredictReport, performPredict } from './perform.js';

const manifest = {
  imageSize: { height: 32, width: 32 },
  thresholds: { deployed: 25, benchmark: null },
  scoreRange: { min: 10, max: 60 },
  mapRange: { min: 0, max: 60 },
} as ModelManifest;

let hasMaps = true;
const detector: Detector = {
  detect: async (images) =>
    images.map(({ data }) => {
      const grey = data[0] as number;
      return { score: grey, map: hasMaps ? new Float32Array(32 * 32).fill(grey) : null };
    }),
};
const started = vi.hoisted(() => ({ count: 0 }));
vi.mock('@adfw/runner', async (importActual) => ({
  ...(await importActual<typeof import('@adfw/runner')>()),
  readManifest: async () => manifest,
  createScoringWorker: async () => {
    started.count++;
    return { engine: { name: 'cpu' }, manifest, detector, close: async () => undefined };
  },
}));

let folder: string;
let images: string;
beforeEach(async () => {
  started.count = 0;
  folder = await mkdtemp(join(tmpdir(), 'adfw-predict-'));
  images = join(folder, 'images');
  await mkdir(images);
  for (const grey of [10, 20, 40])
    await sharp({ create: { width: 4, height: 4, channels: 3, background: { r: grey, g: grey, b: grey } } })
      .jpeg({ quality: 100 })
      .toFile(join(images, `${grey}.jpg`));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** @param onLine is called with the number of lines that were printed, and what stops the command. */
async function predict(
  flags: PredictFlags = {},
  { onLine }: { onLine?: (lines: number, stop: AbortController) => void } = {},
) {
  const lines: string[] = [];
  const warnings: string[] = [];
  const controller = new AbortController();
  const print = (line: string) => {
    lines.push(line);
    onLine?.(lines.length, controller);
  };
  const say = (text: string) => warnings.push(text);
  const progress = {
    update() {},
    milestone() {},
    finished() {},
    note: say,
    warn: say,
    stepAside: (write: () => void) => write(),
    close() {},
  };
  let error: Error | null = null;
  const report = (await performPredict('run', [images], flags, print, progress, controller.signal).catch(
    (thrown) => {
      error = thrown;
      return resultOf(thrown);
    },
  )) as PredictReport | undefined;
  return { report, error: error as Error | null, lines, warnings };
}

const namesOf = (report: PredictReport | undefined) =>
  report?.predictions.map(({ score }) => Math.round(score));

describe('adfw predict', () => {
  it('prints a line an image under a header, and how many are defective', async () => {
    const { report, lines } = await predict();
    expect(lines.map((line) => line.replace(`${images}/`, '').trim().split(/\s+/))).toEqual([
      ['image', 'score', 'normalised', 'verdict'],
      ['10.jpg', '10.00', '0.200', 'nominal'],
      ['20.jpg', '20.00', '0.400', 'nominal'],
      ['40.jpg', '40.00', '0.800', 'defective'],
      [...'1 of 3 images defective at the deployed threshold 25.00.'.split(' ')],
    ]);
    // One below the other.
    expect(new Set(lines.slice(0, 4).map((line) => line.search(/(?<=(score|\d\.\d\d)) /))).size).toBe(1);
    expect(report).toMatchObject({ complete: true, skipped: [] });
  });

  it('goes on after an image that cannot be read, and fails at the end', async () => {
    await writeFile(join(images, '15.jpg'), 'no image');
    const scores = join(folder, 'scores.jsonl');
    const { report, error, lines, warnings } = await predict({ scores });
    expect(error).toMatchObject({
      name: 'DataError',
      message: expect.stringMatching(/^1 of 4 images cannot be scored\..*--skip-bad-images/),
    });
    expect(lines[2]).toMatch(/15\.jpg +- +- {2}cannot be scored$/);
    expect(warnings).toEqual([expect.stringMatching(/15\.jpg cannot be read as an image/)]);
    expect(namesOf(report)).toEqual([10, 20, 40]);
    expect(report).toMatchObject({ complete: true, skipped: [expect.stringContaining('15.jpg')] });
    const written = (await readFile(scores, 'utf8')).trim().split('\n');
    expect(written.map((line) => JSON.parse(line))).toMatchObject([
      { image: join(images, '10.jpg'), verdict: 'nominal' },
      { image: join(images, '15.jpg'), error: expect.stringContaining('15.jpg') },
      { image: join(images, '20.jpg') },
      { image: join(images, '40.jpg'), verdict: 'defective' },
    ]);
    expect((await predict({ 'skip-bad-images': true })).error).toBeNull();
  });

  it('fails where no image can be read, whatever is allowed', async () => {
    for (const grey of [10, 20, 40]) await writeFile(join(images, `${grey}.jpg`), 'no image');
    const { error } = await predict({ 'skip-bad-images': true });
    expect(error?.message).toBe('None of the 3 images can be scored.');
  });

  it('keeps what was scored when it is stopped', async () => {
    const scores = join(folder, 'scores.csv');
    const onLine = (printed: number, stop: AbortController) => {
      if (printed === 3) stop.abort(new Interruption('SIGINT'));
    };
    const { report, error, lines } = await predict({ scores }, { onLine });
    expect(error).toBeInstanceOf(Interruption);
    expect(error?.message).toBe('Interrupted. 2 of 3 images had been scored.');
    expect(namesOf(report)).toEqual([10, 20]);
    expect(report?.complete).toBe(false);
    expect(lines).toHaveLength(3);
    expect((await readFile(scores, 'utf8')).trim().split('\n')).toHaveLength(3);
  });

  it('keeps a score whose picture cannot be written, and says which that is', async () => {
    const out = join(folder, 'out');
    const scores = join(folder, 'scores.csv');
    // After the first image a file takes the place of the folder.
    const onLine = (lines: number) => {
      if (lines !== 2) return;
      rmSync(out, { recursive: true });
      writeFileSync(out, 'in the way');
    };
    const { report, error } = await predict({ out, scores }, { onLine });
    expect(error).toMatchObject({
      name: 'DataError',
      message: expect.stringMatching(/out.20\.png cannot be written/),
    });
    expect(report).toMatchObject({ complete: false, predictions: [{ overlay: join(out, '10.png') }, {}] });
    expect(report?.predictions[1]).not.toHaveProperty('overlay');
    expect((await readFile(scores, 'utf8')).trim().split('\n')).toHaveLength(3);
  });

  it('draws its pictures again, but replaces no image and no other file, and says so before an engine starts', async () => {
    await sharp(join(images, '10.jpg')).png().toFile(join(images, '30.png'));
    const bytes = await Promise.all((await readdir(images)).map((name) => readFile(join(images, name))));
    const into = await predict({ out: images });
    expect(into.error).toMatchObject({
      name: 'ConfigurationError',
      message: `${join(images, '30.png')} is an image to score, and would be replaced; name another folder with --out.`,
    });
    expect(await Promise.all((await readdir(images)).map((name) => readFile(join(images, name))))).toEqual(
      bytes,
    );
    expect(started.count).toBe(0);

    const out = join(folder, 'out');
    for (let time = 0; time < 2; time++) {
      const { report } = await predict({ out });
      expect(report?.predictions.map(({ overlay }) => overlay)).toEqual(
        ['10.png', '20.png', '30.png', '40.png'].map((name) => join(out, name)),
      );
    }
    await writeFile(join(out, '20.png'), bytes[0] as Buffer);
    const { error } = await predict({ out });
    expect(error?.message).toMatch(/20\.png is there and is no picture that adfw predict has drawn/);
    expect(await readFile(join(out, '20.png'))).toEqual(bytes[0]);
    expect(started.count).toBe(2);
  });

  it('draws pictures without a map where the model has none', async () => {
    hasMaps = false;
    const out = join(folder, 'out');
    const { report, error } = await predict({ out });
    hasMaps = true;
    expect(error).toBeNull();
    expect(namesOf(report)).toEqual([10, 20, 40]);
    const sizes = await Promise.all(
      (report?.predictions ?? []).map(async ({ overlay }) => (await sharp(overlay).metadata()).width),
    );
    const { report: withMaps } = await predict({ out });
    const wider = (await sharp(withMaps?.predictions[0]?.overlay).metadata()).width;
    for (const width of sizes) expect(width).toBeLessThan(wider);
  });

  it('draws beside the images where that replaces none, and does not score its pictures then', async () => {
    for (let time = 0; time < 2; time++) {
      const { report, error } = await predict({ out: images });
      expect(error).toBeNull();
      expect(namesOf(report)).toEqual([10, 20, 40]);
    }
    expect((await readdir(images)).sort()).toEqual([
      '10.jpg',
      '10.png',
      '20.jpg',
      '20.png',
      '40.jpg',
      '40.png',
    ]);
  });
});
