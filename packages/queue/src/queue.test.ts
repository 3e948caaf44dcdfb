/** Benchmarks and workers on one server, with runs that only leave the files of runs. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { type BenchmarkEvent, type BenchmarkReport, type Grid, runBenchmark } from '@adfw/benchmark';
import { ConfigurationError, DataError } from '@adfw/core';
import { runPaths } from '@adfw/runner';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { runReport, stfpmExperiment } from '../../benchmark/src/report.test.fixture.js';
import { openQueue, type QueueOptions } from './queue-of-cells.js';
import { hasRedis, type RedisServer, startRedis } from './redis-server.test.fixture.js';
import { type WorkerEvent, type WorkerOptions, workOnCells } from './work-on-cells.js';

/** Four runs: one method, two categories, two seeds. */
function fourCells(): Grid {
  const cells = [42, 43].flatMap((seed) =>
    ['screw', 'tile'].map((category) => ({
      method: 'stfpm',
      category,
      seed,
      folder: join('stfpm', category, String(seed)),
      experiment: { ...stfpmExperiment, dataset: { type: 'mvtec', root: '/data', category }, seed },
    })),
  );
  return { methods: ['stfpm'], categories: ['screw', 'tile'], seeds: [42, 43], cells, notes: [] };
}

type Run = NonNullable<WorkerOptions['run']>;

/** Leaves the files that a run leaves, without running anything. */
const pretendRun: Run = async ({ experiment, folder }) => {
  const paths = runPaths(folder);
  await mkdir(join(folder, 'model'), { recursive: true });
  await mkdir(paths.checkpoint, { recursive: true });
  await writeFile(paths.experiment, JSON.stringify(experiment));
  await writeFile(join(folder, 'model', 'weights.bin'), Buffer.alloc(2_500_000, experiment.seed));
  await writeFile(join(folder, 'empty.txt'), '');
  const report = { ...runReport({ imageAuroc: experiment.seed / 100 }), outputDir: folder };
  await writeFile(paths.metrics, JSON.stringify(report));
  return report;
};

const engine = { name: 'cpu', options: {} } as const;
const processes = { check: async () => undefined, compare: async () => [] };
const statuses = ({ runs }: BenchmarkReport) => runs.map(({ status }) => status);

