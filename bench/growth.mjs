// What a run costs as the number of images grows, and whether its caches keep to their budget. On the built packages:
//   node bench/growth.mjs [--sizes 100,300,1000,3000] [--budgets 2GiB] [--image-size 64] [--width 16] [--epochs 2] [--train N] [--json]
// Each run has a process of its own, on generated images: half to train on, a quarter each nominal and defective to test with. With
// --train N they are N to train on, and all others to test with: what the number of test images alone costs.
// An exponent of 1 between two sizes is linear growth, above 1 is faster. Fails where the processors' time grows faster than
// N^1.2 between the two largest sizes, or where a run with a budget takes more memory than one with the budget 0 does, the budget
// itself and a little slack:
//   node bench/growth.mjs --sizes 1000 --image-size 224 --budgets 0,64MiB,256MiB,1GiB
import { spawn } from 'node:child_process';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseMemory } from '@adfw/core';
import sharp from 'sharp';
import { flagsOf } from './flags.mjs';

/** Runs are noisy, so an exponent is never exactly 1; from here on growth is not linear. */
const HIGHEST_EXPONENT = 1.2;
/** How far the peak of two runs of the same work lies apart: garbage is collected when the runtime sees fit. */
const SLACK_BYTES = 48 * 2 ** 20;
const CLOCKS = ['elapsed', 'processor'];
const PHASES = ['reading', 'training', 'scoring', 'evaluation', 'overlays', 'total'];

const values = flagsOf({
  sizes: { type: 'string', default: '100,300,1000,3000' },
  budgets: { type: 'string', default: '2GiB' },
  'image-size': { type: 'string', default: '64' },
  width: { type: 'string', default: '16' },
  epochs: { type: 'string', default: '2' },
  train: { type: 'string' },
  json: { type: 'boolean', default: false },
});
const sizes = values.sizes.split(',').map((size) => atLeast(8, '--sizes', size));
if (sizes.some((size, i) => i > 0 && size <= sizes[i - 1]))
  fail(`--sizes is ${values.sizes}; give them in increasing order.`);
const budgets = values.budgets.split(',').map((text) => ({ text, bytes: bytesOf(text) }));
const imageSize = atLeast(32, '--image-size', values['image-size']);
const width = atLeast(1, '--width', values.width);
const epochs = atLeast(1, '--epochs', values.epochs);
const trained = values.train === undefined ? null : atLeast(2, '--train', values.train);
if (trained !== null && trained + 2 > sizes[0])
  fail(`--sizes begins with ${sizes[0]}; with --train ${trained} it takes ${trained + 2} at least.`);

const interruption = new AbortController();
const { signal } = interruption;
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => interruption.abort(name));

const folder = await mkdtemp(join(tmpdir(), 'adfw-growth-'));
const rows = [];
try {
  for (const size of sizes) {
    const data = join(folder, `${size}`);
    await writeDataset(data, size);
    for (const budget of budgets) {
      const { elapsed, processor, peakBytes } = await timedRun(data, budget.text);
      const { text, bytes } = budget;
      rows.push({ images: size, budget: text, budgetBytes: bytes, elapsed, processor, peakBytes });
    }
    await rm(data, { recursive: true });
  }
} catch (error) {
  if (!signal.aborted) throw error;
} finally {
  await rm(folder, { recursive: true, force: true });
}
if (signal.aborted) process.exit(signal.reason === 'SIGINT' ? 130 : 143);

const growth = budgets.flatMap(({ text }) => {
  const series = rows.filter(({ budget }) => budget === text);
  return series.slice(1).map((row, i) => ({
    budget: text,
    from: series[i].images,
    to: row.images,
    ...Object.fromEntries(
      CLOCKS.map((clock) => [
        clock,
        byPhase((phase) => exponent(series[i], row, (costs) => costs[clock][phase])),
      ]),
    ),
    peakBytes: exponent(series[i], row, ({ peakBytes }) => peakBytes.total),
  }));
});
const uncached = new Map(rows.filter(({ budgetBytes }) => budgetBytes === 0).map((row) => [row.images, row]));
for (const row of rows)
  row.overUncachedBytes = uncached.has(row.images)
    ? row.peakBytes.total - uncached.get(row.images).peakBytes.total
    : null;

if (values.json) console.log(JSON.stringify({ imageSize, width, epochs, rows, growth }, null, 2));
else print();
const faults = [
  ...growth
    .filter(({ to, processor }) => to === sizes.at(-1) && processor.total > HIGHEST_EXPONENT)
    .map(({ budget, from, to, processor }) => {
      const power = processor.total.toFixed(2);
      return `From ${from} to ${to} images (budget ${budget}) the time grew as N^${power}: faster than linearly.`;
    }),
  ...rows
    .filter(({ overUncachedBytes, budgetBytes }) => overUncachedBytes > budgetBytes + SLACK_BYTES)
    .map(
      ({ images, budget, overUncachedBytes }) =>
        `${images} images with the budget ${budget} took ${megabytes(overUncachedBytes)} MB more than without caches.`,
    ),
];
for (const fault of faults) console.error(fault);
process.exitCode = faults.length > 0 ? 1 : 0;

