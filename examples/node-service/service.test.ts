/** Starts the service as a person does, and posts images to it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { loadDetector } from 'adfw';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type SampleFiles, writeSample } from '../../packages/adfw/src/images.test.fixture.js';

const here = fileURLToPath(new URL('.', import.meta.url));
let folder: string;
let files: SampleFiles;
beforeAll(async () => {
  // Inside the repository, so that `adfw` is found as it is in a project that has installed it.
  folder = await mkdtemp(join(here, '.run-'));
  files = await writeSample(folder, 64, 6);
  const program = await readFile(join(here, 'service.mjs'), 'utf8');
  const small = program
    .replace("method: 'stfpm',", "method: 'stfpm', images: { size: 64 }, fit: { batchSize: 4 },")
    .replace('epochs: 20 }', "epochs: 1 }, layers: ['layer1']");
  expect(small.length).toBeGreaterThan(program.length + 40);
  await writeFile(join(folder, 'service.mjs'), small);
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function start() {
  const service = spawn(process.execPath, ['service.mjs', 'model', 'train/good'], {
    cwd: folder,
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let messages = '';
  service.stderr.setEncoding('utf8').on('data', (text) => {
    messages += text;
  });
  const [port] = await Promise.race([
    once(service.stdout.setEncoding('utf8'), 'data'),
    once(service, 'exit').then(() => Promise.reject(new Error(messages))),
  ]);
  return { service, url: `http://localhost:${Number(port)}/`, messages: () => messages };
}

/** A request whose body is still to come; resolves when the service has begun with it, which it says before it asks for the body. */
async function begin(url: string) {
  const sending = request(url, { method: 'POST', headers: { expect: '100-continue' } });
  const status = once(sending, 'response').then(([{ statusCode }]) => statusCode as number);
  sending.flushHeaders();
  await once(sending, 'continue');
  return { status, finish: (body: Uint8Array) => sending.end(body) };
}

it('fits where there is no model yet, and scores what is posted', async () => {
  const first = await start();
  expect(first.messages()).toBe('epoch 1 of 1\n');
  first.service.kill('SIGTERM');
  expect(await once(first.service, 'exit')).toEqual([0, null]);
  expect((await readdir(join(folder, 'model'))).length).toBe(2);

  const { service, url, messages } = await start();
  expect(messages()).toBe('');
  const images = await Promise.all(files.test.map(async (file) => new Uint8Array(await readFile(file))));
  const post = (body: Uint8Array<ArrayBuffer> | string) => fetch(url, { method: 'POST', body });
  const answers = await Promise.all([...images.map(post), post('no image'), fetch(url)]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 400, 405]);
  const detector = await loadDetector(join(folder, 'model'));
  const expected = await detector.predict(files.test);
  await detector.dispose();
  for (const [index, { score, anomalous, threshold }] of expected.entries())
    expect(await answers[index]?.json()).toEqual({ score, anomalous, threshold });
  expect(await answers[4]?.json()).toMatchObject({ error: expect.stringContaining('cannot be read') });

  // Eight are inside, whose bodies have not come yet; a ninth is sent away, until they have been answered.
  const inside = await Promise.all(Array.from({ length: 8 }, () => begin(url)));
  expect((await post(images[0] as Uint8Array<ArrayBuffer>)).status).toBe(429);
  const statuses = inside.map(({ status, finish }) => {
    finish(images[0] as Uint8Array<ArrayBuffer>);
    return status;
  });
  expect(await Promise.all(statuses)).toEqual(Array(8).fill(200));
  expect((await post(images[0] as Uint8Array<ArrayBuffer>)).status).toBe(200);
  service.kill('SIGTERM');
  expect(await once(service, 'exit')).toEqual([0, null]);
});
