/** The thread runs what was built (`dist`), the tests this source. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import {
  ConfigurationError,
  compose,
  DataError,
  type DetectedImage,
  type RgbImage,
  resolveExperiment,
  type SearchProgress,
} from '@adfw/core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { useEngine } from '../engine.js';
import { type FitEvent, fitModel } from '../model/fit-and-save.js';
import { bringMeanEmbedding, meanEmbeddingFile } from '../model/mean-embedding.test.fixture.js';
import { loadModel, type SavedModel, saveModel } from '../model/model-folder.js';
import { loadRegistry } from '../plugins/plugins.js';
import { createScoringWorker, type ScoringWorker } from './scoring-client.js';

let folder: string;
let here: SavedModel;
let worker: ScoringWorker;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-scoring-'));
  await useEngine('onnxruntime');
  await writeModel('model');
  await writeMoodyPlugin();
  here = await loadModel(join(folder, 'model'));
  worker = await createScoringWorker(join(folder, 'model'), { engine: 'onnxruntime' });
});
afterAll(async () => {
  await worker.close();
  await rm(folder, { recursive: true, force: true });
});

/** A score that may do what a plugin should not. */
async function writeMoodyPlugin(): Promise<void> {
  await writeFile(
    join(folder, 'moody.mjs'),
    `import { tf } from '@adfw/core';
import { layerwiseScore } from '@adfw/distillation';
const score = layerwiseScore((teacher, [student]) => tf.sum(tf.squaredDifference(teacher, student), -1));
const moods = {
  fine: () => setInterval(() => undefined, 1000),
  throws: () => { throw new RangeError('too much of it'); },
  crashes: () => void setTimeout(() => { throw new TypeError('nobody waits for this'); }),
  exits: () => process.exit(3),
  fills: () => { for (const all = []; ; ) all.push(Array.from({ length: 1000 }, (_, i) => ({ i }))); },
};
export default {
  name: 'moody',
  parts: [{
    kind: 'score',
    name: 'moody',
    summary: 'Squared distance, and what the option says.',
    options: { mood: { enum: Object.keys(moods), default: 'fine', description: 'What happens.' } },
    create: ({ mood }) => ({
      ...score,
      anomalyMap(...args) {
        moods[mood]();
        return score.anomalyMap(...args);
      },
    }),
  }],
};
`,
  );
}

async function writeModel(name: string): Promise<void> {
  const registry = await loadRegistry();
  const document = {
    method: 'fvv',
    dataset: { type: 'sample' },
    images: { size: 32 },
    model: { teacher: { type: 'resnet18', weights: 'random', width: 8 }, students: 2 },
  };
  const experiment = resolveExperiment({ registry, layers: [{ source: 'test', document }] });
  const { model } = await compose(registry, experiment);
  await saveModel(join(folder, name), model, {
    experiment,
    imageSize: { height: 32, width: 32 },
    thresholds: { deployed: 0.1, benchmark: null },
    scoreRange: null,
    mapRange: null,
    heldOutScores: [],
  });
}

/** Writes a model whose score is the plugin's. */
async function writeMoodyModel(mood: string): Promise<string> {
  const name = `moody-${mood}`;
  await writeModel(name);
  const file = join(folder, name, 'manifest.json');
  const manifest = JSON.parse(await readFile(file, 'utf8'));
  manifest.experiment.plugins = [join(folder, 'moody.mjs')];
  manifest.experiment.model.score = { type: 'moody', mood };
  await writeFile(file, JSON.stringify(manifest));
  return name;
}

/** Pixels that look random, and are the same for a seed. */
function picture(seed: number, size = 32): RgbImage {
  let state = seed;
  const data = Uint8Array.from({ length: size * size * 3 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state >>> 24;
  });
  return { width: size, height: size, data };
}
const pictures = (count: number, size?: number) =>
  Array.from({ length: count }, (_, seed) => picture(seed + 1, size));

const bits = (detected: readonly DetectedImage[]) =>
  detected.map(({ score, map }) => [score, map && Buffer.from(map.buffer).toString('base64')]);

/** What rejects a promise. */
const failure = (promise: Promise<unknown>): Promise<Error> =>
  promise.then(
    () => {
      throw new Error('It was to be rejected.');
    },
    (error) => error,
  );

