/**
 * How long a report takes, how large it is, and how soon it can be used, with many test images: node bench/report.mjs [images]
 *
 * The images are the built-in sample's at 224x224, of which there are a few dozen; scores and anomaly maps are made up, with as much
 * detail as real ones have.
 */
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { evaluate } from '@adfw/core';
import { createSampleDataset } from '@adfw/datasets-sample';
import { writeReport } from '@adfw/report';
import { writeAnomalyMaps } from '@adfw/runner';
import { chromium } from 'playwright-core';
import sharp from 'sharp';

const SIDE = 224;
const size = { width: SIDE, height: SIDE };
const count = Number(process.argv[2] ?? 1000);
const DISTINCT = 40;
const folder = await mkdtemp(join(tmpdir(), 'adfw-bench-report-'));
const data = join(folder, 'data');
try {
  await writeRun();
  const start = performance.now();
  const { file, bytes, notes } = await writeReport([folder]);
  const seconds = (performance.now() - start) / 1000;
  const memory = process.resourceUsage().maxRSS / 1024;
  console.log(
    `${count} images: written in ${seconds.toFixed(1)} s, ${(bytes / 1e6).toFixed(1)} MB, ${memory.toFixed(0)} MB of memory`,
    ...notes,
  );
  await openInBrowser(file);
} finally {
  await rm(folder, { recursive: true, force: true });
}

/** Image files, as many good as defective ones, with masks. */
async function writeImages() {
  const few = { train: 1, testNominal: DISTINCT / 2, testDefective: DISTINCT / 2 };
  const sample = createSampleDataset({ category: 'fabric', seed: 0, ...few });
  const png = (pixels, channels) =>
    sharp(pixels, { raw: { width: SIDE, height: SIDE, channels } })
      .png({ compressionLevel: 3 })
      .toBuffer();
  const files = await Promise.all(
    sample.test.map(async (each) => ({
      label: each.label,
      image: await png((await sample.image(each, size)).data, 3),
      mask: await png(
        (await sample.mask(each, size)).data.map((pixel) => 255 * pixel),
        1,
      ),
    })),
  );
  for (const path of ['train/good', 'test/good', 'test/hole', 'ground_truth/hole'])
    await mkdir(join(data, path), { recursive: true });
  await writeFile(join(data, 'train/good/0.png'), files[0].image);
  const samples = [];
  for (let index = 0; index < count; index++) {
    const kind = files.filter(({ label }) => label === index % 2);
    const { label, image, mask } = kind[(index >> 1) % kind.length];
    const defect = label ? 'hole' : 'good';
    const id = `test/${defect}/${index}.png`;
    await writeFile(join(data, id), image);
    if (label) await writeFile(join(data, `ground_truth/hole/${index}_mask.png`), mask);
    samples.push({ id, label, defect });
  }
  return samples;
}

async function writeRun() {
  const samples = await writeImages();
  const scored = [];
  const range = { min: 0, max: 0 };
  for (const [index, { label }] of samples.entries()) {
    const map = roughMap(index, label);
    const score = map.reduce((highest, value) => Math.max(highest, value), 0);
    range.max = Math.max(range.max, score);
    scored.push({ index, map, score });
  }
  const scores = scored.map(({ score }) => score);
  const threshold = scores.toSorted((a, b) => a - b)[count / 2];
  const metrics = evaluate({
    scores,
    labels: samples.map(({ label }) => label),
    maps: scored.map(({ map }) => map),
    masks: samples.map(() => null),
    size,
    threshold: { needs: 'labels', threshold: () => threshold },
    deployed: threshold * 1.1,
  });
  const json = (name, value) => writeFile(join(folder, name), JSON.stringify(value));
  await json('experiment.json', {
    method: 'stfpm',
    dataset: { type: 'mvtec', root: data, category: null, skipBadImages: false },
    images: { size: SIDE },
    model: { type: 'distillation' },
    plugins: [],
    seed: 0,
  });
  await json('metrics.json', {
    method: 'stfpm',
    dataset: {
      name: 'sample',
      category: 'fabric',
      train: 1,
      validation: 0,
      testGood: count / 2,
      testDefective: count / 2,
      skipped: 0,
    },
    metrics,
    training: [{ stage: 'students', kept: { 'student 1': 1 } }],
    model: null,
    timings: { trainSeconds: 1, trainImagesPerSecond: 1, inferenceMsPerImage: 1, totalSeconds: 1 },
    engine: { name: 'none', version: '0', provider: 'none', threads: 0 },
  });
  const rows = samples.map(({ id, label, defect }, i) => [
    id,
    label ? 'defective' : 'nominal',
    defect,
    scores[i],
  ]);
  await writeFile(join(folder, 'scores.csv'), ['image,label,defect,score', ...rows].join('\n'));
  await writeAnomalyMaps(join(folder, 'anomaly-maps'), { size, samples, scored, range });
}

