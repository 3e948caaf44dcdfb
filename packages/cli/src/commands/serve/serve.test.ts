/** The built `adfw serve` as its users run it: a process that is asked over HTTP, and ended by signals. */
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { startCommand, type WarmCommand, warmCommand } from '../../shared/command.test.fixture.js';

let folder: string;
let image: Uint8Array<ArrayBuffer>;
let imageFile: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-serve-'));
  const settings = [
    ...['model.teacher.weights=random', 'model.teacher.width=8', 'model.layers=["layer1"]'],
    'dataset.type=sample',
    ...['dataset.train=12', 'dataset.testNominal=2', 'dataset.testDefective=2'],
  ].flatMap((setting) => ['--set', setting]);
  const sizes = ['--image-size', '32', '--batch-size', '4', '--epochs', '1'];
  const { code, stderr } = await adfw('run', '--method', 'stfpm', ...sizes, ...settings, '--out', 'run');
  expect(code, stderr).toBe(0);
  const maps = join(folder, 'run/maps/test/good');
  imageFile = join(maps, (await readdir(maps))[0] as string);
  image = new Uint8Array(await readFile(imageFile));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
});

const adfw = (...args: string[]) => startCommand(args, { cwd: folder }).closed;

/** Starts a server, and waits for the first line that it writes to stdout. */
async function serve(args: readonly string[], env: NodeJS.ProcessEnv = {}) {
  const { child, closed } = startCommand(['serve', ...args], { cwd: folder, env });
  children.push(child);
  const line = await Promise.race([
    once(createInterface({ input: child.stdout }), 'line').then(([line]) => line as string),
    closed.then(() => ''),
  ]);
  const post = (url: string, headers: Record<string, string> = {}) =>
    fetch(`${url}/predict`, {
      method: 'POST',
      body: image,
      headers: { 'content-type': 'image/png', ...headers },
    });
  return { child, closed, line, post };
}

/** Begins to send an image to a server; resolves when that has let it in, with what sends the rest, and with the answer. */
async function begin(url: string) {
  const sending = request(`${url}/predict`, {
    method: 'POST',
    headers: { 'content-type': 'image/png', 'content-length': image.length },
  });
  const status = once(sending, 'response').then(([{ statusCode }]) => statusCode as number);
  status.catch(() => undefined);
  sending.write(image.subarray(0, 9));
  while (!/^adfw_queue_images\{model="run"\} 1$/m.test(await (await fetch(`${url}/metrics`)).text()))
    await sleep(1);
  return { status, finish: () => sending.end(image.subarray(9)) };
}

/** What a metric is, of a server without a token. */
async function metric(url: string, line: string): Promise<number> {
  const lines = (await (await fetch(`${url}/metrics`)).text()).split('\n');
  return Number(lines.find((found) => found.startsWith(`${line} `))?.slice(line.length + 1));
}

/**
 * Waits until no connection is accepted any more. One that several processes were about to divide when they were told to end is given to
 * none of them, and has no answer until they have ended.
 */
async function refused(url: string): Promise<void> {
  for (;;) {
    const signal = AbortSignal.timeout(1000);
    const answer = await fetch(`${url}/healthz`, { signal }).catch((error: Error) => error);
    if (answer instanceof Response) await answer.arrayBuffer();
    else if (answer.name !== 'TimeoutError') return;
  }
}

