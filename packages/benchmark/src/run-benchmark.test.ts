import { existsSync, writeFileSync } from 'node:fs';
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { DataError, type PartChoice, type ResolvedExperiment } from '@adfw/core';
import { runPaths } from '@adfw/runner';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { BenchmarkReport } from './benchmark-report.js';
import { checkExperiments, runCell } from './cells/run-cell.js';
import { type Grid, planGrid } from './grid.js';
import { runReport, stfpmExperiment } from './report.test.fixture.js';
import { type BenchmarkEvent, type BenchmarkOptions, runBenchmark } from './run-benchmark.js';
import { tinySettings, writeTinyCategory } from './tiny-dataset.test.fixture.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-bench-'));
});
afterEach(() => rm(folder, { recursive: true }));

const engine = { name: 'cpu', options: {} } as const;

/** Four runs: one method, two categories, two seeds. */
function fourCells(experiment = stfpmExperiment): Grid {
  const cells = [42, 43].flatMap((seed) =>
    ['screw', 'tile'].map((category) => ({
      method: 'stfpm',
      category,
      seed,
      folder: join('stfpm', category, String(seed)),
      experiment: { ...experiment, dataset: { ...experiment.dataset, type: 'mvtec', category }, seed },
    })),
  );
  return { methods: ['stfpm'], categories: ['screw', 'tile'], seeds: [42, 43], cells, notes: [] };
}

type Processes = Required<NonNullable<BenchmarkOptions['processes']>>;

/** Leaves the files that a run leaves, without running anything. */
const pretendRun: Processes['run'] = async ({ experiment, folder }) => {
  const { experiment: document, metrics } = runPaths(folder);
  await mkdir(folder, { recursive: true });
  await writeFile(document, JSON.stringify(experiment));
  const report = runReport({ imageAuroc: experiment.seed / 100 });
  await writeFile(metrics, JSON.stringify(report));
  return report;
};

/** Finds nothing wrong. */
const pretended = { check: async () => undefined, compare: async () => [] };

const benchmark = (run: Processes['run'], options: Partial<BenchmarkOptions> = {}) =>
  runBenchmark({
    grid: fourCells(),
    folder,
    engine,
    processes: { ...pretended, run },
    ...options,
  });

const statuses = ({ runs }: BenchmarkReport) => runs.map(({ status }) => status);