/** The product of noise on grids of 56 and 14, upsampled bilinearly, as layers' maps are; higher in the middle where defective. */
function roughMap(seed, label) {
  let state = seed + 1;
  const random = () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  const grid = (n) => Float32Array.from({ length: n * n }, () => 0.3 + random());
  const [fine, coarse] = [grid(56), grid(14)];
  const at = (values, n, x, y) => {
    const [u, v] = [x, y].map((p) => Math.min(n - 1, Math.max(0, ((p + 0.5) * n) / SIDE - 0.5)));
    const [x0, y0] = [Math.floor(u), Math.floor(v)];
    const value = (i, j) => values[Math.min(n - 1, y0 + j) * n + Math.min(n - 1, x0 + i)];
    const row = (j) => value(0, j) * (1 - u + x0) + value(1, j) * (u - x0);
    return row(0) * (1 - v + y0) + row(1) * (v - y0);
  };
  return Float32Array.from({ length: SIDE * SIDE }, (_, i) => {
    const [x, y] = [i % SIDE, Math.floor(i / SIDE)];
    const defect = label ? 6 * Math.exp(-((x - 112) ** 2 + (y - 112) ** 2) / 300) * ((seed % 7) / 7) : 0;
    return at(fine, 56, x, y) * at(coarse, 14, x, y) + defect;
  });
}

async function openInBrowser(file) {
  const paths = (process.env.PATH ?? '').split(delimiter).map((path) => join(path, 'chromium'));
  const executablePath = process.env.CHROMIUM_PATH ?? paths.find((path) => existsSync(path));
  if (!executablePath) return console.log('There is no Chromium on the PATH, and CHROMIUM_PATH names none.');
  const browser = await chromium.launch({
    executablePath,
    args: ['--headless', '--no-sandbox', '--disable-gpu'],
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  const start = performance.now();
  const since = () => `${((performance.now() - start) / 1000).toFixed(2)} s`;
  await page.goto(pathToFileURL(file).href, { waitUntil: 'commit' });
  await page.locator('.threshold-slider').focus();
  await page.keyboard.press('ArrowRight');
  await page.waitForFunction(() => !document.querySelector('.threshold-panel button[aria-pressed=true]'));
  console.log(`the threshold moves after ${since()}`);
  await page.waitForFunction(() => document.querySelectorAll('.gallery li.drawn').length >= 24);
  console.log(`the first 24 pictures are drawn after ${since()}`);
  const frames = await page.evaluate(async () => {
    const slide = document.querySelector('.threshold-panel input[type=range]');
    const times = [];
    for (let step = 0; step < 40; step++) {
      const begun = performance.now();
      slide.value = String(300 + 10 * step);
      slide.dispatchEvent(new Event('input'));
      await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
      times.push(performance.now() - begun);
    }
    return times.sort((a, b) => a - b);
  });
  console.log(`moving the threshold takes ${frames[20].toFixed(0)} ms, at most ${frames[39].toFixed(0)} ms`);
  await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight / 2));
  await page.waitForTimeout(1000);
  const client = await page.context().newCDPSession(page);
  await client.send('Performance.enable');
  const { metrics } = await client.send('Performance.getMetrics');
  const heap = metrics.find(({ name }) => name === 'JSHeapUsedSize')?.value ?? 0;
  const drawn = await page.evaluate(() => document.querySelectorAll('.gallery li.drawn').length);
  console.log(
    `scrolled to the middle: ${drawn} pictures are drawn, the script holds ${(heap / 1e6).toFixed(0)} MB`,
  );
  await browser.close();
}
