/** Several models behind one server, and one that takes the place of another while requests are answered. */
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { ConfigurationError } from '@adfw/core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { BOX, type FakeModel, fakeModel, picture } from '../fake-model.test.fixture.js';
import { type PredictionServer, type ServerOptions, startServer } from '../prediction-server.js';
import type { ServableModel } from './model-slot.js';
import { type NamedModel, openNamedModel } from './reload.js';

let folder: string;
let image: Uint8Array<ArrayBuffer>;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-models-'));
  image = new Uint8Array(await picture(BOX));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const running: PredictionServer[] = [];
afterEach(async () => {
  for (const server of running.splice(0)) await server.close();
});

async function serve(models: readonly NamedModel[], options: ServerOptions = {}) {
  const server = await startServer(models, { port: 0, imageThreads: 1, ...options });
  running.push(server);
  const ask = async (path: string) => (await fetch(`${server.url}${path}`)).json();
  const post = (path: string) =>
    fetch(`${server.url}${path}`, { method: 'POST', body: image, headers: { 'content-type': 'image/png' } });
  const scoreBy = async (path: string): Promise<number> =>
    (await (await post(path)).json()).predictions[0].score;
  const metric = async (line: string) =>
    Number(
      (await (await fetch(`${server.url}/metrics`)).text())
        .split('\n')
        .find((found) => found.startsWith(`${line} `))
        ?.slice(line.length + 1),
    );
  return { ask, post, scoreBy, metric, server };
}

describe('several models', () => {
  it('have routes of their own, and the first one those without a name, too', async () => {
    const { ask, scoreBy, metric } = await serve([
      { name: 'lids', model: fakeModel() },
      { name: 'odd name', model: fakeModel({ factor: 0.25, threshold: null }) },
    ]);
    expect(await scoreBy('/predict')).toBe(1);
    expect(await scoreBy('/models/lids/predict')).toBe(1);
    expect(await scoreBy('/models/odd%20name/predict')).toBe(0.25);
    expect(await ask('/model')).toEqual(await ask('/models/lids'));
    const { models } = await ask('/models');
    expect(
      models.map(({ name, threshold, isStale }: Record<string, unknown>) => [name, threshold, isStale]),
    ).toEqual([
      ['lids', 0.5, false],
      ['odd name', null, false],
    ]);
    expect(await metric('adfw_images_total{model="lids",verdict="defective"}')).toBe(2);
    expect(await metric('adfw_images_total{model="odd name",verdict="none"}')).toBe(1);
    const route = 'method="POST",route="/models/:model/predict",status="200"';
    expect(await metric(`adfw_http_requests_total{${route},model="odd name"}`)).toBe(1);
  });

  it('that are not there are refused by name', async () => {
    const { post } = await serve([{ name: 'lids', model: fakeModel() }]);
    const answer = await post('/models/caps/predict');
    expect(answer.status).toBe(404);
    expect(await answer.json()).toEqual({
      error: 'There is no model "caps" here; there are "lids".',
      code: 'unknown-model',
    });
  });

  it('do not wait for each other', async () => {
    const slow = fakeModel();
    const { post, scoreBy } = await serve(
      [
        { name: 'slow', model: slow },
        { name: 'quick', model: fakeModel() },
      ],
      { limits: { queue: 1, images: 1 } },
    );
    slow.hold();
    const waiting = post('/models/slow/predict');
    while ((await post('/models/slow/predict')).status !== 429);
    expect(await scoreBy('/models/quick/predict')).toBe(1);
    slow.release();
    expect((await waiting).status).toBe(200);
  });

  it.each([
    [['a', 'b', 'a'], /Two models are called "a".*NAME=RUN/],
    [['a/b'], /"a\/b" cannot be the name/],
    [['..'], /"\.\." cannot be the name/],
    [[], /There is no model to serve/],
  ])('may not be called %j', async (names, message) => {
    const error = await startServer(names.map((name) => ({ name, model: fakeModel() }))).catch(
      (error) => error,
    );
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toMatch(message);
  });
});