describe('runBenchmark', () => {
  it("replaces its own files and nobody else's, and says so before anything is run", async () => {
    const never: Processes['run'] = async () => {
      throw new Error('was run');
    };
    for (const name of ['tables.md', 'tables.csv', 'tables.tex', 'bench.json']) {
      await writeFile(join(folder, name), 'theirs');
      await expect(benchmark(never)).rejects.toMatchObject({
        name: 'ConfigurationError',
        message: expect.stringMatching(`${name} is there .*not replaced; name another folder with --out`),
      });
      expect(await readdir(folder)).toEqual([name]);
      expect(await readFile(join(folder, name), 'utf8')).toBe('theirs');
      await rm(join(folder, name));
    }
    await benchmark(pretendRun);
    expect(statuses(await benchmark(never))).toEqual(Array(4).fill('complete'));
  });

  it('runs what is not complete, and nothing twice', async () => {
    const ran: string[] = [];
    const run: Processes['run'] = (task, options) => {
      ran.push(task.folder);
      return pretendRun(task, options);
    };
    const first = await benchmark(run);
    expect(ran.map((path) => path.slice(folder.length + 1))).toEqual(
      fourCells().cells.map((cell) => cell.folder),
    );
    const events: BenchmarkEvent[] = [];
    const check = async () => {
      throw new Error('There is nothing to check.');
    };
    const again = await benchmark(run, {
      processes: { ...pretended, check, run },
      onProgress: (event) => events.push(event),
    });
    expect(ran).toHaveLength(4);
    expect(again).toEqual(first);
    expect(events).toEqual([{ type: 'planned', total: 4, complete: 4, jobs: 1 }]);
    expect(JSON.parse(await readFile(join(folder, 'bench.json'), 'utf8'))).toEqual(again);
    expect(await readFile(join(folder, 'tables.md'), 'utf8')).toContain('0.425 ± 0.007');
    for (const name of ['tables.csv', 'tables.tex']) expect(existsSync(join(folder, name))).toBe(true);
  });

  it('keeps going past a failed run, and tries it again the next time', async () => {
    const failing: Processes['run'] = async (task, options) => {
      if (task.folder.endsWith(join('screw', '42'))) throw new DataError('000.png is damaged.');
      return pretendRun(task, options);
    };
    const first = await benchmark(failing);
    expect(statuses(first)).toEqual(['failed', 'complete', 'complete', 'complete']);
    expect(first.runs[0]).toMatchObject({ reason: '000.png is damaged.' });
    expect(await readFile(join(folder, 'tables.md'), 'utf8')).toContain(
      '- stfpm, screw, seed 42: 000.png is damaged.',
    );
    const ran: string[] = [];
    const second = await benchmark((task, options) => {
      ran.push(task.folder);
      return pretendRun(task, options);
    });
    expect(ran).toEqual([join(folder, 'stfpm', 'screw', '42')]);
    expect(statuses(second)).toEqual(Array(4).fill('complete'));
  });

  it('has its tables when it is stopped, and goes on', async () => {
    const stop = new AbortController();
    const run: Processes['run'] = async (task, options) => {
      if (task.folder.endsWith(join('screw', '43'))) {
        stop.abort(new Error('stopped'));
        throw options?.signal?.reason;
      }
      return pretendRun(task, options);
    };
    await expect(benchmark(run, { signal: stop.signal })).rejects.toThrow('stopped');
    const saved: BenchmarkReport = JSON.parse(await readFile(join(folder, 'bench.json'), 'utf8'));
    expect(statuses(saved)).toEqual(['complete', 'complete', 'pending', 'pending']);
    expect(await readFile(join(folder, 'tables.md'), 'utf8')).toContain('0.420 (1 of 2)');
    const events: BenchmarkEvent[] = [];
    await benchmark(pretendRun, { onProgress: (event) => events.push(event) });
    expect(events.filter(({ type }) => type === 'begun')).toMatchObject([{ number: 3 }, { number: 4 }]);
    // The first call's runs took ten seconds each.
    const running = await benchmark(
      async (task, options) => {
        options?.onProgress?.({ type: 'images', done: 1, total: 2 });
        return pretendRun(task, options);
      },
      {
        grid: {
          ...fourCells(),
          cells: [
            ...fourCells().cells,
            ...[44, 45].map((seed) => ({
              ...(fourCells().cells[0] as Grid['cells'][0]),
              seed,
              folder: `new/${seed}`,
            })),
          ],
        },
        onProgress: (event) => events.push(event),
      },
    );
    expect(running.runs).toHaveLength(6);
    expect(events.find(({ type }) => type === 'running')).toMatchObject({ ownSeconds: 10, laterSeconds: 10 });
  });

  it('does several at a time, to the same tables', async () => {
    await benchmark(pretendRun);
    const names = ['bench.json', 'tables.md', 'tables.csv', 'tables.tex'];
    const texts = () => Promise.all(names.map((name) => readFile(join(folder, name), 'utf8')));
    const oneByOne = await texts();
    await rm(folder, { recursive: true });
    await mkdir(folder);

    const threads: unknown[] = [];
    let running = 0;
    let most = 0;
    // The first to begin ends last: each waits until three have begun, or all that are left.
    const begun: (() => void)[] = [];
    const run: Processes['run'] = async (task, options) => {
      threads.push(task.threads);
      most = Math.max(most, ++running);
      if (threads.length === 3) for (const goOn of begun.reverse()) goOn();
      else if (threads.length < 3) await new Promise<void>((resolve) => begun.push(resolve));
      const report = await pretendRun(task, options);
      running--;
      return report;
    };
    const report = await benchmark(run, { jobs: 3 });
    expect(statuses(report)).toEqual(Array(4).fill('complete'));
    expect(most).toBe(3);
    expect(threads).toEqual(Array(4).fill(Math.max(1, Math.floor(availableParallelism() / 3))));
    expect(await texts()).toEqual(oneByOne);
  });

  it('does a dozen at a time without a warning of Node', async () => {
    const warnings: Error[] = [];
    const heard = (warning: Error) => warnings.push(warning);
    process.on('warning', heard);
    const { cells, ...grid } = fourCells();
    const [cell] = cells as [Grid['cells'][0]];
    const seeds = Array.from({ length: 12 }, (_, index) => 42 + index);
    const dozen = seeds.map((seed) => ({
      ...cell,
      seed,
      folder: join('stfpm', 'screw', String(seed)),
      experiment: { ...cell.experiment, seed },
    }));
    let listening = 0;
    const all: (() => void)[] = [];
    const run: Processes['run'] = async (task, options) => {
      options?.signal?.addEventListener('abort', () => {});
      if (++listening < 12) await new Promise<void>((resolve) => all.push(resolve));
      else for (const goOn of all) goOn();
      return pretendRun(task, options);
    };
    const stop = new AbortController();
    const report = await benchmark(run, {
      grid: { ...grid, categories: ['screw'], seeds, cells: dozen },
      jobs: 12,
      signal: stop.signal,
    });
    process.off('warning', heard);
    expect(statuses(report)).toEqual(Array(12).fill('complete'));
    expect(warnings).toEqual([]);
  });

  it('runs shards in the same folder at the same time, and then has all for the tables', async () => {
    const ran: string[] = [];
    const both: (() => void)[] = [];
    const run: Processes['run'] = async (task, options) => {
      ran.push(task.folder);
      // The first run of each shard goes on when both have begun.
      if (ran.length < 2) await new Promise<void>((resolve) => both.push(resolve));
      else both.pop()?.();
      return pretendRun(task, options);
    };
    const shards = [1, 2].map((index) => benchmark(run, { shard: { index, count: 2 } }));
    const reports = await Promise.all(shards);
    expect(reports.map(statuses)).toEqual(Array(2).fill(['complete', 'complete']));
    expect(new Set(ran).size).toBe(4);
    expect(await readdir(folder)).toEqual(['stfpm']);
    const never: Processes['run'] = async () => {
      throw new Error('was run');
    };
    expect(statuses(await benchmark(never))).toEqual(Array(4).fill('complete'));
    expect(existsSync(join(folder, 'tables.md'))).toBe(true);
    const none = await benchmark(never, { shard: { index: 5, count: 5 } });
    expect(none).toMatchObject({ methods: [], runs: [] });
  });

  it('stops all that run at a time before it throws', async () => {
    for (const failing of ['signal', 'disk'] as const) {
      const stop = new AbortController();
      let running = 0;
      const run: Processes['run'] = async (_task, options) => {
        running++;
        if (running === 3) {
          if (failing === 'signal') stop.abort(new Error('stopped'));
          else {
            await rm(folder, { recursive: true });
            await writeFile(folder, '');
            running--;
            return runReport({});
          }
        }
        const { signal } = options ?? {};
        if (!signal?.aborted) await new Promise((resolve) => signal?.addEventListener('abort', resolve));
        running--;
        throw signal?.reason;
      };
      await expect(benchmark(run, { jobs: 3, signal: stop.signal }), failing).rejects.toThrow(
        failing === 'signal' ? 'stopped' : /bench\.json cannot be written/,
      );
      expect(running).toBe(0);
    }
    await rm(folder);
    await mkdir(folder);
  });

  it('is refused while the same one runs', async () => {
    const refusals: unknown[] = [];
    const report = await benchmark(async (task, options) => {
      refusals.push(await benchmark(pretendRun).catch((error) => error));
      return pretendRun(task, options);
    });
    expect(statuses(report)).toEqual(Array(4).fill('complete'));
    expect(refusals).toHaveLength(4);
    for (const refusal of refusals)
      expect(refusal).toMatchObject({
        name: 'ConfigurationError',
        message: expect.stringContaining(`Another adfw works in ${folder} (`),
      });
    expect((await readdir(folder)).sort()).toEqual([
      'bench.json',
      'stfpm',
      'tables.csv',
      'tables.md',
      'tables.tex',
    ]);
  });

  it('takes more seeds later, but no other configuration and no other engine', async () => {
    await benchmark(pretendRun);
    const fit = { ...stfpmExperiment.fit, batchSize: 2 };
    const changed = benchmark(pretendRun, { grid: fourCells({ ...stfpmExperiment, fit }) });
    await expect(changed).rejects.toThrow(
      /screw.42 was run with another configuration: fit\.batchSize is 32 there and 2 now\. .* --out/,
    );
    await expect(changed).rejects.toMatchObject({ name: 'ConfigurationError' });
    const wasm = benchmark(pretendRun, { engine: { name: 'wasm', options: {} } });
    await expect(wasm).rejects.toThrow(/another engine: engine is cpu there and wasm now/);
    await expect(benchmark(pretendRun, { engine: { name: 'auto', options: {} } })).resolves.toBeDefined();
  });

  it('refuses what cannot be run at all before it writes anything', async () => {
    const check = async () => {
      throw new DataError('weights.pth is damaged.');
    };
    const refused = benchmark(pretendRun, {
      folder: join(folder, 'new'),
      processes: { ...pretended, check, run: pretendRun },
    });
    await expect(refused).rejects.toThrow('weights.pth is damaged.');
    expect(existsSync(join(folder, 'new'))).toBe(false);
  });
});

