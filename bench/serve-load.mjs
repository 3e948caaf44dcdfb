// `adfw serve` under load, on loopback: its throughput beside that of the scoring worker alone, twice the load it can take, and its
// memory over many requests. Fails where a request fails (429 aside, after which the client tries again), or where memory grows.
//   node bench/serve-load.mjs [--size 224] [--seconds 21] [--clients 16] [--requests 10000] [--run DIR] [--processes 1,2]
// With --processes it says instead what so many processes serve, in turn, and how much more than the first of them.

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
import { createScoringWorker, readManifest } from '@adfw/runner';
import sharp from 'sharp';
import { smallRun } from './small-run.mjs';

const { values } = parseArgs({
  options: {
    size: { type: 'string', default: '224' },
    seconds: { type: 'string', default: '21' },
    clients: { type: 'string', default: '16' },
    requests: { type: 'string', default: '10000' },
    run: { type: 'string' },
    processes: { type: 'string' },
  },
});
const [size, seconds, clients, requests] = ['size', 'seconds', 'clients', 'requests'].map((name) =>
  Number(values[name]),
);
/** As many images at once as the server scores. */
const BATCH = 8;
/** How often scoring alone and the server take turns. */
const ROUNDS = 7;
/** Nothing waits longer than this for an answer, tries again included. */
const PATIENCE = 120_000;

const folder = await mkdtemp(join(tmpdir(), 'adfw-bench-'));
const faults = [];
try {
  const run = values.run ?? (await smallRun(folder, size));
  const files = await pictures((await readManifest(run)).imageSize);
  say('load of the machine before', loadavg()[0].toFixed(1));

  if (values.processes) await comparison(run, files, values.processes.split(',').map(Number));
  else await loads(run, files);
  say('load of the machine after', loadavg()[0].toFixed(1));
} finally {
  await rm(folder, { recursive: true, force: true });
}
for (const fault of faults) console.error(`FAILED: ${fault}`);
process.exit(faults.length > 0 ? 1 : 0);

async function loads(run, files) {
  const server = await startServer(run);
  try {
    const rate = await throughput(server, run, files);
    await overload(server, files, 2 * rate);
    if (requests > 0) await memory(server, files);
  } finally {
    await stop(server);
  }
}

/** Servers of so many processes each take turns, so that what else the machine does meets all; those that wait compute nothing. */
async function comparison(run, files, counts) {
  const servers = [];
  try {
    for (const count of counts) servers.push(await startServer(run, ['--processes', String(count)]));
    const rates = servers.map(() => []);
    for (let round = 0; round < ROUNDS; round++)
      for (const [index, server] of servers.entries())
        rates[index].push(await servedRate(server, files, (seconds * 1000) / ROUNDS));
    for (const [index, count] of counts.entries()) {
      const ratio = median(rates[index].map((rate, round) => rate / rates[0][round]));
      say(`${count} processes, images/s`, `${spread(rates[index])}; ${ratio.toFixed(2)} times the first`);
    }
  } finally {
    for (const server of servers) await stop(server);
  }
}

function say(what, value) {
  console.log(`${what.padEnd(36)} ${value}`);
}

/** Of a list of numbers: the median, and between what they lie. */
function spread(numbers) {
  const sorted = numbers.toSorted((a, b) => a - b);
  return `${median(sorted).toFixed(1)} (${sorted[0].toFixed(1)} to ${sorted.at(-1).toFixed(1)})`;
}

function median(numbers) {
  return numbers.toSorted((a, b) => a - b)[numbers.length >> 1];
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
async function scoringRate({ detector, manifest }, count, duration) {
  const { height, width } = manifest.imageSize;
  const images = Array(count).fill({ height, width, data: new Uint8Array(height * width * 3).fill(90) });
  for (let round = 0; round < 2; round++) await detector.detect(images);
  const start = performance.now();
  let scored = 0;
  for (; performance.now() - start < duration; scored += count) await detector.detect(images);
  return scored / ((performance.now() - start) / 1000);
}

async function startServer(run, flags = []) {
  const bin = fileURLToPath(new URL('../packages/cli/bin/adfw.js', import.meta.url));
  const child = spawn(
    process.execPath,
    [bin, 'serve', run, '--port', '0', '--json', '--batch', String(BATCH), ...flags],
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

/** Clients that each send one image after the other, in turn with scoring alone, so that what else the machine does meets both. */
async function throughput(server, run, files) {
  const alone = await createScoringWorker(run);
  const rates = { one: [], batch: [], served: [] };
  const times = [];
  const duration = (seconds * 1000) / ROUNDS;
  for (let round = 0; round < ROUNDS; round++) {
    rates.one.push(await scoringRate(alone, 1, duration / 2));
    rates.batch.push(await scoringRate(alone, BATCH, duration / 2));
    rates.served.push(await servedRate(server, files, duration, times));
  }
  await alone.close();

  times.sort((a, b) => a - b);
  const at = (part) => times[Math.floor(part * (times.length - 1))].toFixed(0);
  say('scoring alone, one by one, images/s', spread(rates.one));
  say(`scoring alone, ${BATCH} at once`, spread(rates.batch));
  say(
    `served to ${clients} clients`,
    `${spread(rates.served)}; ms: median ${at(0.5)}, 95 % ${at(0.95)}, 99 % ${at(0.99)}`,
  );
  const best = Math.max(median(rates.one), median(rates.batch));
  say('served, part of the better of both', (median(rates.served) / best).toFixed(2));
  return median(rates.served);
}

/** Images a second that clients get answers for. @param times takes how long each waited. */
async function servedRate(server, files, duration, times = []) {
  const start = performance.now();
  const count = { done: 0, failed: 0 };
  const client = async () => {
    while (performance.now() < start + duration) {
      const sent = performance.now();
      const { status } = await post(server, files[count.done % files.length]);
      count[status === 200 ? 'done' : 'failed']++;
      times.push(performance.now() - sent);
    }
  };
  await Promise.all(Array.from({ length: clients }, client));
  if (count.failed > 0) faults.push(`${count.failed} requests failed`);
  return count.done / ((performance.now() - start) / 1000);
}

/** Requests come at a rate, whether others are answered or not. */
async function overload(server, files, rate) {
  const count = Math.round((rate * seconds) / 2);
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
    `${count} requests in ${seconds / 2} s, all answered after ${took.toFixed(0)} s; ${JSON.stringify(counts)}`,
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