describe('a model whose folder changes', () => {
  let made = 0;
  /** A folder with the files of a model, which is the next of these each time that it is loaded. */
  async function inFolder(models: readonly (FakeModel | Error)[]) {
    const run = join(folder, `run ${made++}`);
    await mkdir(run);
    let writes = 0;
    /** Another folder takes its place: by a link, so that there is no instant without one. */
    async function write(): Promise<void> {
      const files = join(run, `model ${++writes}`);
      await mkdir(files);
      for (const name of ['manifest.json', 'weights.safetensors'])
        await writeFile(join(files, name), String(writes));
      await symlink(files, join(run, 'next'));
      await rename(join(run, 'next'), join(run, 'model'));
    }
    await write();
    let loads = 0;
    const load = async (): Promise<ServableModel> => {
      const next = models[loads++] ?? new Error('there is none');
      if (next instanceof Error) throw next;
      return next;
    };
    const named = await openNamedModel('part', { run, load, interval: 5 });
    return { named, run, write, loads: () => loads };
  }

  it('is replaced by what is there, and no request is lost', async () => {
    const [before, after] = [fakeModel(), fakeModel({ factor: 0.25 })];
    const { named, write } = await inFolder([before, after]);
    const { post, scoreBy, metric } = await serve([named]);
    const scores: number[] = [];
    let stop = false;
    const client = async () => {
      while (!stop) scores.push(await scoreBy('/predict'));
    };
    const clients = [client(), client(), client()];
    while (scores.length < 3) await sleep(1);
    // One is inside that ends after the change.
    before.hold();
    const held = post('/models/part/predict');
    while ((await metric('adfw_queue_images{model="part"}')) < 4) await sleep(1);
    await write();
    while ((await metric('adfw_model_reloads_total{model="part",outcome="done"}')) !== 1) await sleep(1);
    expect(await scoreBy('/predict')).toBe(0.25);
    expect(before.isClosed).toBe(false);
    before.release();
    expect((await (await held).json()).predictions[0].score).toBe(1);
    while (!before.isClosed) await sleep(1);
    stop = true;
    await Promise.all(clients);
    expect(new Set(scores)).toEqual(new Set([1, 0.25]));
    expect(after.isClosed).toBe(false);
    await running.pop()?.close();
    // It was loaded by the server.
    expect(after.isClosed).toBe(true);
  });

  it('stays what it was where the new one is broken, and says so; a sound one takes its place', async () => {
    const lines: string[] = [];
    const log = { level: 'error' as const, stream: { write: (line: string) => lines.push(line) } };
    const nothing = fakeModel({ factor: Number.NaN });
    const failing = fakeModel();
    failing.failWith(new Error('no such kernel'));
    const { named, run, write, loads } = await inFolder([
      fakeModel(),
      new Error('the weights are cut off'),
      nothing,
      failing,
      fakeModel({ factor: 0.5 }),
    ]);
    const { ask, scoreBy, metric } = await serve([named], { log });
    const failures = 'adfw_model_reloads_total{model="part",outcome="failed"}';
    for (const [failed, what] of [
      [1, 'the weights are cut off'],
      [2, 'score NaN, which is no number'],
      [3, 'no such kernel'],
    ] as const) {
      await write();
      while ((await metric(failures)) !== failed) await sleep(1);
      expect(lines).toHaveLength(failed);
      expect(JSON.parse(lines.at(-1) as string)).toMatchObject({
        model: 'part',
        err: { message: expect.stringContaining(what) },
      });
      expect(await scoreBy('/predict')).toBe(1);
      expect(await ask('/models/part')).toMatchObject({ isStale: true });
      expect(await metric('adfw_model_stale{model="part"}')).toBe(1);
      expect((await ask('/healthz')).status).toBe('ok');
    }
    // What was refused is closed, and not tried again.
    expect([nothing.isClosed, failing.isClosed, loads()]).toEqual([true, true, 4]);
    await write();
    while ((await scoreBy('/predict')) !== 0.5);
    expect(await ask('/models/part')).toMatchObject({ isStale: false });
    expect(await metric('adfw_model_stale{model="part"}')).toBe(0);
    await rm(join(run, 'model'));
    while (!(await ask('/models/part')).isStale) await sleep(1);
    expect(loads()).toBe(6);
    expect(await scoreBy('/predict')).toBe(0.5);
    expect((await ask('/healthz')).status).toBe('ok');
  });
});
