// Which student is worth its cost: trains students of several shapes against one teacher and prints them as a Markdown table.
//   node bench/study-students.mjs --data DIR [--weights FILE] [--teacher resnet18] [--epochs 20] [--seeds 42,43,44]
//     [--students FILE.json] [--only NAME,...] [--threads N] [--out runs/students]
// DIR is a dataset in the layout of MVTec AD. Every run lies in a folder of its own below --out, where a later call finds it: a run
// that is complete is not repeated, one that was interrupted goes on, one that failed is begun again. The students are experiment
// documents by name, those of study-students.json or of another file, such as study-methods.json; one that names a teacher keeps
// it. No images are held out, and the last epoch counts.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { architectureNames, networkCost, residualShape, resNetShape } from '@adfw/backbone-resnet';
import { parseSafetensors } from '@adfw/core';
import { bottleneckChannels } from '@adfw/method-simple-student';
import { flagsOf } from './flags.mjs';

const values = flagsOf({
  data: { type: 'string' },
  weights: { type: 'string' },
  teacher: { type: 'string', default: 'resnet18' },
  epochs: { type: 'string', default: '20' },
  seeds: { type: 'string', default: '42,43,44' },
  students: { type: 'string', default: fileURLToPath(new URL('study-students.json', import.meta.url)) },
  only: { type: 'string' },
  threads: { type: 'string' },
  out: { type: 'string', default: join('runs', 'students') },
});
if (values.data === undefined) fail('--data is missing; give a dataset in the layout of MVTec AD.');
const candidates = await readCandidates(values.students);
const names = values.only?.split(',') ?? Object.keys(candidates);
const unknown = names.find((name) => !Object.hasOwn(candidates, name));
if (unknown !== undefined) fail(`--only has "${unknown}"; there are ${Object.keys(candidates).join(', ')}.`);
const seeds = values.seeds.split(',').map((seed) => integer('--seeds', seed));
const epochs = integer('--epochs', values.epochs);

const interruption = new AbortController();
for (const name of ['SIGINT', 'SIGTERM']) process.once(name, () => interruption.abort(name));

const failures = [];
const rows = [];
for (const name of names) {
  const reports = [];
  for (const seed of seeds) {
    const folder = join(values.out, `${name}-${seed}`);
    try {
      const report = await runOf(name, seed, folder);
      reports.push({ seed, ...report });
      console.error(`${name}, seed ${seed}: image AUROC ${report.metrics.imageAuroc.toFixed(3)}`);
    } catch (error) {
      if (interruption.signal.aborted) process.exit(interruption.signal.reason === 'SIGINT' ? 130 : 143);
      failures.push(`${name}, seed ${seed}: ${error.message}`);
    }
  }
  if (reports.length > 0) rows.push({ name, reports, cost: await studentsCost(reports[0].folder) });
}
print(rows);
for (const failure of failures) console.error(failure);
process.exitCode = failures.length > 0 ? 1 : 0;

async function readCandidates(path) {
  try {
    return JSON.parse(await readFile(path, 'utf8'));
  } catch ({ message }) {
    return fail(`--students: ${path} is no JSON file of experiments by name (${message}).`);
  }
}

/** The report of a run, which is made where it is not there yet. */
async function runOf(name, seed, folder) {
  const metrics = join(folder, 'metrics.json');
  if (!existsSync(metrics)) {
    if (existsSync(join(folder, 'checkpoint'))) await adfw(['run', '--resume', folder]);
    else {
      await rm(folder, { recursive: true, force: true });
      await mkdir(values.out, { recursive: true });
      const document = join(values.out, `${name}-${seed}.json`);
      await writeFile(document, JSON.stringify(experimentOf(candidates[name], seed), null, 2));
      const threads = values.threads ? ['--threads', values.threads] : [];
      await adfw(['run', '--config', document, '--data', values.data, '--out', folder, ...threads]);
    }
  }
  return { folder, ...JSON.parse(await readFile(metrics, 'utf8')) };
}

function experimentOf({ training, ...candidate }, seed) {
  return {
    ...candidate,
    teacher: candidate.teacher ?? {
      type: values.teacher,
      ...(values.weights && { weights: values.weights }),
    },
    training: { ...training, epochs, validationFraction: 0 },
    seed,
  };
}

