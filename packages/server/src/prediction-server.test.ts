/** The service over real connections, with a model whose answers are known and whose time is the test's. */
import { once } from 'node:events';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import { ConfigurationError } from '@adfw/core';
import sharp from 'sharp';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { BOX, type FakeModel, fakeModel, picture, SIZE, THRESHOLD } from './fake-model.test.fixture.js';
import { type PredictionServer, type ServerOptions, startServer } from './prediction-server.js';

const running: PredictionServer[] = [];
let shared: Served | undefined;
afterEach(async () => {
  vi.useRealTimers();
  for (const server of running.splice(0)) await server.close();
});
afterAll(() => shared?.server.close());

/** With these, the time that a request may take passes when the test says so. */
const ownTimers = { toFake: ['setTimeout', 'clearTimeout'] } satisfies Parameters<typeof vi.useFakeTimers>[0];

interface Served {
  server: PredictionServer;
  model: FakeModel;
  url: string;
  post(body: BodyInit, init?: RequestInit): Promise<Response>;
}

/** The one that all tests share which need no other. */
async function serve(): Promise<Served> {
  if (!shared) {
    shared = await serveAnother();
    running.pop();
  }
  shared.model.batches.length = 0;
  return shared;
}

async function serveAnother(options: ServerOptions = {}, model = fakeModel()): Promise<Served> {
  const server = await startServer(model, { port: 0, imageThreads: 1, ...options });
  running.push(server);
  model.batches.length = 0;
  const { url } = server;
  const post: Served['post'] = (body, init = {}) =>
    fetch(`${url}/predict`, { method: 'POST', body, ...init });
  return { server, model, url, post };
}

const raw = (type = 'image/png', more: Record<string, string> = {}) => ({
  headers: { 'content-type': type, ...more },
});
/** A form with these files, under names of their own. */
function form(...files: Uint8Array[]): FormData {
  const data = new FormData();
  files.forEach((file, i) => {
    data.append('image', new Blob([new Uint8Array(file)]), `${'abcdefghijklmnopqrstuvwxyz'[i]}.png`);
  });
  return data;
}
const bytes = (file: Uint8Array) => new Uint8Array(file);

/** What every refusal is: a status, a code and a reason, and nothing a reader could not use. */
async function refusal(answer: Response) {
  expect(answer.headers.get('content-type')).toMatch(/^application\/json/);
  const { error, code, ...rest } = await answer.json();
  expect(error).toMatch(/^.+\.$/);
  expect(Object.keys(rest).filter((key) => key !== 'image')).toEqual([]);
  return { status: answer.status, code, error, ...rest };
}