describe('processes of runs', () => {
  const tinyGrid = (root: string) =>
    planGrid({
      methods: [{ name: 'stfpm', overrides: [{ source: 'test', document: { method: 'stfpm' } }] }],
      data: { root },
      seeds: [42],
      overrides: [tinySettings],
    });

  /** The experiment with other options of its model, and plugins. */
  const withModel = (
    { model, ...experiment }: ResolvedExperiment,
    { plugins = [], ...options }: { plugins?: readonly string[]; [option: string]: unknown },
  ): ResolvedExperiment => ({ ...experiment, plugins, model: { ...model, ...options } });

  /** A loss that waits until there is a file, in the second epoch: each has a value of a step, and one of the held-out image. */
  async function writeWaitingLoss(file: string) {
    const plugin = join(folder, 'waiting.js');
    await writeFile(
      plugin,
      `import { existsSync, writeFileSync } from 'node:fs';
      import { tf } from '@adfw/core';
      let values = 0;
      const loss = (one, other) => {
        if (++values === 4) while (!existsSync(${JSON.stringify(file)}));
        return tf.addN(Object.keys(one).map((layer) => tf.losses.meanSquaredError(one[layer], other[layer])));
      };
      export default { name: 'waiting', parts: [{ kind: 'loss', name: 'waiting', summary: 'Waits.', create: () => loss }] };`,
    );
    return { plugins: [plugin], loss: { type: 'waiting' } };
  }

  it('run on images, past damaged ones, and stop after an epoch to go on from there', async () => {
    const root = join(folder, 'data');
    await writeTinyCategory(root);
    const stopped = join(folder, 'stopped');
    const waiting = await writeWaitingLoss(stopped);
    const planned = await tinyGrid(root);
    const cells = planned.cells.map((cell) => ({ ...cell, experiment: withModel(cell.experiment, waiting) }));
    const grid = { ...planned, cells };
    const processes = { check: async () => undefined, run: runCell };
    const call = (options: Partial<BenchmarkOptions> = {}) =>
      runBenchmark({ grid, folder: join(folder, 'out'), engine, processes, ...options });

    const damaged = join(root, 'test/hole/1.png');
    const image = await readFile(damaged);
    await writeFile(damaged, image.subarray(0, 60));
    expect((await call()).runs).toMatchObject([
      { status: 'failed', reason: expect.stringContaining(damaged) },
    ]);

    await writeFile(damaged, image);
    const stop = new AbortController();
    const interrupted = call({
      signal: stop.signal,
      onProgress: (event) => {
        if (event.type !== 'running' || event.event.type !== 'epoch') return;
        stop.abort(new Error('enough'));
        writeFileSync(stopped, '');
      },
    });
    await expect(interrupted).rejects.toThrow('enough');

    const events: string[] = [];
    const report = await call({
      onProgress: (event) => {
        if (event.type === 'running') events.push(event.event.type);
      },
    });
    expect(events).toContain('resumed');
    expect(report.runs).toMatchObject([
      { status: 'complete', report: { dataset: { category: null, train: 4, testDefective: 2 } } },
    ]);
    // A ResNet-18 of width 4 up to layer2, its convolutions and normalisations counted by hand.
    const [stem, layer1] = [3 * 4 * 49 + 8, 4 * (4 * 4 * 9 + 8)];
    const layer2 = 4 * 8 * 9 + 16 + 3 * (8 * 8 * 9 + 16) + 4 * 8 + 16;
    expect(report.methods[0]?.cost?.parameters).toBe(stem + layer1 + layer2);
    expect(report.methods[0]?.cost?.multiplyAdds).toBeGreaterThan(0);
    expect(await readFile(join(folder, 'out/tables.md'), 'utf8')).toMatch(
      /## AUPRO.*\| data +\| +[\d.]+ \|/s,
    );
  });

  it('are of models of different kinds, such as one that is not trained and has no maps', async () => {
    const root = join(folder, 'data');
    await writeTinyCategory(root);
    const plugin = join(folder, 'brightness.js');
    await writeFile(
      plugin,
      `import { held, joined, tf } from '@adfw/core';
      const create = () => {
        const mean = held('mean');
        const brightness = (images) => tf.mean(images, [1, 2, 3]);
        return {
          ...joined({ mean }),
          normalization: { mean: [0, 0, 0], std: [1, 1, 1] },
          stages: [{
            name: 'mean',
            async gather(batches) {
              let [sum, count] = [0, 0];
              for await (const { images } of batches) {
                sum += (await tf.tidy(() => tf.sum(brightness(images))).data())[0];
                count += images.shape[0];
              }
              mean.set({ mean: tf.tensor1d([sum / count]) });
            },
          }],
          detect: ({ images }) => ({ scores: tf.abs(tf.sub(brightness(images), mean.get('mean'))), maps: null }),
        };
      };
      export default { name: 'brightness',
        parts: [{ kind: 'model', name: 'brightness', summary: 'How far from as bright.', create }] };`,
    );
    const planned = await tinyGrid(root);
    const [cell] = planned.cells as [Grid['cells'][0]];
    const brightness = { method: 'brightness', model: { type: 'brightness' }, plugins: [plugin] };
    const grid = {
      ...planned,
      methods: ['stfpm', 'brightness'],
      cells: [
        cell,
        {
          ...cell,
          method: 'brightness',
          folder: join('brightness', 'data', '42'),
          experiment: { ...cell.experiment, ...brightness },
        },
      ],
    };
    const report = await runBenchmark({ grid, folder: join(folder, 'out'), engine });
    expect(statuses(report)).toEqual(['complete', 'complete']);
    expect(report.methods.map(({ cost }) => cost !== null)).toEqual([true, false]);
    expect(report.runs[1]).toMatchObject({
      report: { training: [], metrics: { pixelAuroc: null, aupro: null } },
    });
    const tables = await readFile(join(folder, 'out/tables.md'), 'utf8');
    expect(tables).toContain('- brightness: brightness, batches of 4, images of 32x32.');
    expect(tables).toMatch(/## Image AUROC.*\| data +\| +[\d.]+ \| +[\d.]+ \|/s);
    expect(tables).toMatch(/## Pixel AUROC.*\| data +\| +[\d.]+ \| +- \|/s);
  });

  it('are run on the data that complete ones were run on', async () => {
    const root = join(folder, 'data');
    await writeTinyCategory(root);
    const grid = await tinyGrid(root);
    const first = await runBenchmark({ grid, folder: join(folder, 'out'), engine });
    expect(statuses(first)).toEqual(['complete']);
    const again = (events: BenchmarkEvent[] = []) =>
      runBenchmark({
        grid,
        folder: join(folder, 'out'),
        engine,
        onProgress: (event) => events.push(event),
      });
    const events: BenchmarkEvent[] = [];
    expect(await again(events)).toEqual(first);
    expect(new Set(events.map(({ type }) => type))).toEqual(new Set(['planned', 'comparing']));

    const cell = join(folder, 'out', grid.cells[0]?.folder as string);
    const image = join(root, 'test/hole/1.png');
    const mask = join(root, 'ground_truth/hole/1_mask.png');
    const [whole, other] = await Promise.all([readFile(image), readFile(join(root, 'test/good/0.png'))]);
    await writeFile(image, other);
    await expect(again()).rejects.toMatchObject({
      name: 'ConfigurationError',
      message: expect.stringContaining(
        `since ${cell} was begun, 1 test image was changed (test/hole/1.png). Put it back as it was, name another folder with --out, or remove what is to be run again: ${cell}.`,
      ),
    });
    await writeFile(image, whole);
    await writeFile(mask, whole);
    await expect(again()).rejects.toThrow('masks were changed (test/hole/1.png)');
    // A complete run is not of those masks; one that goes on is.
    await rm(runPaths(cell).metrics);
    expect(statuses(await again())).toEqual(['complete']);

    await rm(root, { recursive: true });
    const gone: BenchmarkEvent[] = [];
    expect(statuses(await again(gone))).toEqual(['complete']);
    expect(gone).toContainEqual({
      type: 'warning',
      message: expect.stringMatching(/^Whether complete runs are of the data .* not known\. .*data/),
    });
  });

  it('leave what killed them behind, and say what is wrong before they run', async () => {
    const root = join(folder, 'data');
    await writeTinyCategory(root);
    const plugin = join(folder, 'dying.js');
    await mkdir(dirname(plugin), { recursive: true });
    await writeFile(
      plugin,
      `export default { name: 'dying', parts: [{ kind: 'loss', name: 'dying', summary: 'Dies.', create: () => {
        console.error('Error: no memory is left');
        process.kill(process.pid, 'SIGKILL');
      } }] };`,
    );
    const [cell] = (await tinyGrid(root)).cells as [Grid['cells'][0]];
    const experiment = withModel(cell.experiment, { plugins: [plugin], loss: { type: 'dying' } });
    const died = runCell({ experiment, folder: join(folder, 'run'), engine });
    await expect(died).rejects.toThrow(
      /^Its process was ended by SIGKILL, .*; it said: Error: no memory is left/,
    );

    const teacher = { ...(cell.experiment.model.teacher as PartChoice), weights: join(folder, 'no.pth') };
    const refused = checkExperiments({
      experiments: [{ method: 'mine', experiment: withModel(cell.experiment, { teacher }) }],
      engine,
    });
    await expect(refused).rejects.toThrow(/^mine: \$\.model\.teacher .*no\.pth/);
  });
});
