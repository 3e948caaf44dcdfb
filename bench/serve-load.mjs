// `adfw serve` under load, on loopback: its throughput beside that of the scoring worker alone, twice the load it can take, and its
// memory over many requests. Fails where a request fails (429 aside, after which the client tries again), or where memory grows.
//   node bench/serve-load.mjs [--size 224] [--seconds 10] [--clients 16] [--requests 10000] [--run DIR]

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { loadavg, tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { createScoringWorker, prepareExperiment, readManifest, runExperiment, useEngine } from '@adfw/runner';
import sharp from 'sharp';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '224' },
    seconds: { type: 'string', default: '10' },
    clients: { type: 'string', default: '16' },
    requests: { type: 'string', default: '10000' },
    run: { type: 'string' },
  },
});
const [size, seconds, clients, requests] = ['size', 'seconds', 'clients', 'requests'].map((name) =>
  Number(values[name]),
);
/** As many images at once as the server scores. */
const BATCH = 8;
/** Nothing waits longer than this for an answer, tries again included. */
const PATIENCE = 120_000;

const folder = await mkdtemp(join(tmpdir(), 'adfw-bench-'));
const faults = [];
try {
  const run = values.run ?? (await smallRun());
  const files = await pictures((await readManifest(run)).imageSize);
  say('load of the machine before', loadavg()[0].toFixed(1));

  const before = await scoringRate(run);
  const server = await startServer(run);
  try {
    const served = await throughput(server, files);
    if (served.failed > 0) faults.push(`${served.failed} requests failed`);
    await overload(server, files, 2 * served.rate);
    if (requests > 0) await memory(server, files);
  } finally {
    await stop(server);
  }
  const after = await scoringRate(run);
  say(
    'scoring alone, images/s',
    `batch 1: ${pair(before.one, after.one)}, batch ${BATCH}: ${pair(before.batch, after.batch)}`,
  );
  say('load of the machine after', loadavg()[0].toFixed(1));
} finally {
  await rm(folder, { recursive: true, force: true });
}
for (const fault of faults) console.error(`FAILED: ${fault}`);
process.exit(faults.length > 0 ? 1 : 0);

function say(what, value) {
  console.log(`${what.padEnd(34)} ${value}`);
}

function pair(before, after) {
  return `${before.toFixed(1)} before and ${after.toFixed(1)} after`;
}

async function smallRun() {
  const document = {
    method: 'stfpm',
    teacher: { type: 'resnet18', weights: 'random' },
    dataset: { type: 'sample', imageSize: size, train: 5, testNominal: 1, testDefective: 1 },
    training: { epochs: 1, batchSize: 4 },
  };
  const engine = await useEngine('auto');
  const prepared = await prepareExperiment({ overrides: [{ source: 'benchmark', document }] });
  const run = join(folder, 'run');
  await runExperiment({ ...prepared, engine, folder: run });
  return run;
}

/** PNG files, each another one: of the size that the model takes, so that what is measured is not resizing. */
async function pictures({ height, width }) {
  const files = [];
  for (let seed = 0; seed < 16; seed++) {
    const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => ((i * (seed + 7)) >> 3) & 255);
    files.push(
      await sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer(),
    );
  }
  return files;
}

/** Images a second of a scoring worker in this process, which is what the server can reach at best. */
async function scoringRate(run) {
  const { detector, manifest, close } = await createScoringWorker(run);
  const { height, width } = manifest.imageSize;
  const image = { height, width, data: new Uint8Array(height * width * 3).fill(90) };
  const rate = async (count) => {
    const images = Array(count).fill(image);
    for (let round = 0; round < 3; round++) await detector.anomalyMaps(images);
    const start = performance.now();
    let scored = 0;
    while (performance.now() - start < (seconds * 1000) / 4) {
      await detector.anomalyMaps(images);
      scored += count;
    }
    return scored / ((performance.now() - start) / 1000);
  };
  const rates = { one: await rate(1), batch: await rate(BATCH) };
  await close();
  return rates;
}