describe('adfw serve', () => {
  it('says where it is, gives the scores of adfw predict, and ends with 0 on SIGTERM', async () => {
    const left = join(folder, 'left-behind');
    await mkdir(left);
    const { child, closed, line, post } = await serve(['run', '--port', '0'], {
      ...{ HOME: left, TMPDIR: left, XDG_CACHE_HOME: left },
    });
    const [, url = ''] = /^Serving run on (http:\/\/127\.0\.0\.1:\d+), threshold \d/.exec(line) ?? [];
    const { predictions } = await (await post(url)).json();
    const { stdout } = await adfw('predict', 'run', imageFile, '--json');
    const [expected] = JSON.parse(stdout).predictions;
    expect(predictions[0]).toMatchObject({ ...expected, image: null });
    child.kill('SIGTERM');
    expect(await closed).toMatchObject({ code: 0, stdout: `${line}\n` });
    // ONNX Runtime's telemetry keeps an identifier of the machine, and what it has not sent yet.
    expect(await readdir(left)).toEqual([]);
  });

  it('says it as one line of JSON for programs, and takes the token of the environment', async () => {
    const token = 'correct-horse-battery';
    const flags = ['--host', '0.0.0.0', '--port', '0', '--threshold', '0', '--json'];
    const { child, closed, line, post } = await serve(['run', ...flags], { ADFW_TOKEN: token });
    const address = JSON.parse(line);
    expect(address).toMatchObject({ host: '0.0.0.0', pid: child.pid, threshold: 0 });
    expect(address.url).toBe(`http://0.0.0.0:${address.port}`);
    const local = `http://127.0.0.1:${address.port}`;
    expect((await post(local)).status).toBe(401);
    const answer = await post(local, { authorization: `Bearer ${token}` });
    expect((await answer.json()).predictions[0]).toMatchObject({ verdict: 'defective', threshold: 0 });
    child.kill('SIGINT');
    expect(await closed).toMatchObject({ code: 0, stdout: `${line}\n` });
  });

  it('answers what is in flight when it is told to end', async () => {
    const { child, closed, line } = await serve(['run', '--port', '0', '--json']);
    const { url } = JSON.parse(line);
    const { status, finish } = await begin(url);
    child.kill('SIGTERM');
    await refused(url);
    finish();
    expect(await status).toBe(200);
    expect((await closed).code).toBe(0);
  });

  it('ends at once on a second signal', async () => {
    const { child, closed, line } = await serve(['run', '--port', '0', '--json']);
    const { url } = JSON.parse(line);
    const { status } = await begin(url);
    child.kill('SIGTERM');
    await refused(url);
    expect(child.exitCode).toBeNull();
    child.kill('SIGTERM');
    expect((await closed).code).toBe(128 + 15);
    await expect(status).rejects.toThrow();
  });
});

describe('adfw serve with several runs', () => {
  it('serves each by its name, and what lies in a folder later; no request is lost meanwhile', async () => {
    await cp(join(folder, 'run'), join(folder, 'caps=2'), { recursive: true });
    const { child, closed, line } = await serve(['lids=run', 'caps=2', '--port', '0', '--json']);
    const { url, models, threshold } = JSON.parse(line);
    expect(models.map(({ name, run }: Record<string, string>) => [name, run])).toEqual([
      ['lids', 'run'],
      ['caps=2', 'caps=2'],
    ]);
    const post = (name: string) =>
      fetch(`${url}/models/${name}/predict`, {
        method: 'POST',
        body: image,
        headers: { 'content-type': 'image/png' },
      });
    const statuses = new Set<number>();
    const thresholds = new Set<number>();
    let stop = false;
    const client = async () => {
      while (!stop) {
        const answer = await post('caps=2');
        statuses.add(answer.status);
        const [prediction] = (await answer.json()).predictions;
        thresholds.add(prediction.threshold);
      }
    };
    const clients = [client(), client()];
    const outcome = (name: string) => `adfw_model_reloads_total{model="caps=2",outcome="${name}"}`;
    expect((await adfw('threshold', 'caps=2', '7')).code).toBe(0);
    while ((await metric(url, outcome('done'))) !== 1) await sleep(20);
    // Cut off, as by a copy that did not end.
    await writeFile(join(folder, 'caps=2/model/weights.safetensors'), 'half');
    while ((await metric(url, outcome('failed'))) !== 1) await sleep(20);
    const [prediction] = (await (await post('caps=2')).json()).predictions;
    expect(prediction).toMatchObject({ threshold: 7, verdict: 'nominal' });
    expect(await (await fetch(`${url}/models/caps=2`)).json()).toMatchObject({ threshold: 7, isStale: true });
    stop = true;
    await Promise.all(clients);
    expect(statuses).toEqual(new Set([200]));
    expect(thresholds).toEqual(new Set([threshold, 7]));
    child.kill('SIGTERM');
    const { code, stderr } = await closed;
    expect(code).toBe(0);
    const logged = stderr.split('\n').filter((line) => line.startsWith('{'));
    expect(logged.map((line) => JSON.parse(line))).toEqual([
      expect.objectContaining({ model: 'caps=2', msg: expect.stringContaining('cannot be served') }),
    ]);
  });
});