describe('a scoring worker', () => {
  it('has the model, and says what computes', () => {
    expect(worker.manifest).toEqual(here.manifest);
    expect(worker.engine).toMatchObject({ name: 'onnxruntime', provider: 'cpu' });
  });

  it.each([1, 3])('gives the numbers of this thread, bit for bit: %i images', async (count) => {
    const images = pictures(count);
    const detected = await worker.detector.detect(images);
    expect(detected.map(({ map }) => map?.length)).toEqual(Array(count).fill(32 * 32));
    expect(bits(detected)).toEqual(bits(await here.detector.detect(images)));
    // The caller keeps its pixels.
    expect(images).toEqual(pictures(count));
  });

  it('answers overlapping calls in their order, and counts those that wait', async () => {
    const order: number[] = [];
    const calls = [5, 1, 1, 2].map(async (count, index) => {
      const { length } = await worker.detector.detect(pictures(count));
      order.push(index);
      return length;
    });
    expect(worker.pending).toBe(4);
    expect(await Promise.all(calls)).toEqual([5, 1, 1, 2]);
    expect(order).toEqual([0, 1, 2, 3]);
    expect(worker.pending).toBe(0);
  });

  it('leaves the event loop to others while it scores, which this thread does not', async () => {
    const images = pictures(32, 128);
    const meanwhile = await turnsDuring(() => worker.detector.detect(images));
    const blocked = await turnsDuring(() => here.detector.detect(images));
    expect(meanwhile).toBeGreaterThan(20 * Math.max(1, blocked));
  });

  it('rejects what this thread rejects, with the same error, and goes on', async () => {
    for (const images of [[], [picture(1), picture(2, 64)]]) {
      const [there, expected] = await Promise.all(
        [worker, here].map(({ detector }) => failure(detector.detect(images))),
      );
      expect(there?.constructor).toBe(expected?.constructor);
      expect(there?.message).toBe(expected?.message);
    }
    expect(await worker.detector.detect(pictures(1))).toHaveLength(1);
  });

  it('is not made where there is no model, it is damaged, or the engine is not there', async () => {
    const missing = await failure(createScoringWorker(join(folder, 'nothing')));
    expect(missing).toBeInstanceOf(ConfigurationError);
    expect(missing.message).toMatch(/There is no run directory .*nothing/);

    await writeModel('damaged');
    await truncate(join(folder, 'damaged', 'weights.safetensors'), 1000);
    const damaged = await failure(createScoringWorker(join(folder, 'damaged')));
    expect(damaged).toBeInstanceOf(DataError);
    expect(damaged.message).toMatch(/weights\.safetensors/);

    const engine = await failure(createScoringWorker(join(folder, 'model'), { engine: 'tensorflow' }));
    expect(engine).toBeInstanceOf(ConfigurationError);
    expect(engine.message).toMatch(/tfjs-node/);
  });

  it('when it is closed answers what it was asked, and refuses more', async () => {
    const other = await createScoringWorker(join(folder, 'model'));
    const asked = Promise.all([other.detector.detect(pictures(4)), other.detector.detect(pictures(2))]);
    const closed = other.close();
    const late = failure(other.detector.detect(pictures(1)));
    expect((await asked).map(({ length }) => length)).toEqual([4, 2]);
    expect((await late).message).toBe('The scoring worker is closed.');
    await closed;
    await other.close();
    expect(await other.ended).toBeNull();
  });
});

/** How often the event loop comes round until the work is done. */
async function turnsDuring(work: () => Promise<unknown>): Promise<number> {
  let turns = 0;
  const turn = () => {
    turns++;
    next = setImmediate(turn);
  };
  let next = setImmediate(turn);
  await work();
  clearImmediate(next);
  return turns;
}

describe('a scoring worker with a plugin outside the repository', () => {
  const moody = async (mood: string) =>
    createScoringWorker(join(folder, await writeMoodyModel(mood)), {
      resourceLimits: { maxOldGenerationSizeMb: 100 },
    });

  it('scores with it, and ends although it left a timer behind', async () => {
    const other = await moody('fine');
    expect(await other.detector.detect(pictures(2))).toHaveLength(2);
    await other.close();
  });

  it('passes on what it throws', async () => {
    const other = await moody('throws');
    expect(await failure(other.detector.detect(pictures(1)))).toEqual(new RangeError('too much of it'));
    await other.close();
  });

  it.each([
    ['crashes', TypeError, /^nobody waits for this$/],
    ['exits', Error, /^Its thread ended with the exit code 3\.$/],
    ['fills', Error, /memory limit/],
  ])('that %s rejects the calls that wait with it, and later ones too', async (mood, type, message) => {
    const other = await moody(mood);
    // One call may be answered before a crash arrives.
    const calls = [1, 2, 3].map(() => other.detector.detect(pictures(1)));
    const settled = await Promise.allSettled(calls);
    const last = (settled.at(-1) as PromiseRejectedResult).reason;
    expect(last).toBeInstanceOf(type);
    expect(last.message).toMatch(message);
    expect((await failure(other.detector.detect(pictures(1)))).message).toMatch(
      /^The scoring worker has ended: .*\. Create another\.$/,
    );
    expect(other.pending).toBe(0);
    expect((await other.ended)?.message).toMatch(message);
    await other.close();
  });
});

describe('a scoring worker of a model without maps', () => {
  it('gives the scores of this thread, bit for bit, and no maps', async () => {
    bringMeanEmbedding();
    const registry = await loadRegistry();
    const document = { method: 'mean-embedding', images: { size: 32 } };
    const experiment = resolveExperiment({ registry, layers: [{ source: 'test', document }] });
    const run = join(folder, 'embedding');
    await fitModel(registry, { experiment, images: pictures(6), folder: run });
    const own = await loadModel(run);
    const manifest = { ...own.manifest, experiment: { ...experiment, plugins: [meanEmbeddingFile] } };
    await writeFile(join(run, 'manifest.json'), JSON.stringify(manifest));
    const other = await createScoringWorker(run, { engine: 'onnxruntime' });
    const images = pictures(3);
    const detected = await other.detector.detect(images);
    expect(detected.map(({ map }) => map)).toEqual([null, null, null]);
    expect(bits(detected)).toEqual(bits(await own.detector.detect(images)));
    expect(other.manifest.mapRange).toBeNull();
    await other.close();
    own.composition.dispose();
  });
});