async function startServer(run) {
  const bin = fileURLToPath(new URL('../packages/cli/bin/adfw.js', import.meta.url));
  const child = spawn(
    process.execPath,
    [bin, 'serve', run, '--port', '0', '--json', '--batch', String(BATCH)],
    {
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  const [line] = await once(createInterface({ input: child.stdout }), 'line');
  const { url } = JSON.parse(line);
  return { child, url, agent: new Agent({ keepAlive: true }) };
}

async function stop({ child, agent }) {
  agent.destroy();
  child.kill('SIGTERM');
  const [code] = await once(child, 'exit');
  if (code !== 0) faults.push(`the server ended with ${code}`);
}

/** @returns the status, or 0 where there was no answer. */
function post({ url, agent }, file) {
  return new Promise((resolve) => {
    const sent = request(
      `${url}/predict`,
      { method: 'POST', agent, headers: { 'content-type': 'image/png', 'content-length': file.length } },
      (answer) => {
        answer.resume();
        answer.once('end', () =>
          resolve({ status: answer.statusCode, retryAfter: answer.headers['retry-after'] }),
        );
        answer.once('error', () => resolve({ status: 0 }));
      },
    );
    sent.once('error', () => resolve({ status: 0 }));
    sent.end(file);
  });
}

/** As a well-behaved client: after a 429 it waits for as long as it is told to, and a bit more, so that not all come at once. */
async function postUntilAnswered(server, file, counts) {
  const start = performance.now();
  for (;;) {
    const { status, retryAfter } = await post(server, file);
    counts[status] = (counts[status] ?? 0) + 1;
    if (status !== 429 || performance.now() - start > PATIENCE) return status;
    await sleep(1000 * Number(retryAfter) * (1 + Math.random()));
  }
}

/** As many clients as may be, each sending one image after the other. */
async function throughput(server, files) {
  let [done, failed] = [0, 0];
  const times = [];
  const client = async (until) => {
    while (performance.now() < until) {
      const start = performance.now();
      const { status } = await post(server, files[done % files.length]);
      times.push(performance.now() - start);
      if (status === 200) done++;
      else failed++;
    }
  };
  const go = (until) => Promise.all(Array.from({ length: clients }, () => client(until)));
  await go(performance.now() + 2000);
  [done, failed] = [0, 0];
  times.length = 0;
  const start = performance.now();
  await go(start + seconds * 1000);
  const rate = done / ((performance.now() - start) / 1000);
  times.sort((a, b) => a - b);
  const at = (part) => times[Math.floor(part * (times.length - 1))].toFixed(0);
  say(
    `served, ${clients} clients, images/s`,
    `${rate.toFixed(1)}; ms: median ${at(0.5)}, 95 % ${at(0.95)}, 99 % ${at(0.99)}`,
  );
  return { rate, failed };
}

/** Requests come at a rate, whether others are answered or not. */
async function overload(server, files, rate) {
  const count = Math.round(rate * seconds);
  const counts = {};
  const start = performance.now();
  const sent = [];
  for (let i = 0; i < count; i++) {
    const wait = start + (i * 1000) / rate - performance.now();
    if (wait > 0) await sleep(wait);
    sent.push(postUntilAnswered(server, files[i % files.length], counts));
  }
  const statuses = await Promise.all(sent);
  const failed = statuses.filter((status) => status !== 200).length;
  const took = (performance.now() - start) / 1000;
  say(
    `twice that, ${rate.toFixed(0)} a second`,
    `${count} requests in ${seconds} s, all answered after ${took.toFixed(0)} s; ${JSON.stringify(counts)}`,
  );
  if (failed > 0) faults.push(`${failed} of ${count} requests failed at twice the load`);
}

/** Many requests: what is resident after a fifth of them must be enough for the rest. */
async function memory(server, files) {
  const residents = [];
  const counts = {};
  let next = 0;
  const client = async () => {
    for (let i = next++; i < requests; i = next++) {
      await postUntilAnswered(server, files[i % files.length], counts);
      if (i % Math.ceil(requests / 50) === 0) residents.push([i, await resident(server)]);
    }
  };
  const start = performance.now();
  await Promise.all(Array.from({ length: clients }, client));
  residents.sort(([a], [b]) => a - b);
  const fifth = residents.slice(10, 20).map(([, bytes]) => bytes);
  const last = residents.slice(-10).map(([, bytes]) => bytes);
  const mean = (numbers) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length / 1e6;
  say(
    `${requests} requests`,
    `${((performance.now() - start) / 1000).toFixed(0)} s, ${JSON.stringify(counts)}; resident MB every tenth: ${residents
      .filter((_, i) => i % 5 === 0)
      .map(([, bytes]) => (bytes / 1e6).toFixed(0))
      .join(' ')}`,
  );
  const failed = Object.entries(counts).filter(([status]) => status !== '200' && status !== '429');
  if (failed.length > 0) faults.push(`requests failed: ${JSON.stringify(counts)}`);
  if (mean(last) > 1.1 * mean(fifth))
    faults.push(`memory grew from ${mean(fifth).toFixed(0)} to ${mean(last).toFixed(0)} MB`);
}

async function resident({ url }) {
  const text = await (await fetch(`${url}/metrics`)).text();
  return Number(/^process_resident_memory_bytes (\S+)/m.exec(text)[1]);
}
