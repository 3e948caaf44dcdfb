// A whole `adfw run` beside anomalib's fit and test of the same method, weights, images and epochs, each in a process of its own,
// taking turns. On the built packages (npm run build), where PYTHON has anomalib, torch and torchvision:
//   node bench/beside-anomalib.mjs --data DIR/magnetic-tile --weights resnet18.safetensors --python PYTHON \
//     [--methods padim,patchcore] [--repeats 3] [--epochs 10] [--seed 42] [--limit SECONDS] [--json]
// Prints, for each, the medians: seconds of fitting, seconds of the whole process, milliseconds an image, peak memory, AUROC. Both learn
// all nominal images (nothing is held out); our whole process also draws pictures and writes a report, anomalib's only scores and
// evaluates. A process that runs past --limit is stopped, and that is said.
import { spawn } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { flagsOf } from './flags.mjs';

const SIZE = 224;
const adfw = fileURLToPath(new URL('../packages/cli/bin/adfw.js', import.meta.url));
const peerScript = fileURLToPath(new URL('peers/anomalib_run.py', import.meta.url));

const values = flagsOf({
  data: { type: 'string' },
  weights: { type: 'string' },
  python: { type: 'string', default: 'python3' },
  methods: { type: 'string', default: 'padim,patchcore' },
  repeats: { type: 'string', default: '3' },
  epochs: { type: 'string', default: '10' },
  seed: { type: 'string', default: '42' },
  limit: { type: 'string', default: '1800' },
  json: { type: 'boolean', default: false },
});
for (const needed of ['data', 'weights'])
  if (values[needed] === undefined) {
    console.error(`--${needed} is missing.`);
    process.exit(2);
  }
const [data, weights] = [resolve(values.data), resolve(values.weights)];
const [repeats, epochs, seed, limit] = ['repeats', 'epochs', 'seed', 'limit'].map((name) =>
  Number(values[name]),
);
/** Methods that look at each image once; the others are trained for --epochs. */
const fittedByLooking = new Set(['padim', 'patchcore']);

const results = [];
for (const method of values.methods.split(',')) {
  const ours = [];
  const theirs = [];
  for (let i = 0; i < repeats; i++) {
    ours.push(await ourRun(method));
    theirs.push(await peerRun(method));
  }
  results.push({ method, adfw: medians(ours), anomalib: medians(theirs) });
  if (!values.json) print(results.at(-1));
}
if (values.json) console.log(JSON.stringify({ data: basename(data), size: SIZE, repeats, results }, null, 2));

async function ourRun(method) {
  const folder = await mkdtemp(join(tmpdir(), 'adfw-beside-'));
  try {
    const out = join(folder, 'run');
    const { seconds, peakBytes, stopped } = await timed(process.execPath, [
      adfw,
      'run',
      ...['--method', method, '--data', dirname(data), '--category', basename(data), '--weights', weights],
      ...['--image-size', `${SIZE}`, '--seed', `${seed}`, '--validation-fraction', '0'],
      ...['--out', out],
      ...(fittedByLooking.has(method) ? [] : ['--epochs', `${epochs}`]),
    ]);
    if (stopped) return { seconds, peakBytes, stopped };
    const { metrics, timings } = JSON.parse(await readFile(join(out, 'metrics.json'), 'utf8'));
    return {
      seconds,
      peakBytes,
      fitSeconds: timings.trainSeconds,
      msPerImage: timings.inferenceMsPerImage,
      imageAuroc: metrics.imageAuroc,
      pixelAuroc: metrics.pixelAuroc,
    };
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function peerRun(method) {
  const job = {
    method,
    root: data,
    weights,
    epochs: fittedByLooking.has(method) ? 1 : epochs,
    seed,
    size: SIZE,
  };
  const { seconds, peakBytes, stopped, output } = await timed(values.python, [
    peerScript,
    JSON.stringify(job),
  ]);
  if (stopped) return { seconds, peakBytes, stopped };
  const line = output.split('\n').findLast((text) => text.startsWith('{'));
  return { seconds, peakBytes, ...JSON.parse(line) };
}

/** Runs a program to its end, or to the limit; its peak of resident memory is what the system has counted last. */
async function timed(command, args) {
  const start = performance.now();
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [output, errors, peakBytes, stopped] = ['', '', 0, false];
  child.stdout.on('data', (text) => (output += text));
  child.stderr.on('data', (text) => (errors += text));
  const watch = setInterval(async () => {
    const status = await readFile(`/proc/${child.pid}/status`, 'utf8').catch(() => '');
    peakBytes = Math.max(peakBytes, 1024 * Number(/VmHWM:\s+(\d+)/.exec(status)?.[1] ?? 0));
  }, 100);
  const end = setTimeout(() => {
    stopped = true;
    child.kill('SIGKILL');
  }, limit * 1e3);
  const code = await new Promise((done, failed) => child.on('close', done).on('error', failed));
  clearInterval(watch);
  clearTimeout(end);
  if (code !== 0 && !stopped)
    throw new Error(`${command} ${args[0]} ended with ${code}:\n${errors.slice(-2000)}`);
  return { seconds: (performance.now() - start) / 1e3, peakBytes, output, stopped };
}

function medians(runs) {
  const stopped = runs.filter((run) => run.stopped).length;
  const middle = (key) => {
    const sorted = runs.flatMap((run) => run[key] ?? []).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)] ?? null;
  };
  const keys = ['fitSeconds', 'seconds', 'msPerImage', 'peakBytes', 'imageAuroc', 'pixelAuroc'];
  return { ...Object.fromEntries(keys.map((key) => [key, middle(key)])), stopped };
}

function print({ method, adfw: ours, anomalib }) {
  const fixed = (number, digits) => (number === null ? '–' : number.toFixed(digits));
  for (const [name, run] of Object.entries({ adfw: ours, anomalib }))
    console.log(
      `${method.padEnd(22)}${name.padEnd(10)}fit ${fixed(run.fitSeconds, 1)} s, whole ${fixed(run.seconds, 1)} s, ` +
        `${fixed(run.msPerImage, 1)} ms an image, ${fixed(run.peakBytes / 1e6, 0)} MB, image AUROC ${fixed(run.imageAuroc, 3)}, ` +
        `pixel ${fixed(run.pixelAuroc, 3)}${run.stopped ? ` (${run.stopped} stopped at the limit)` : ''}`,
    );
}