describe('a scoring worker of a model that searches', () => {
  it('gives the numbers of this thread, tells of its steps, and ends when it is told to', async () => {
    const registry = await loadRegistry();
    const sizes = { depth: 2, width: 2, latent: 3, training: { epochs: 1 }, search: { steps: 4 } };
    const document = { method: 'anogan', images: { size: 16 }, model: sizes };
    const experiment = resolveExperiment({ registry, layers: [{ source: 'test', document }] });
    const run = join(folder, 'searching');
    const told: FitEvent[] = [];
    const onProgress = (event: FitEvent) => told.push(event);
    await fitModel(registry, { experiment, images: pictures(6, 16), folder: run }, { onProgress });
    expect(told.filter(({ type }) => type === 'held-out')).toEqual([
      ...[1, 2, 3, 4].map((done) => ({ type: 'held-out', done: 0, total: 1, search: { done, total: 4 } })),
      { type: 'held-out', done: 1, total: 1 },
    ]);

    const own = await loadModel(run);
    const other = await createScoringWorker(run, { engine: 'onnxruntime' });
    expect(other.detector.searches).toBe(true);
    const images = pictures(2, 16);
    const steps: SearchProgress[] = [];
    const onSearch = (progress: SearchProgress) => steps.push(progress);
    const detected = await other.detector.detect(images, { onSearch });
    expect(bits(detected)).toEqual(bits(await own.detector.detect(images)));
    expect(steps).toEqual([1, 2, 3, 4, 5, 6, 7, 8].map((done) => ({ done, total: 8 })));
    await other.close();
    own.composition.dispose();

    const endless = JSON.parse(await readFile(join(run, 'manifest.json'), 'utf8'));
    endless.experiment.model.search.steps = Number.MAX_SAFE_INTEGER;
    await writeFile(join(run, 'manifest.json'), JSON.stringify(endless));
    const stuck = await createScoringWorker(run, { engine: 'onnxruntime' });
    const stop = new AbortController();
    const searching = stuck.detector.detect(images, {
      signal: stop.signal,
      onSearch: ({ done }) => done === 3 && stop.abort(new RangeError('enough')),
    });
    const waiting = stuck.detector.detect(images, { signal: stop.signal });
    expect(await failure(searching)).toEqual(new RangeError('enough'));
    expect(await failure(waiting)).toEqual(new RangeError('enough'));
    expect(await failure(stuck.detector.detect(images, { signal: stop.signal }))).toEqual(
      new RangeError('enough'),
    );
    expect(stuck.pending).toBe(0);
    // It would not be there before the search has ended.
    await stuck.close();
  });
});

describe('a process with a scoring worker', () => {
  /** Runs a program in which `detector` is a worker's; gives its exit code and what it printed. */
  async function program(code: string, model = 'model') {
    // The module alone: what else the package has takes a second to load, in each process.
    const client = new URL('../../dist/threads/scoring-client.js', import.meta.url).href;
    const start = `
      import { createScoringWorker } from ${JSON.stringify(client)};
      const { detector } = await createScoringWorker(${JSON.stringify(join(folder, model))});
      const picture = (size) => ({ height: size, width: size, data: new Uint8Array(size * size * 3) });
    `;
    const child = spawn(process.execPath, ['--input-type=module', '--eval', start + code], {
      // Where imports of @adfw packages resolve.
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
    });
    let output = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (text) => {
        output += text;
      });
    const [exitCode] = await once(child, 'close');
    return { exitCode, output };
  }

  it('waits for answers, and ends when there is nothing to do', async () => {
    const code = 'detector.detect([picture(32)]).then(([{ map }]) => console.log(map.length));';
    expect(await program(code)).toEqual({ exitCode: 0, output: '1024\n' });
  });

  it.each([50, 150, 300])('exits while an image is scored, after %i ms, as it was told to', async (delay) => {
    const code = `
      for (let call = 0; call < 20; call++) detector.detect(Array(8).fill(picture(256)));
      setTimeout(() => process.exit(7), ${delay});
    `;
    expect(await program(code)).toEqual({ exitCode: 7, output: '' });
  });

  it.each(['crashes', 'exits'])('exits at once when its thread %s', async (mood) => {
    const model = await writeMoodyModel(mood);
    const code = `
      const start = performance.now();
      const calls = [1, 2, 3].map(() => detector.detect([picture(32)]));
      // What waits for a thread that is still at work waits for half a minute.
      Promise.all(calls).catch(() => process.exit(performance.now() - start < 25_000 ? 7 : 8));
    `;
    expect(await program(code, model)).toEqual({ exitCode: 7, output: '' });
  });
});
