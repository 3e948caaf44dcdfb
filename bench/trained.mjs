// Methods that are trained, and are not distilled, beside PyTorch: the same images (as files, resized once), settings, epochs and frozen
// network, and random numbers of its own; where anomalib has the method, beside that, too, with what it has of its own. On the built packages
// (npm run build), where PYTHON has torch, anomalib, scikit-learn and safetensors:
//   node bench/trained.mjs --weights resnet18.safetensors --out FOLDER [--data DIR/magnetic-tile] [--python PYTHON]
//     [--methods dagmm,vae] [--seeds 42,43,44] [--tools adfw,pytorch,anomalib] [--threads N]
//   node bench/trained.mjs --out FOLDER --table [--times]
// Without --data it is the fabric of the built-in sample. Each run is a line of FOLDER/results.jsonl; what has one is not run again, so that
// the same call goes on where another was stopped. --table prints them as a table, seeds by their mean and range; --times has seconds and
// milliseconds too, which say something where the machine had nothing else to do.
import { spawn } from 'node:child_process';
import { appendFile, mkdir, readFile, rm } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { prepareExperiment } from '@adfw/runner';
import { flagsOf } from './flags.mjs';
import { writeImages } from './trained/images.mjs';
import { settingsOf, trainedMethods } from './trained/settings.mjs';
import { markdownTable } from './trained/table.mjs';

const adfw = fileURLToPath(new URL('../packages/cli/bin/adfw.js', import.meta.url));
const peers = {
  pytorch: fileURLToPath(new URL('peers/trained_run.py', import.meta.url)),
  anomalib: fileURLToPath(new URL('peers/anomalib_run.py', import.meta.url)),
};
/** What anomalib has of them. */
const anomalibMethods = new Set(['fastflow', 'cflow', 'ganomaly']);

const values = flagsOf({
  data: { type: 'string' },
  weights: { type: 'string' },
  out: { type: 'string' },
  python: { type: 'string', default: 'python3' },
  methods: { type: 'string', default: trainedMethods.join(',') },
  seeds: { type: 'string', default: '42' },
  tools: { type: 'string', default: 'adfw,pytorch,anomalib' },
  threads: { type: 'string' },
  table: { type: 'boolean', default: false },
  times: { type: 'boolean', default: false },
});
for (const needed of values.table ? ['out'] : ['out', 'weights'])
  if (values[needed] === undefined) {
    console.error(`--${needed} is missing.`);
    process.exit(2);
  }
const out = resolve(values.out);
const resultsFile = join(out, 'results.jsonl');
const lines = (await readFile(resultsFile, 'utf8').catch(() => '')).split('\n').filter(Boolean);
const results = lines.map((line) => JSON.parse(line));
if (values.table) console.log(markdownTable(results, values.times));
else await runAll();

async function runAll() {
  await mkdir(out, { recursive: true });
  const data = values.data === undefined ? null : resolve(values.data);
  const name = data === null ? 'sample' : basename(data);
  const tools = values.tools.split(',');
  for (const method of values.methods.split(','))
    for (const seed of values.seeds.split(',').map(Number))
      for (const tool of tools) {
        if (tool === 'anomalib' && !anomalibMethods.has(method)) continue;
        const key = { tool, data: name, method, seed };
        if (results.some((result) => Object.entries(key).every(([of, value]) => result[of] === value)))
          continue;
        const document = settingsOf(method, data === null ? 'sample' : 'files', resolve(values.weights));
        const root = await writeImages(join(out, 'images'), data, document.images.size);
        const measured = await (tool === 'adfw' ? ourRun : peerRun)(key, document, root);
        const { images, fit, model } = document;
        const line = {
          ...key,
          size: images.size,
          epochs: model.training.epochs,
          batchSize: fit.batchSize,
          ...measured,
        };
        await appendFile(resultsFile, `${JSON.stringify(line)}\n`);
        results.push(line);
        console.log(JSON.stringify(line));
      }
}

async function ourRun({ data, method, seed }, document, root) {
  const folder = join(out, 'runs', `${data}-${method}-${seed}`);
  await rm(folder, { recursive: true, force: true });
  await mkdir(dirname(folder), { recursive: true });
  await output(process.execPath, [
    adfw,
    'run',
    ...['--data', dirname(root), '--category', basename(root), '--seed', `${seed}`, '--out', folder],
    ...['--validation-fraction', '0', '--pictures', '1'],
    ...(values.threads === undefined ? [] : ['--threads', values.threads]),
    ...settingFlags(document),
  ]);
  const { metrics, timings } = JSON.parse(await readFile(join(folder, 'metrics.json'), 'utf8'));
  return {
    imageAuroc: metrics.imageAuroc,
    pixelAuroc: metrics.pixelAuroc,
    fitSeconds: timings.trainSeconds,
    msPerImage: timings.inferenceMsPerImage,
  };
}

async function peerRun({ tool, method, seed }, document, root) {
  const overrides = [
    { source: 'trained.mjs', document: { ...document, dataset: { type: 'mvtec', root: dirname(root) } } },
  ];
  const { experiment } = await prepareExperiment({ overrides });
  const { size } = document.images;
  const job = {
    ...{ method, root, size, seed, weights: resolve(values.weights) },
    ...{ epochs: document.model.training.epochs, batchSize: document.fit.batchSize, model: experiment.model },
    ...(values.threads !== undefined && { threads: Number(values.threads) }),
  };
  const text = await output(values.python, [peers[tool], JSON.stringify(job)]);
  const {
    imageAuroc,
    pixelAuroc = null,
    fitSeconds,
    msPerImage,
  } = JSON.parse(text.split('\n').findLast((line) => line.startsWith('{')));
  return { imageAuroc, pixelAuroc, fitSeconds, msPerImage };
}

/** The values of a document, as --set takes them. */
function settingFlags(document, path = '') {
  return Object.entries(document).flatMap(([key, value]) => {
    const at = path === '' ? key : `${path}.${key}`;
    return typeof value === 'object' && !Array.isArray(value)
      ? settingFlags(value, at)
      : ['--set', `${at}=${JSON.stringify(value)}`];
  });
}

/** What a program prints; one that fails ends this one with what it said. */
async function output(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [text, errors] = ['', ''];
  child.stdout.on('data', (some) => (text += some));
  child.stderr.on('data', (some) => (errors += some));
  const code = await new Promise((done, failed) => child.on('close', done).on('error', failed));
  if (code !== 0) throw new Error(`${command} ${args[0]} ended with ${code}:\n${errors.slice(-3000)}`);
  return text;
}