describe('POST /predict', () => {
  it('scores an image as the body', async () => {
    const { post } = await serve();
    const answer = await post(bytes(await picture(BOX)), raw());
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual({
      predictions: [
        {
          image: null,
          width: SIZE.width,
          height: SIZE.height,
          score: 1,
          normalizedScore: 1,
          verdict: 'defective',
          threshold: THRESHOLD,
          map: {
            width: SIZE.width,
            height: SIZE.height,
            min: 0,
            mean: expect.closeTo(48 / (16 * 24), 6),
            peak: { x: BOX.left, y: BOX.top },
            defectiveArea: 48 / (16 * 24),
          },
          regions: [{ x: 4, y: 2, width: 6, height: 8, area: 48 / (16 * 24), score: 1 }],
          regionCount: 1,
        },
      ],
    });
  });

  it('scores several images of a form in their order, each with its name', async () => {
    const { post, model } = await serve();
    const reds = [0, 204, 51, 102, 153];
    const files = await Promise.all(reds.map((red) => picture({ ...BOX, red })));
    const { predictions } = await (await post(form(...files))).json();
    expect(predictions.map(({ image }: { image: string }) => image)).toEqual(
      reds.map((_, i) => `${'abcde'[i]}.png`),
    );
    expect(predictions.map(({ score }: { score: number }) => Math.round(score * 255))).toEqual(reds);
    expect(predictions.map(({ verdict }: { verdict: string }) => verdict)).toEqual([
      'nominal',
      'defective',
      'nominal',
      'nominal',
      'defective',
    ]);
    expect(model.batches.reduce((sum, size) => sum + size, 0)).toBe(5);
  });

  it('gives boxes and outlines in pixels of the image that was sent, however large', async () => {
    const { url } = await serve();
    const large = await sharp(await picture(BOX))
      .resize(SIZE.width * 10, SIZE.height * 5, { kernel: 'nearest', fit: 'fill' })
      .webp({ lossless: true })
      .toBuffer();
    const answer = await fetch(`${url}/predict?include=outline,heatMap`, {
      method: 'POST',
      body: bytes(large),
      ...raw('application/octet-stream'),
    });
    const [{ width, height, regions, outline, heatMap }] = (await answer.json()).predictions;
    expect({ width, height }).toEqual({ width: 240, height: 80 });
    expect(regions[0]).toMatchObject({ x: 40, y: 10, width: 60, height: 40 });
    expect(outline).toHaveLength(1);
    const xs = outline[0].map(([x]: [number, number]) => x);
    expect([Math.min(...xs), Math.max(...xs)]).toEqual([expect.closeTo(40, 0), expect.closeTo(100, 0)]);
    const png = Buffer.from(heatMap.replace('data:image/png;base64,', ''), 'base64');
    const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
    expect([info.width, info.height]).toEqual([SIZE.width, SIZE.height]);
    // Bright where the score is high.
    expect(data[3 * (5 * SIZE.width + 6)]).toBeGreaterThan((data[0] as number) + 200);
  });

  it.each([
    ['pad', { width: 16, height: 32 }, { width: 8, height: 16 }, 0],
    ['crop', { width: 192, height: 32 }, { width: 96, height: 16 }, 2 * 36 * 16],
  ] as const)(
    'with %s too, where scores are of a part of the frame or of the image',
    async (fit, sent, map, unscored) => {
      const { url } = await serveAnother({}, fakeModel({ frame: { ...SIZE, fit } }));
      const box = { x: sent.width / 2 - 4, y: 8, width: 8, height: 16 };
      const answer = await fetch(`${url}/predict?include=outline,heatMap`, {
        method: 'POST',
        body: bytes(await picture({ left: box.x, top: box.y, ...box, red: 255 }, sent)),
        ...raw(),
      });
      const [prediction] = (await answer.json()).predictions;
      expect(prediction).toMatchObject({ ...sent, score: 1, regionCount: 1 });
      expect(prediction.map).toMatchObject({ ...map, min: 0 });
      expect(prediction.regions[0]).toMatchObject(box);
      const scored = map.width * map.height - unscored;
      const [across, down] = [sent.width / map.width, sent.height / map.height];
      expect(prediction.map.defectiveArea).toBe((box.width * box.height) / (across * down) / scored);
      const ys = prediction.outline[0].map(([, y]: [number, number]) => y);
      expect([Math.min(...ys), Math.max(...ys)]).toEqual([8, 24]);
      const png = Buffer.from(prediction.heatMap.replace('data:image/png;base64,', ''), 'base64');
      const { data, info } = await sharp(png).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
      expect([info.width, info.height]).toEqual([map.width, map.height]);
      expect(data.filter((value, at) => at % 4 === 3 && value === 0)).toHaveLength(unscored);
      expect((await (await fetch(`${url}/model`)).json()).imageSize).toEqual({ ...SIZE, fit });
    },
  );

  it('refuses an image of another shape than that of a region', async () => {
    const frame = { ...SIZE, shape: { height: 160, width: 240 } };
    const { post } = await serveAnother({}, fakeModel({ frame }));
    expect((await post(bytes(await picture()), raw())).status).toBe(200);
    expect(
      await refusal(await post(bytes(await picture(null, { height: 24, width: 24 })), raw())),
    ).toMatchObject({
      status: 422,
      code: 'other-shape',
      error: expect.stringContaining('is 24x24 pixels, and the region of interest'),
    });
  });

  it('answers one image with a picture where a PNG is accepted, and says the numbers in headers', async () => {
    const { post } = await serve();
    const answer = await post(bytes(await picture(BOX)), raw('image/png', { accept: 'image/png' }));
    expect([answer.status, answer.headers.get('content-type')]).toEqual([200, 'image/png']);
    expect(['score', 'threshold', 'verdict'].map((name) => answer.headers.get(`x-adfw-${name}`))).toEqual([
      '1',
      '0.5',
      'defective',
    ]);
    const { width = 0, height = 0 } = await sharp(await answer.arrayBuffer()).metadata();
    expect(width).toBeGreaterThan(height);
    const two = await post(form(await picture(), await picture()), { headers: { accept: 'image/png' } });
    expect(await refusal(two)).toMatchObject({ status: 406, code: 'not-acceptable' });
    const html = await post(form(await picture()), { headers: { accept: 'text/html' } });
    expect((await refusal(html)).status).toBe(406);
  });

  it('scores the largest image that it takes, of 16 bits, and answers others meanwhile', async () => {
    const { post, url, model } = await serve();
    const large = await sharp(new Uint16Array(7000 * 7000).fill(65535 * 0.8), {
      raw: { width: 7000, height: 7000, channels: 1 },
    })
      .toColourspace('grey16')
      .png({ compressionLevel: 1 })
      .toBuffer();
    const answer = post(bytes(large), raw());
    let meanwhile = 0;
    for (; model.batches.length === 0; meanwhile++) await (await fetch(`${url}/healthz`)).arrayBuffer();
    expect((await (await answer).json()).predictions[0]).toMatchObject({
      width: 7000,
      score: expect.closeTo(0.8, 5),
    });
    // A server that decodes by itself answers the few that come before it has the whole body.
    expect(meanwhile).toBeGreaterThan(50);
  });

  it('reads images as the model has learnt to', async () => {
    const deep = await sharp(Uint16Array.of(510), { raw: { width: 1, height: 1, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer();
    const scoreOf = async ({ post }: Served): Promise<number> =>
      (await (await post(bytes(deep), raw())).json()).predictions[0].score;
    expect(await scoreOf(await serve())).toBeCloseTo(2 / 255, 5);
    const model = fakeModel({ reading: { page: null, levels: [0, 1020] } });
    expect(await scoreOf(await serveAnother({}, model))).toBeCloseTo(128 / 255, 5);
  });

  it('gives scores without verdicts where there is no threshold', async () => {
    const { post } = await serveAnother({}, fakeModel({ threshold: null }));
    const [prediction] = (await (await post(bytes(await picture(BOX)), raw())).json()).predictions;
    expect(prediction).toMatchObject({
      score: 1,
      verdict: null,
      threshold: null,
      normalizedScore: null,
      regions: [],
    });
  });

  it('gives scores and verdicts of a model without maps, and refuses what would take one', async () => {
    const model = fakeModel({ hasMaps: false });
    const { post, url } = await serveAnother({}, model);
    const image = bytes(await picture(BOX));
    const [prediction] = (await (await post(image, raw())).json()).predictions;
    expect(prediction).toEqual({
      image: null,
      width: SIZE.width,
      height: SIZE.height,
      score: 1,
      normalizedScore: 1,
      verdict: 'defective',
      threshold: THRESHOLD,
      map: null,
      regions: null,
      regionCount: null,
    });
    expect(await (await fetch(`${url}/model`)).json()).toMatchObject({ hasMaps: false, mapRange: null });
    model.batches.length = 0;
    const refused = async (answer: Promise<Response>) => refusal(await answer);
    const why =
      'The model that is served has no anomaly maps: it says how anomalous an image is, and not where.';
    expect(await refused(post(image, raw('image/png', { accept: 'image/png' })))).toEqual({
      status: 406,
      code: 'no-maps',
      error: `${why} There is no picture to answer with: accept application/json.`,
    });
    for (const include of ['heatMap', 'outline', 'outline,heatMap'])
      expect(
        await refused(fetch(`${url}/predict?include=${include}`, { method: 'POST', body: image, ...raw() })),
      ).toEqual({ status: 400, code: 'no-maps', error: `${why} Leave include=${include} out.` });
    expect(model.batches).toEqual([]);
    const either = await post(image, raw('image/png', { accept: 'image/png;q=0.5, application/json' }));
    expect(either.status).toBe(200);
    const text = await (await fetch(`${url}/metrics`)).text();
    expect(text).toContain('adfw_images_total{model="model",verdict="defective"} 2');
  });

  it('uses another threshold than the model’s where it is given one', async () => {
    const { post } = await serveAnother({ threshold: 0.9 });
    const [prediction] = (await (await post(bytes(await picture({ ...BOX, red: 204 })), raw())).json())
      .predictions;
    expect(prediction).toMatchObject({ verdict: 'nominal', threshold: 0.9 });
  });
});

const [whole, jpeg, bomb] = await Promise.all([
  picture(),
  sharp({ create: { width: 300, height: 200, channels: 3, background: 'red' } })
    .jpeg()
    .toBuffer(),
  // More pixels than are taken in a few kilobytes.
  sharp(new Uint8Array(10_000 * 5_001), { raw: { width: 10_000, height: 5_001, channels: 1 } })
    .png()
    .toBuffer(),
]);
const cut = whole.subarray(0, whole.length - 20);
/** A PNG whose header says that it is so wide. */
function wide(width: number): Buffer {
  const png = Buffer.from(whole);
  png.writeUInt32BE(width, 16);
  png.writeUInt32BE(crc32(png.subarray(12, 29)), 29);
  return png;
}

describe('a bad request', () => {
  it.each([
    ['text', Buffer.from('hello'), 'image/png', 415, 'unsupported-image'],
    [
      'SVG',
      Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'),
      'image/svg+xml',
      415,
      'unsupported-image',
    ],
    ['a cut-off PNG', cut, 'image/png', 422, 'damaged-image'],
    ['half a JPEG', jpeg.subarray(0, jpeg.length / 2), 'image/jpeg', 422, 'damaged-image'],
    ['the beginning of a PNG', jpeg.subarray(0, 4), 'image/jpeg', 422, 'damaged-image'],
    ['a decompression bomb', bomb, 'image/png', 413, 'too-many-pixels'],
    ['a header that lies', wide(9_000_000), 'image/png', 413, 'too-many-pixels'],
    ['a header that nothing can be', wide(2_000_000_000), 'image/png', 422, 'damaged-image'],
    ['nothing', Buffer.alloc(0), 'image/png', 400, 'no-image'],
    ['a form without a boundary', Buffer.from('x'), 'multipart/form-data', 400, 'malformed-body'],
    ['JSON', Buffer.from('{}'), 'application/json', 415, 'unsupported-body'],
    ['a web form', Buffer.from('a=b'), 'application/x-www-form-urlencoded', 415, 'unsupported-body'],
  ])('of %s is refused with a reason', async (_, body, type, status, code) => {
    const { post, model } = await serve();
    expect(await refusal(await post(bytes(body), raw(type)))).toMatchObject({ status, code });
    expect(model.batches).toEqual([]);
  });

  it('with a bad image among good ones says which it is', async () => {
    const { post, model } = await serve();
    expect(await refusal(await post(form(await picture(), cut)))).toMatchObject({
      status: 422,
      error: expect.stringMatching(/^b\.png cannot be read as an image: it is damaged or cut off/),
      image: { index: 1, name: 'b.png' },
    });
    expect(model.batches).toEqual([]);
  });

  it('that is too large, has too many images or asks for what there is not is refused', async () => {
    const { post, url } = await serveAnother({ limits: { bodyBytes: 5000, images: 2 } });
    expect(await refusal(await post(new Uint8Array(6000), raw()))).toMatchObject({
      status: 413,
      code: 'body-too-large',
      error: expect.stringContaining('5000 bytes'),
    });
    for (let round = 0; round < 5; round++)
      expect((await post(new Uint8Array(8_000_000), raw())).status).toBe(413);
    // Without a length that could be looked at before.
    const stream = new ReadableStream({
      pull: (controller) => controller.enqueue(new Uint8Array(1000)),
    });
    const streamed = await post(stream, { ...raw(), duplex: 'half' } as RequestInit).catch((error) => error);
    // The connection may be gone before the client has read why.
    if (streamed instanceof Response) expect(streamed.status).toBe(413);
    const image = await picture();
    expect(await refusal(await post(form(image, image, image)))).toMatchObject({
      status: 413,
      code: 'too-many-images',
    });
    const body = bytes(image);
    expect(
      await refusal(await fetch(`${url}/predict?include=maps`, { method: 'POST', body, ...raw() })),
    ).toMatchObject({ status: 400, code: 'unknown-include' });
    expect((await post(body, raw())).status).toBe(200);
  });

  it('to what is not there, or by the wrong method, is refused', async () => {
    const { url } = await serve();
    const wrong = await fetch(`${url}/predict`);
    expect(wrong.headers.get('allow')).toBe('POST');
    expect(await refusal(wrong)).toMatchObject({ status: 405, code: 'wrong-method' });
    expect((await refusal(await fetch(`${url}/healthz`, { method: 'DELETE' }))).status).toBe(405);
    expect((await refusal(await fetch(`${url}/nothing/../here`))).status).toBe(404);
    expect((await refusal(await fetch(`${url}/%zz`))).status).toBe(400);
  });
});

/** Waits until a gauge of the metrics has a value. */
async function gauge(url: string, name: string, value: number): Promise<void> {
  for (;;) {
    const text = await (await fetch(`${url}/metrics`)).text();
    if (text.split('\n').includes(`${name}{model="model"} ${value}`)) return;
    await sleep(5);
  }
}

/** Sends text over a connection of its own; gives all that comes back. */
async function talk(url: string, send: (socket: Socket) => void | Promise<void>): Promise<string> {
  const socket = connect(Number(new URL(url).port), '127.0.0.1');
  let received = '';
  socket.setEncoding('utf8').on('data', (text) => {
    received += text;
  });
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  const closed = once(socket, 'close');
  await send(socket);
  await closed;
  return received;
}

describe('a connection that misbehaves', () => {
  const head = (length: number) =>
    `POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: ${length}\r\n`;

  it.each([
    ['is no HTTP', 'hello\r\n\r\n', 400],
    ['has headers that are too large', `GET / HTTP/1.1\r\nX: ${'y'.repeat(20_000)}\r\n\r\n`, 431],
    ['has two lengths', `${head(5)}Content-Length: 6\r\n\r\nhello`, 400],
    ['has no host', 'GET /model HTTP/1.1\r\nConnection: close\r\n\r\n', 421],
  ])('that %s is told so and closed', async (_, text, status) => {
    const { url } = await serve();
    const answer = await talk(url, (socket) => {
      socket.write(text);
    });
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });

  it('whose body does not arrive is answered with 408, and gives up its place', async () => {
    const { url, post } = await serveAnother({ limits: { timeout: 30, queue: 1, images: 1, batch: 1 } });
    vi.useFakeTimers(ownTimers);
    let refused = 0;
    const answer = await talk(url, async (socket) => {
      socket.write(`${head(100)}\r\nabc`);
      await gauge(url, 'adfw_queue_images', 1);
      vi.advanceTimersByTime(29_999);
      refused = (await post(bytes(await picture()), raw())).status;
      vi.advanceTimersByTime(1);
    });
    expect(refused).toBe(429);
    expect(answer).toMatch(/^HTTP\/1.1 408 .*"code":"slow-body"/s);
    expect((await post(bytes(await picture()), raw())).status).toBe(200);
  });

  it.each([
    ['whose headers do not arrive', 'GET / HTTP/1.1\r\nHost: loc'],
    ['that says nothing', ''],
  ])('%s is closed in time', async (_, text) => {
    const { url } = await serveAnother({ limits: { timeout: 0.5 } });
    const start = performance.now();
    const answer = await talk(url, (socket) => {
      socket.write(text);
    });
    // Node by itself would wait for a minute.
    expect(performance.now() - start).toBeLessThan(50_000);
    expect(answer).toMatch(/^HTTP\/1.1 408 .*"code":"slow-request"/s);
  });

  it('that closes in the middle of its body gives up its place', async () => {
    const { url, post } = await serveAnother({ limits: { queue: 1, images: 1 } });
    await talk(url, async (socket) => {
      socket.write(`${head(100)}\r\nabc`);
      await gauge(url, 'adfw_queue_images', 1);
      socket.destroy();
    });
    await gauge(url, 'adfw_queue_images', 0);
    expect((await post(bytes(await picture()), raw())).status).toBe(200);
  });

  it('sends bodies that were changed at random, and always gets an answer', async () => {
    const { post, url } = await serve();
    let state = 7;
    const random = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    const images = [
      await picture(BOX),
      await sharp(await picture(BOX))
        .jpeg()
        .toBuffer(),
      await sharp(await picture(BOX))
        .webp()
        .toBuffer(),
      await sharp(await picture(BOX))
        .tiff()
        .toBuffer(),
    ];
    const statuses = new Set<number>();
    for (let round = 0; round < 80; round++) {
      const sent = bytes(images[round % images.length] as Buffer);
      for (let i = 0; i <= round % 7; i++) sent[random(sent.length)] = random(256);
      const answer = await post(round % 3 === 0 ? sent.subarray(0, random(sent.length)) : sent, raw());
      statuses.add(answer.status);
      await answer.arrayBuffer();
    }
    expect([...statuses].filter((status) => ![200, 400, 413, 415, 422].includes(status))).toEqual([]);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});

describe('under load', () => {
  it('scores requests of the same time in batches', async () => {
    const { post, model, url } = await serveAnother({ limits: { batch: 4, batchDelay: 0 } });
    const image = bytes(await picture());
    model.hold();
    const answers = Array.from({ length: 9 }, () => post(image, raw()));
    await gauge(url, 'adfw_batch_waiting_images', 8);
    model.release();
    expect((await Promise.all(answers)).map(({ status }) => status)).toEqual(Array(9).fill(200));
    expect(model.batches).toEqual([1, 4, 4]);
  });

  it('refuses what is beyond the queue with 429 before it reads it, and takes it later', async () => {
    const { post, model, url } = await serveAnother({ limits: { queue: 3, images: 3, batch: 1 } });
    const image = bytes(await picture());
    model.hold();
    const waiting = Array.from({ length: 3 }, () => post(image, raw()));
    await gauge(url, 'adfw_queue_images', 3);
    const refused = await post(image, raw());
    expect(refused.headers.get('retry-after')).toMatch(/^[1-9]\d*$/);
    expect(await refusal(refused)).toMatchObject({ status: 429, code: 'too-busy' });
    // Others than images are answered all the time.
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/^adfw_queue_images\{model="model"\} 3$/m);
    model.release();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200, 200]);
    expect((await post(form(image, image, image))).status).toBe(200);
  });

  it('answers what takes too long with 504, and goes on', async () => {
    const { post, model, url } = await serveAnother({ limits: { timeout: 30, batch: 1 } });
    const image = bytes(await picture());
    model.hold();
    vi.useFakeTimers(ownTimers);
    const answers = [post(image, raw()), post(image, raw())];
    await gauge(url, 'adfw_batch_waiting_images', 1);
    expect(model.batches).toEqual([1]);
    vi.advanceTimersByTime(30_000);
    for (const late of await Promise.all(answers))
      expect(await refusal(late)).toMatchObject({ status: 504, code: 'timeout' });
    // The second one is never scored: what comes after it is the next.
    model.release();
    expect((await post(image, raw())).status).toBe(200);
    expect(model.batches).toEqual([1, 1]);
  });

  it('does not score for clients that have gone', async () => {
    const { post, model, url } = await serveAnother({ limits: { batch: 1 } });
    const image = bytes(await picture());
    model.hold();
    const first = post(image, raw());
    await gauge(url, 'adfw_queue_images', 1);
    while (model.batches.length === 0) await sleep(5);
    const gone = new AbortController();
    const left = post(image, { ...raw(), signal: gone.signal }).catch((error) => error.name);
    await gauge(url, 'adfw_batch_waiting_images', 1);
    gone.abort();
    expect(await left).toBe('AbortError');
    await gauge(url, 'adfw_queue_images', 1);
    model.release();
    expect((await first).status).toBe(200);
    expect(model.batches).toEqual([1]);
    expect(await (await fetch(`${url}/metrics`)).text()).toMatch(/^adfw_queue_images\{model="model"\} 0$/m);
  });

  it('answers a failure of the model with 500 and no details, and logs them', async () => {
    const lines: string[] = [];
    const { post, model } = await serveAnother({
      log: { level: 'error', stream: { write: (line) => lines.push(line) } },
    });
    model.failWith(new Error('a secret of the machine'));
    const image = bytes(await picture());
    const failed = await refusal(await post(image, raw()));
    expect(failed).toMatchObject({ status: 500, code: 'internal' });
    expect(failed.error).not.toContain('secret');
    expect(lines.join('')).toContain('a secret of the machine');
    expect((await post(image, raw())).status).toBe(200);
  });
});

describe('the other routes', () => {
  it('count requests, images and batches for Prometheus', async () => {
    const { post, url } = await serveAnother();
    await post(form(await picture(), await picture(BOX)));
    await post(new Uint8Array(3), raw());
    await fetch(`${url}/nothing`);
    const answer = await fetch(`${url}/metrics`);
    expect(answer.headers.get('content-type')).toMatch(/^text\/plain/);
    const text = await answer.text();
    for (const line of [
      'adfw_http_requests_total{method="POST",route="/predict",status="200",model=""} 1',
      'adfw_http_requests_total{method="POST",route="/predict",status="415",model=""} 1',
      'adfw_http_requests_total{method="GET",route="-",status="404",model=""} 1',
      'adfw_http_request_duration_seconds_count{route="/predict"} 2',
      'adfw_images_total{model="model",verdict="nominal"} 1',
      'adfw_images_total{model="model",verdict="defective"} 1',
      'adfw_batch_images_sum{model="model"} 2',
      'adfw_queue_images{model="model"} 0',
    ])
      expect(text.split('\n')).toContain(line);
    expect(text).toMatch(/^process_resident_memory_bytes \d+/m);
  });

  it('describe themselves', async () => {
    const { url, post } = await serve();
    const document = await (await fetch(`${url}/openapi.json`)).json();
    expect(document.openapi).toMatch(/^3\./);
    expect(Object.keys(document.paths)).toEqual([
      '/healthz',
      '/metrics',
      '/model',
      '/models',
      '/models/{model}',
      '/predict',
      '/models/{model}/predict',
    ]);
    const { requestBody, responses } = document.paths['/predict'].post;
    expect(Object.keys(requestBody.content)).toEqual([
      'multipart/form-data',
      'image/*',
      'application/octet-stream',
    ]);
    expect(Object.keys(responses['200'].content)).toEqual(['application/json', 'image/png']);
    // What is answered is what is described, no more and no less.
    const described = responses['200'].content['application/json'].schema.properties.predictions.items;
    const [prediction] = (await (await post(bytes(await picture(BOX)), raw())).json()).predictions;
    expect(Object.keys(prediction).sort()).toEqual([...described.required].sort());
    for (const name of ['map', 'regions', 'regionCount'])
      expect(described.properties[name].nullable).toBe(true);
  });

  it('say what is served without telling where it lies', async () => {
    const { url } = await serve();
    const text = await (await fetch(`${url}/model`)).text();
    expect(JSON.parse(text)).toMatchObject({
      method: 'stfpm',
      dataset: 'part',
      threshold: THRESHOLD,
      hasMaps: true,
      mapRange: { min: 0, max: 1 },
    });
    expect(text).not.toContain('secret');
  });

  it('say what is served of a model that was fitted to a list of images, too', async () => {
    const { url } = await serveAnother({}, fakeModel({ dataset: null }));
    const answer = await fetch(`${url}/model`);
    expect(answer.status).toBe(200);
    expect(await answer.json()).toMatchObject({ method: 'stfpm', dataset: null, threshold: THRESHOLD });
  });

  it('say that the scoring thread has ended', async () => {
    const { url, model, server } = await serveAnother();
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    model.die(new Error('its heap is full'));
    expect((await server.failed).message).toBe('its heap is full');
    expect(await refusal(await fetch(`${url}/healthz`))).toMatchObject({ status: 503, code: 'failed' });
  });

  it('give the page, which may load and do nothing but what it needs', async () => {
    const { url } = await serve();
    const page = await fetch(url);
    expect(page.headers.get('content-type')).toMatch(/^text\/html/);
    const policy = page.headers.get('content-security-policy');
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("script-src 'self'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(page.headers.get('x-content-type-options')).toBe('nosniff');
    expect(page.headers.get('access-control-allow-origin')).toBeNull();
    for (const file of ['page.js', 'page.css', 'icon.svg'])
      expect((await fetch(`${url}/${file}`)).status).toBe(200);
  });
});

describe('who may ask', () => {
  it('is everybody with the token, where there is one', async () => {
    const token = 'correct-horse-battery';
    const { url, post } = await serveAnother({ host: '0.0.0.0', token });
    const local = url.replace('0.0.0.0', '127.0.0.1');
    const image = bytes(await picture());
    const ask = (authorization?: string) =>
      post(image, raw('image/png', authorization === undefined ? {} : { authorization }));
    for (const wrong of [undefined, 'Bearer', 'Bearer wrong', `Basic ${token}`, `Bearer ${token}x`, token]) {
      const answer = await ask(wrong);
      expect(answer.headers.get('www-authenticate')).toMatch(/^Bearer/);
      expect(await refusal(answer)).toMatchObject({ status: 401, code: 'unauthorized' });
    }
    for (const path of ['/metrics', '/model', '/openapi.json'])
      expect((await fetch(`${local}${path}`)).status).toBe(401);
    for (const path of ['/healthz', '/', '/page.js'])
      expect((await fetch(`${local}${path}`)).status).toBe(200);
    expect((await ask(`Bearer ${token}`)).status).toBe(200);
    expect((await ask(`bearer ${token}`)).status).toBe(200);
  });

  it('is settled before a body is read, and told also to who goes on sending it', async () => {
    const { url, post } = await serveAnother({ token: 'correct-horse-battery' });
    const answer = await talk(url, (socket) => {
      socket.write(
        'POST /predict HTTP/1.1\r\nHost: localhost\r\nContent-Type: image/png\r\nContent-Length: 1000000\r\n\r\n',
      );
      socket.once('data', () => socket.destroy());
    });
    expect(answer).toMatch(/^HTTP\/1.1 401 /);
    for (let round = 0; round < 10; round++)
      expect((await post(new Uint8Array(8_000_000), raw())).status).toBe(401);
  });

  it('is no web page of another origin, where there is no token', async () => {
    const { url, post } = await serve();
    const image = bytes(await picture());
    const foreign = await post(image, raw('image/png', { origin: 'https://evil.example' }));
    expect(await refusal(foreign)).toMatchObject({ status: 403, code: 'foreign-page' });
    const rebound = await new Promise<number | undefined>((resolve) => {
      request(`${url}/model`, { headers: { host: 'evil.example' } }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      }).end();
    });
    expect(rebound).toBe(421);
  });

  it.each([
    [{ host: '0.0.0.0' }, /On 0\.0\.0\.0 others .* set ADFW_TOKEN, or give --token/],
    [{ host: '::' }, /needs a token/],
    [{ host: '0.0.0.0', token: '' }, /token is empty/],
    [{ token: 'a b' }, /characters that a header cannot carry/],
    [{ host: '203.0.113.7', token: 'correct-horse-battery' }, /is not an address of this machine/],
    [{ limits: { queue: 0 } }, /"queue" must be a whole number from 1 on; found 0/],
    [{ limits: { timeout: Number.NaN } }, /"timeout" must be a number/],
  ] as [ServerOptions, RegExp][])('is settled before the server starts: %j', async (options, message) => {
    const error = await startServer(fakeModel(), { port: 0, ...options }).catch((error) => error);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toMatch(message);
  });

  it('is not asked of a model that cannot score', async () => {
    const model = fakeModel();
    model.failWith(new Error('no such kernel'));
    await expect(startServer(model, { port: 0 })).rejects.toThrow('no such kernel');
  });

  it('finds another port where one is in use', async () => {
    const { server } = await serve();
    const error = await startServer(fakeModel(), { port: server.port }).catch((error) => error);
    expect(error).toBeInstanceOf(ConfigurationError);
    expect(error.message).toMatch(new RegExp(`port ${server.port} of 127.0.0.1 is in use.*--port 0`));
  });
});

describe('close', () => {
  it('answers the requests in flight, takes no new ones, and does not wait for idle connections', async () => {
    const { server, model, url, post } = await serveAnother();
    const agent = new Agent({ keepAlive: true });
    // A connection that stays open after its request.
    await new Promise<void>((resolve) => {
      request(`${url}/healthz`, { agent }, (answer) => answer.resume().once('end', resolve)).end();
    });
    model.hold();
    const image = bytes(await picture());
    const inFlight = [post(image, raw()), post(form(image, image))];
    await gauge(url, 'adfw_queue_images', 3);
    let closed = false;
    const closing = server.close().then(() => {
      closed = true;
    });
    while (
      await fetch(`${url}/healthz`).then(
        ({ ok }) => ok,
        () => false,
      )
    );
    expect(closed).toBe(false);
    model.release();
    const answers = await Promise.all(inFlight);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers[0]?.headers.get('connection')).toBe('close');
    const start = performance.now();
    await closing;
    // Fastify keeps idle connections for 72 seconds.
    expect(performance.now() - start).toBeLessThan(60_000);
    agent.destroy();
  });
});