describe('adfw serve --processes', () => {
  it('serves on one port, sums metrics, replaces what dies, and ends when all is answered', async () => {
    const { child, closed, line } = await serve(['run', '--port', '0', '--processes', '2', '--json']);
    const { url, processes, pid, engine } = JSON.parse(line);
    expect(pid).toBe(child.pid);
    expect(new Set([pid, ...processes]).size).toBe(3);
    expect(engine.threads).toBeGreaterThan(0);
    // Each on a connection of its own.
    const post = () =>
      fetch(`${url}/predict`, {
        method: 'POST',
        body: image,
        headers: { 'content-type': 'image/png', connection: 'close' },
      });
    expect((await Promise.all(Array.from({ length: 4 }, post))).map(({ status }) => status)).toEqual(
      Array(4).fill(200),
    );
    const route = 'method="POST",route="/predict",status="200",model=""';
    expect(await metric(url, `adfw_http_requests_total{${route}}`)).toBe(4);
    expect(await metric(url, 'adfw_processes')).toBe(2);

    process.kill(processes[0], 'SIGKILL');
    const served = () => metric(url, 'adfw_processes').catch(() => Number.NaN);
    while ((await served()) !== 1) await sleep(20);
    expect((await post()).status).toBe(200);
    while ((await served()) !== 2) await sleep(20);
    expect((await post()).status).toBe(200);

    const { status, finish } = await begin(url);
    child.kill('SIGTERM');
    await refused(url);
    finish();
    expect(await status).toBe(200);
    const { code, stdout, stderr } = await closed;
    expect([code, stdout]).toEqual([0, `${line}\n`]);
    expect(stderr).toMatch(
      new RegExp(`The process ${processes[0]} ended by SIGKILL; another one starts in 0.1 s\n.*in its place`),
    );
    expect(() => process.kill(processes[1], 0)).toThrow('ESRCH');
  });

  it('says what is wrong once, and ends with 2', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const failed = await adfw('serve', 'run', '--port', String(port), '--processes', '2');
    other.close();
    expect(failed).toMatchObject({ code: 2, stdout: '' });
    expect(failed.stderr.match(/The port \d+ of 127\.0\.0\.1 is in use\./g)).toHaveLength(1);
  });
});

describe('adfw serve, used wrongly', () => {
  let warm: WarmCommand;
  beforeAll(() => {
    warm = warmCommand(folder);
  });
  afterAll(() => warm.close());

  it.each([
    ['a run that is not there', ['nothing'], /There is no run directory nothing/],
    ['a host that others reach', ['run', '--host', '0.0.0.0'], /needs a token: set ADFW_TOKEN/],
    ['no port', ['run', '--port', '70000'], /--port must be a whole number from 0 to 65535; found "70000"/],
    ['no limit', ['run', '--queue', '0'], /--queue must be a whole number from 1 on; found "0"/],
    ['no time', ['run', '--timeout', 'soon'], /--timeout must be a number above 0; found "soon"/],
    ['two runs of one name', ['run', 'run/model'], /Two models are called "run".*NAME=RUN/],
    ['a folder that is no run', ['run', 'left=.'], /\. holds no model; name the folder that adfw run wrote/],
    ['a name that is no part of an address', ['..=run'], /"\.\." cannot be the name of a model/],
    ['no name', ['=run'], /"" cannot be the name of a model/],
    ['no process', ['run', '--processes', '0'], /--processes must be a whole number from 1 on; found "0"/],
    [
      'a threshold for several',
      ['run', 'b=run', '--threshold', '1'],
      /--threshold is that of one model, and several/,
    ],
    ['an unknown level', ['run', '--log-level', 'warm'], /--log-level must be one of .*Did you mean warn\?/],
  ])('with %s says so and ends with 2', async (_, args, message) => {
    const failed = await warm.run('serve', ...args);
    expect(failed.code).toBe(2);
    expect(failed.stdout).toBe('');
    expect(failed.stderr).toMatch(message);
    // Not where the program is.
    expect(failed.stderr).not.toMatch(/^\s+at /m);
  });

  it('with a port that is in use says so, as JSON where that is asked for', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as { port: number };
    const failed = await adfw('serve', 'run', '--port', String(port), '--json');
    other.close();
    expect(failed.code).toBe(2);
    expect(JSON.parse(failed.stdout).error.message).toMatch(/^The port \d+ of 127\.0\.0\.1 is in use\./);
  });
});