function print() {
  const line = (cells) => console.log(cells.map((cell) => `${cell}`.padStart(11)).join(''));
  const digits = (number) => number.toFixed(number < 10 ? 2 : 1);
  console.log(`${imageSize}x${imageSize} pixels, width ${width}, ${epochs} epochs. Seconds:`);
  line(['images', 'budget', 'clock', ...PHASES, 'ms/image', 'peak MB', 'over 0 MB']);
  for (const row of rows)
    for (const clock of CLOCKS)
      line([
        row.images,
        row.budget,
        clock,
        ...PHASES.map((phase) => digits(row[clock][phase])),
        digits((row[clock].total / row.images) * 1000),
        megabytes(row.peakBytes.total),
        row.overUncachedBytes === null ? '' : megabytes(row.overUncachedBytes),
      ]);
  if (growth.length > 0) console.log('Exponents:');
  for (const row of growth)
    for (const clock of CLOCKS)
      line([
        `${row.from}-${row.to}`,
        row.budget,
        clock,
        ...PHASES.map((phase) => row[clock][phase].toFixed(2)),
        '',
        row.peakBytes.toFixed(2),
      ]);
}

/** The product's own run in a process of its own, which it has the peak memory of. */
async function timedRun(data, cacheMemory) {
  signal.throwIfAborted();
  const document = {
    method: 'stfpm',
    dataset: { type: 'mvtec', root: data },
    images: { size: imageSize },
    model: { teacher: { type: 'resnet18', weights: 'random', width }, training: { epochs } },
    fit: { cacheMemory },
  };
  const out = join(data, `run-${cacheMemory}`);
  const script = fileURLToPath(new URL('timed-run.mjs', import.meta.url));
  const child = spawn(process.execPath, [script, JSON.stringify(document), out], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const stop = () => child.kill('SIGKILL');
  signal.addEventListener('abort', stop);
  try {
    let output = '';
    for await (const chunk of child.stdout) output += chunk;
    const code = child.exitCode ?? (await new Promise((resolve) => child.once('close', resolve)));
    signal.throwIfAborted();
    if (code !== 0) throw new Error(`The run on ${data} failed; what it says is above.`);
    return JSON.parse(output.trim().split('\n').at(-1));
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

/** Images in the layout of MVTec AD, a little larger than they are read, the defective ones with a dark spot and its mask. */
async function writeDataset(root, count) {
  const [train, good, spot, masks] = ['train/good', 'test/good', 'test/spot', 'ground_truth/spot'].map(
    (path) => join(root, path),
  );
  for (const path of [train, good, spot, masks]) await mkdir(path, { recursive: true });
  const size = Math.round(imageSize * 1.25);
  const name = (index) => String(index).padStart(5, '0');
  for (let index = 0; index < count; index++) {
    signal.throwIfAborted();
    const texture = await sharp(noise(index, 24), { raw: { width: 24, height: 24, channels: 3 } })
      .resize(size, size, { kernel: 'cubic' })
      .raw()
      .toBuffer();
    const isTrained = trained === null ? index % 4 < 2 : index < trained;
    const isDefective = !isTrained && index % 2 === 1;
    if (isDefective) {
      const mask = spotMask(index, size);
      for (const [pixel, inside] of mask.entries()) if (inside) texture.fill(20, pixel * 3, pixel * 3 + 3);
      await picture(mask, size, 1).toFile(join(masks, `${name(index)}_mask.png`));
    }
    const to = isTrained ? train : isDefective ? spot : good;
    await picture(texture, size, 3).toFile(join(to, `${name(index)}.png`));
  }
}

function picture(data, size, channels) {
  return sharp(data, { raw: { width: size, height: size, channels } }).png({ compressionLevel: 1 });
}

function noise(seed, size) {
  return Uint8Array.from({ length: size * size * 3 }, (_, i) => 96 + (hash(seed * 7919 + i) >>> 26));
}

/** 255 inside a circle somewhere, a tenth to a fifth of the picture wide. */
function spotMask(seed, size) {
  const radius = size * (0.05 + (0.05 * hash(seed)) / 2 ** 32);
  const [x, y] = [1, 2].map((salt) => radius + ((size - 2 * radius) * hash(seed + salt * 65537)) / 2 ** 32);
  return Uint8Array.from({ length: size * size }, (_, pixel) =>
    Math.hypot((pixel % size) - x, Math.floor(pixel / size) - y) <= radius ? 255 : 0,
  );
}

/** Bits of an integer mixed into 32 that look random (the finaliser of MurmurHash3). */
function hash(integer) {
  let bits = integer;
  bits = Math.imul(bits ^ (bits >>> 16), 0x85ebca6b);
  bits = Math.imul(bits ^ (bits >>> 13), 0xc2b2ae35);
  return (bits ^ (bits >>> 16)) >>> 0;
}

function exponent(smaller, larger, of) {
  return Math.log(of(larger) / of(smaller)) / Math.log(larger.images / smaller.images);
}

function byPhase(of) {
  return Object.fromEntries(PHASES.map((phase) => [phase, of(phase)]));
}

function megabytes(bytes) {
  return (bytes / 1e6).toFixed(0);
}

function atLeast(least, option, text) {
  const number = Number(text);
  if (!(Number.isInteger(number) && number >= least))
    fail(`${option} has ${text}; it takes integers from ${least} on.`);
  return number;
}

function bytesOf(text) {
  try {
    return parseMemory(text);
  } catch (error) {
    return fail(`--budgets: ${error.message}`);
  }
}

function fail(message) {
  console.error(message);
  process.exit(2);
}