describe.skipIf(!hasRedis)('a queue of cells', () => {
  let redis: RedisServer;
  beforeAll(async () => {
    redis = await startRedis();
  });
  afterAll(() => redis.close());

  let folder: string;
  let scratch: string;
  let out: string;
  const stops: (() => Promise<void>)[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'adfw-queue-'));
    out = join(folder, 'out');
    scratch = join(folder, 'scratch');
  });
  afterEach(async () => {
    for (const stop of stops.splice(0)) await stop();
    const client = new Redis(redis.url);
    await client.flushall();
    client.disconnect();
    await rm(folder, { recursive: true, force: true });
  });

  /** A worker of this process. */
  function worker(run: Run = pretendRun, options: Partial<WorkerOptions> = {}) {
    const stop = new AbortController();
    const events: WorkerEvent[] = [];
    const ended = workOnCells({
      url: redis.url,
      scratch,
      run,
      signal: stop.signal,
      lostAfterMilliseconds: 1000,
      onEvent: (event) => events.push(event),
      ...options,
    });
    ended.catch(() => {});
    const close = () => {
      stop.abort();
      return ended.catch(() => {});
    };
    stops.push(close);
    return { events, ended, close };
  }

  async function benchmark(options: Partial<QueueOptions> & { signal?: AbortSignal } = {}) {
    const events: BenchmarkEvent[] = [];
    const notes: string[] = [];
    const queue = await openQueue({
      url: redis.url,
      folder: out,
      retries: 1,
      pollMilliseconds: 50,
      onNote: (message) => notes.push(message),
      ...options,
    });
    const report = await runBenchmark({
      grid: fourCells(),
      folder: out,
      engine,
      processes,
      workers: queue,
      onProgress: (event) => events.push(event),
      ...(options.signal && { signal: options.signal }),
    }).finally(() => queue.close());
    return { report, events, notes };
  }

  const tables = async (out: string) =>
    (await readFile(join(out, 'tables.csv'), 'utf8')) + (await readFile(join(out, 'tables.md'), 'utf8'));

  it('is worked off by several workers in a folder that they share, to the tables of one process', async () => {
    const one = join(folder, 'one');
    await runBenchmark({
      grid: fourCells(),
      folder: one,
      engine,
      processes: { ...processes, run: pretendRun },
    });
    // Two runs wait for each other, so that both workers have one.
    const both: (() => void)[] = [];
    const meeting: Run = async (task, options) => {
      if (both.length < 2)
        await new Promise<void>((resolve) => {
          both.push(resolve);
          if (both.length === 2) for (const goOn of both) goOn();
        });
      return pretendRun(task, options);
    };
    const workers = [worker(meeting, { folder: out }), worker(meeting, { folder: out })];
    const { report, events } = await benchmark();
    expect(statuses(report)).toEqual(Array(4).fill('complete'));
    expect(await tables(out)).toBe(await tables(one));
    for (const { events } of workers) expect(events.some(({ type }) => type === 'ended')).toBe(true);
    expect(events.filter(({ type }) => type === 'ended')).toHaveLength(4);
    expect(events[0]).toEqual({ type: 'planned', total: 4, complete: 0, jobs: null });
    expect(existsSync(scratch)).toBe(false);
    expect(report.runs[0]).toMatchObject({ report: { outputDir: join(out, 'stfpm/screw/42') } });
  });

  it('brings the files of runs where nothing is shared, and leaves none behind', async () => {
    worker();
    const { report } = await benchmark();
    expect(statuses(report)).toEqual(Array(4).fill('complete'));
    const run = join(out, 'stfpm/tile/43');
    expect((await readdir(run)).sort()).toEqual(['empty.txt', 'experiment.json', 'metrics.json', 'model']);
    // Of several pieces.
    const weights = await readFile(join(run, 'model/weights.bin'));
    expect(weights.equals(Buffer.alloc(2_500_000, 43))).toBe(true);
    expect(await readFile(join(run, 'empty.txt'), 'utf8')).toBe('');
    expect(JSON.parse(await readFile(runPaths(run).metrics, 'utf8')).outputDir).toBe(run);
    const client = new Redis(redis.url);
    expect(await client.keys('adfw:files:*')).toEqual([]);
    expect(await client.keys('adfw:cells-*:????????????????????????????????')).toEqual([]);
    client.disconnect();
    for (const path of await readdir(scratch, { recursive: true })) expect(path).not.toContain('metrics');

    // Complete is complete: nobody is needed.
    const again = await benchmark();
    expect(statuses(again.report)).toEqual(Array(4).fill('complete'));
  });

  it('says where the server has no memory for them', async () => {
    const small = await startRedis('--maxmemory', '4mb', '--maxmemory-policy', 'noeviction');
    const url = small.url;
    const { events } = worker(pretendRun, { url });
    const { report } = await benchmark({ url, retries: 0 });
    const failed = report.runs.filter(({ status }) => status === 'failed');
    expect(failed.length).toBeGreaterThan(0);
    for (const run of failed)
      expect(run).toMatchObject({
        reason: expect.stringMatching(/^The queue's server has no memory left .*OOM/),
      });
    // What was run is still there: with more memory it is sent, and not run again.
    const client = new Redis(url);
    await client.config('SET', 'maxmemory', '0');
    client.disconnect();
    expect(statuses((await benchmark({ url })).report)).toEqual(Array(4).fill('complete'));
    expect(events.some((event) => event.type === 'begun' && event.resumed)).toBe(true);
    for (const stop of stops.splice(0)) await stop();
    await small.close();
  });

  it('gives what a worker that is killed had begun to another, which goes on with it', async () => {
    const fixture = fileURLToPath(new URL('dying-worker.test.fixture.mjs', import.meta.url));
    const dying = spawn(process.execPath, [fixture, redis.url, out], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const begun = once(dying.stdout, 'data');
    const running = benchmark();
    await begun;
    dying.kill('SIGKILL');
    const resumed: string[] = [];
    const { events } = worker(
      async (task, options) => {
        if (existsSync(runPaths(task.folder).experiment)) resumed.push(task.folder);
        return pretendRun(task, options);
      },
      { folder: out },
    );
    const { report } = await running;
    expect(statuses(report)).toEqual(Array(4).fill('complete'));
    expect(resumed).toHaveLength(1);
    expect(events.filter((event) => event.type === 'begun' && event.resumed)).toHaveLength(1);
  });

  it('tries what failed again as often as it is told, then lists it, and tries it again the next time', async () => {
    let failures = 0;
    const failing: Run = async (task, options) => {
      if (task.experiment.seed === 43 && task.folder.includes('tile') && ++failures < 4)
        throw new DataError('The disk is full.');
      return pretendRun(task, options);
    };
    worker(failing);
    const first = await benchmark();
    expect(failures).toBe(2);
    expect(statuses(first.report)).toEqual(['complete', 'complete', 'complete', 'failed']);
    expect(first.report.runs[3]).toMatchObject({ reason: 'The disk is full.' });
    expect(first.notes.join('\n')).toMatch(
      /stfpm, tile, 43 failed on \S+, and is tried again: The disk is full\./,
    );
    const second = await benchmark();
    expect(failures).toBe(4);
    expect(statuses(second.report)).toEqual(Array(4).fill('complete'));
  });

  it('keeps everything where either side is stopped', async () => {
    const ran: string[] = [];
    const stop = new AbortController();
    const waiting: Run = async ({ folder }, options) => {
      ran.push(folder);
      options?.onProgress?.({ type: 'warning', message: 'Masks are empty.' });
      await new Promise((resolve) => options?.signal?.addEventListener('abort', resolve));
      throw options?.signal?.reason;
    };
    const first = worker(waiting);
    const interrupted = benchmark({ signal: stop.signal });
    while (ran.length === 0) await sleep(5);
    stop.abort(new Error('stopped'));
    await expect(interrupted).rejects.toThrow('stopped');
    await first.close();
    expect(first.events.map(({ type }) => type)).toContain('given-back');

    // Nobody waits for what this one does.
    const second = worker((task, options) => {
      ran.push(task.folder);
      return pretendRun(task, options);
    });
    while (second.events.filter(({ type }) => type === 'ended').length < 4) await sleep(5);
    expect(ran).toHaveLength(5);
    const { report } = await benchmark();
    expect(statuses(report)).toEqual(Array(4).fill('complete'));
    expect(ran).toHaveLength(5);
  });

  it('tells the benchmark who does what, and what is said of the images', async () => {
    const { events } = worker(async (task, options) => {
      options?.onProgress?.({ type: 'warning', message: 'Masks are empty.' });
      options?.onProgress?.({ type: 'images', done: 1, total: 2 });
      if (task.folder.includes(join('screw', '42'))) await sleep(1500);
      return pretendRun(task, options);
    });
    const told = await benchmark();
    const name = events.flatMap((event) => (event.type === 'waiting' ? [event.name] : []))[0];
    expect(told.events).toContainEqual(
      expect.objectContaining({ type: 'begun', number: 1, total: 4, worker: name, resumed: false }),
    );
    const running = told.events.flatMap((event) => (event.type === 'running' ? [event.event] : []));
    expect(running).toContainEqual({ type: 'warning', message: 'Masks are empty.' });
    expect(running).toContainEqual({ type: 'images', done: 1, total: 2 });
  });

  it('is filled again where the server lost it', async () => {
    const running = benchmark();
    const client = new Redis(redis.url);
    while ((await client.keys('adfw:cells-*:????????????????????????????????')).length < 4) await sleep(5);
    await client.flushall();
    client.disconnect();
    worker();
    expect(statuses((await running).report)).toEqual(Array(4).fill('complete'));
  });

  it('has nothing more for a machine that can begin nothing', async () => {
    const { ended, events } = worker(async () => {
      throw new ConfigurationError('There is no folder /data.');
    });
    const running = benchmark({ retries: 9 });
    await expect(ended).rejects.toMatchObject({
      name: 'ConfigurationError',
      message: expect.stringMatching(/^3 runs in a row .* There is no folder \/data\.$/),
    });
    expect(events.filter(({ type }) => type === 'failed')).toHaveLength(3);
    worker();
    const { report, notes } = await running;
    expect(statuses(report)).toEqual(Array(4).fill('complete'));
    expect(notes.join('\n')).toMatch(/The worker \S+ has stopped: 3 runs in a row/);
  });

  it('is of one version of adfw', async () => {
    const { ended, events } = worker(pretendRun, { version: '9.9.9' });
    while (events.length === 0) await sleep(5);
    await expect(benchmark()).rejects.toMatchObject({
      name: 'ConfigurationError',
      message: expect.stringMatching(/workers at redis:.* are of adfw 9\.9\.9, and this is adfw \d/),
    });
    for (const stop of stops.splice(0)) await stop();
    await ended;

    const stop = new AbortController();
    const running = benchmark({ version: '8.8.8', signal: stop.signal });
    const client = new Redis(redis.url);
    while ((await client.keys('adfw:cells-8.8.8:????????????????????????????????')).length < 4)
      await sleep(5);
    client.disconnect();
    await expect(worker().ended).rejects.toMatchObject({
      name: 'ConfigurationError',
      message: expect.stringMatching(/are of a benchmark of adfw 8\.8\.8, and this is adfw \d/),
    });
    stop.abort(new Error('stopped'));
    await expect(running).rejects.toThrow('stopped');
  });
});
