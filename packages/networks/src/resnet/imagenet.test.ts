import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataError } from '@adfw/core';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { imagenetWeights } from './imagenet.js';

const content = Buffer.from(Array.from({ length: 300_000 }, (_, index) => (index * 31) % 251));
const sha256 = createHash('sha256').update(content).digest('hex');

let folder: string;
let path: string;
let server: Server;
let baseUrl: string;
/** What the server does with each request in turn; the last goes on. */
let behaviours: ((request: IncomingMessage, response: ServerResponse) => void)[];
let requests: { range: string | undefined }[];

const serve = (request: IncomingMessage, response: ServerResponse, { until = content.length } = {}): void => {
  const from = Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
  if (request.headers.range && from >= content.length) {
    response.writeHead(416, { 'content-range': `bytes */${content.length}` }).end();
    return;
  }
  const headers = { 'content-length': content.length - from };
  if (from > 0)
    response.writeHead(206, {
      ...headers,
      'content-range': `bytes ${from}-${content.length - 1}/${content.length}`,
    });
  else response.writeHead(200, headers);
  const end = Math.max(from, until);
  response.write(content.subarray(from, end), () =>
    end < content.length ? response.destroy() : response.end(),
  );
};

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'adfw-cache-'));
  vi.stubEnv('ADFW_CACHE', folder);
  path = join(folder, 'weights', 'resnet18-f37072fd.pth');
  behaviours = [serve];
  requests = [];
  server = createServer((request, response) => {
    requests.push({ range: request.headers.range });
    const behave = behaviours.length > 1 ? behaviours.shift() : behaviours[0];
    behave?.(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
});
afterEach(async () => {
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
  await new Promise((resolve) => server.close(resolve));
});

const get = (options = {}) => imagenetWeights('resnet18', { baseUrl, sha256, ...options });
const refusal = (options = {}): Promise<Error> =>
  get(options).then(
    () => new Error('it came'),
    (error) => error as Error,
  );
const putPart = (bytes: Uint8Array) => {
  mkdirSync(join(folder, 'weights'), { recursive: true });
  writeFileSync(`${path}.part`, bytes);
};

it('downloads once into the cache folder, and says so', async () => {
  const messages: string[] = [];
  expect(await get({ report: (message: string) => messages.push(message) })).toBe(path);
  expect(readFileSync(path).equals(content)).toBe(true);
  expect(existsSync(`${path}.part`)).toBe(false);
  expect(messages[0]).toBe(
    `Downloading the ImageNet weights of resnet18 from ${baseUrl}resnet18-f37072fd.pth.`,
  );
  expect(await get()).toBe(path);
  expect(requests).toHaveLength(1);
});

it('takes up a connection that breaks off where it broke off', async () => {
  behaviours = [
    (request, response) => serve(request, response, { until: 100_000 }),
    (request, response) => serve(request, response, { until: 200_000 }),
    serve,
  ];
  await get();
  expect(readFileSync(path).equals(content)).toBe(true);
  expect(requests[0]?.range).toBeUndefined();
  for (const { range } of requests.slice(1)) expect(Number(/\d+/.exec(range ?? '')?.[0])).toBeGreaterThan(0);
});

it('goes on with what an earlier run left', async () => {
  putPart(content.subarray(0, 123_456));
  await get();
  expect(requests).toEqual([{ range: 'bytes=123456-' }]);
  expect(readFileSync(path).equals(content)).toBe(true);
});

it('finishes what an earlier run had downloaded wholly', async () => {
  putPart(content);
  await get();
  expect(readFileSync(path).equals(content)).toBe(true);
});

it('starts again where a server knows no ranges', async () => {
  putPart(content.subarray(0, 1000));
  behaviours = [(_, response) => void response.end(content)];
  await get();
  expect(readFileSync(path).equals(content)).toBe(true);
});

it.each([
  ['of other bytes', Buffer.alloc(1000, 7)],
  ['that is too long', Buffer.concat([content, content])],
])('starts again where an earlier run left a part %s', async (_, part) => {
  putPart(part);
  await get();
  expect(readFileSync(path).equals(content)).toBe(true);
});

it('serves two that ask at once', async () => {
  expect(await Promise.all([get(), get()])).toEqual([path, path]);
  expect(readFileSync(path).equals(content)).toBe(true);
});

it('refuses a file with another hash, and leaves nothing behind', async () => {
  behaviours = [(_, response) => void response.end('not the file')];
  const error = await refusal();
  expect(error).toBeInstanceOf(DataError);
  expect(error.message).toContain(
    `resnet18-f37072fd.pth has the SHA-256 ${createHash('sha256').update('not the file').digest('hex')}, expected is ${sha256}`,
  );
  expect(existsSync(path)).toBe(false);
  expect(existsSync(`${path}.part`)).toBe(false);
});

it('uses a file that the user put there, after the same check', async () => {
  mkdirSync(join(folder, 'weights'));
  writeFileSync(path, content);
  expect(await get()).toBe(path);
  writeFileSync(path, 'something else');
  const error = await refusal();
  expect(error).toBeInstanceOf(DataError);
  expect(error.message).toContain(`${path} is not the file torchvision publishes: its SHA-256 is`);
  expect(error.message).toContain('Delete it, and it is downloaded again.');
  expect(readFileSync(path, 'utf8')).toBe('something else');
  expect(requests).toHaveLength(0);
});

it('says in one sentence where to get the file and where to put it, when the server does not have it', async () => {
  behaviours = [(_, response) => void response.writeHead(404).end('<html>')];
  const url = `${baseUrl}resnet18-f37072fd.pth`;
  const error = await refusal();
  expect(error).toBeInstanceOf(DataError);
  expect(error.message).toBe(
    `The ImageNet weights of resnet18 could not be downloaded (${url} answered 404 Not Found): get ${url} and put it at ${path}, or name a file with --weights FILE. A small teacher needs no download: --weights built-in.`,
  );
  expect(requests).toHaveLength(1);
});

it('says the same without a network, after three attempts', async () => {
  const unreachable = 'http://127.0.0.1:1/';
  const error = await refusal({ baseUrl: unreachable });
  expect(error).toBeInstanceOf(DataError);
  expect(error.message).toMatch(
    /^The ImageNet weights of resnet18 could not be downloaded \(fetching http:\/\/127\.0\.0\.1:1\/resnet18-f37072fd\.pth failed: .+\): get http:\/\/127\.0\.0\.1:1\/resnet18-f37072fd\.pth and put it at /,
  );
});

it('says the same where the cache folder cannot be written', async () => {
  writeFileSync(join(folder, 'weights'), 'a file where the folder should be');
  const error = await refusal();
  expect(error).toBeInstanceOf(DataError);
  expect(error.message).toMatch(
    /could not be downloaded \(E[A-Z]+: .*\): get .* or name a file with --weights FILE\. .*--weights built-in/,
  );
});

it('stops when it is told to, and keeps what has come for the next time', async () => {
  const controller = new AbortController();
  behaviours = [
    (_, response) => {
      response.writeHead(200, { 'content-length': content.length });
      response.write(content.subarray(0, 100_000));
      const stopOnceSaved = () => {
        const saved = statSync(`${path}.part`, { throwIfNoEntry: false })?.size;
        if (saved === 100_000) controller.abort(new Error('Ctrl-C'));
        else setImmediate(stopOnceSaved);
      };
      stopOnceSaved();
    },
    serve,
  ];
  expect((await refusal({ signal: controller.signal })).message).toBe('Ctrl-C');
  expect(existsSync(path)).toBe(false);
  await get();
  expect(requests[1]?.range).toBe('bytes=100000-');
  expect(readFileSync(path).equals(content)).toBe(true);
});