/** Runs the command in a process of its own: what goes wrong in one run leaves the others alone. */
function adfw(args) {
  interruption.signal.throwIfAborted();
  const command = fileURLToPath(new URL('../packages/cli/bin/adfw.js', import.meta.url));
  const child = spawn(process.execPath, [command, ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  const stop = () => child.kill('SIGTERM');
  interruption.signal.addEventListener('abort', stop);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      interruption.signal.removeEventListener('abort', stop);
      if (code === 0) resolve();
      else reject(new Error(`the run ended with ${signal ?? `exit code ${code}`}; what it says is above`));
    });
  });
}

/** Parameters of the students of a run with their adapters, and multiply-adds an image (null for networks that say none). */
async function studentsCost(folder) {
  const { student, teacher, layers, dataset } = JSON.parse(
    await readFile(join(folder, 'experiment.json'), 'utf8'),
  );
  const parameters = await studentParameters(join(folder, 'model', 'weights.safetensors'));
  const shape = shapeOf(student);
  if (!shape) return { parameters, multiplyAdds: null };
  const { height, width } = sizeOf(dataset.imageSize);
  const network = networkCost(shape, layers, [height, width]).multiplyAdds;
  const adapters = student.adapter === 'convolution' ? layers.map(adapterCost) : [];
  return { parameters, multiplyAdds: student.count * adapters.reduce((sum, cost) => sum + cost, network) };

  function adapterCost(layer) {
    const [from, to] = [student, teacher].map((choice) => shapeOf(choice).layers[layer].at(-1).outputs);
    const stride = 2 ** (Number(layer.at(-1)) + 1);
    const positions = Math.ceil(height / stride) * Math.ceil(width / stride);
    return from * to * positions;
  }
}

function shapeOf({ type, ...options }) {
  if (architectureNames.includes(type)) return resNetShape(type, options);
  if (type === 'simple-student')
    return resNetShape('resnet18', { ...options, innerChannels: bottleneckChannels(options.width) });
  return type === 'residual' ? residualShape(options) : undefined;
}

async function studentParameters(path) {
  const { tensors } = parseSafetensors(await readFile(path), path);
  const learnt = Object.entries(tensors).filter(
    ([name]) => name.startsWith('student') && !/running_(mean|var)$/.test(name),
  );
  return learnt.reduce((sum, [, { data }]) => sum + data.length, 0);
}

function sizeOf(imageSize) {
  return typeof imageSize === 'number' ? { height: imageSize, width: imageSize } : imageSize;
}

function print(found) {
  const line = (cells) => console.log(`| ${cells.join(' | ')} |`);
  line([
    'student',
    `image AUROC (seeds ${seeds.join(', ')})`,
    'pixel AUROC',
    'Dice',
    'parameters',
    'multiply-adds',
    'ms an image',
  ]);
  line(['---', ...Array(6).fill('---:')]);
  for (const { name, reports, cost } of found) {
    const mean = (metric) => {
      const numbers = reports.map(({ metrics }) => metrics[metric]);
      if (numbers.includes(null)) return '-';
      return (numbers.reduce((sum, number) => sum + number, 0) / numbers.length).toFixed(3);
    };
    const each = seeds.map((seed) => {
      const report = reports.find((candidate) => candidate.seed === seed);
      return report ? report.metrics.imageAuroc.toFixed(3) : 'failed';
    });
    line([
      name,
      `${mean('imageAuroc')} (${each.join(', ')})`,
      mean('pixelAuroc'),
      mean('diceMean'),
      `${(cost.parameters / 1e6).toFixed(3)} M`,
      cost.multiplyAdds === null ? '-' : `${(cost.multiplyAdds / 1e6).toFixed(0)} M`,
      Math.min(...reports.map(({ timings }) => timings.inferenceMsPerImage)).toFixed(1),
    ]);
  }
}

function integer(flag, text) {
  if (!/^\d+$/.test(text)) fail(`${flag} has "${text}"; it takes whole numbers.`);
  return Number(text);
}

function fail(message) {
  console.error(message);
  process.exit(2);
}
