import { describe, expect, it } from 'vitest';
import type { HttpError } from '../http-error.js';
import { requestImages } from './request-images.js';

const BOUNDARY = 'xxBOUNDARYxx';
const TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

interface Part {
  field?: string;
  file?: string;
  content: string;
}
const body = (...parts: Part[]): Buffer =>
  Buffer.from(
    `${parts
      .map(
        ({ field = 'image', file, content }) =>
          `--${BOUNDARY}\r\nContent-Disposition: form-data; name="${field}"${file === undefined ? '' : `; filename="${file}"\r\nContent-Type: image/png`}\r\n\r\n${content}\r\n`,
      )
      .join('')}--${BOUNDARY}--\r\n`,
  );
const fault = (sent: Uint8Array, type = TYPE, most = 3): Promise<HttpError> =>
  requestImages(sent, type, most).then(
    () => {
      throw new Error('It was to be refused.');
    },
    (error) => error,
  );

describe('requestImages', () => {
  it('gives the files of a form in their order, byte for byte, and other fields no notice', async () => {
    const sent = body(
      { file: 'a.png', content: 'first\r\n--not the boundary\r\n' },
      { field: 'comment', content: 'from line 3' },
      { file: 'b.png', content: 'second' },
    );
    const images = await requestImages(sent, TYPE, 3);
    expect(images.map(({ name, bytes }) => [name, Buffer.from(bytes).toString()])).toEqual([
      ['a.png', 'first\r\n--not the boundary\r\n'],
      ['b.png', 'second'],
    ]);
  });

  it('takes any other body as one image', async () => {
    expect(await requestImages(Buffer.from('x'), 'image/png', 1)).toEqual([
      { name: null, bytes: Buffer.from('x') },
    ]);
  });

  it('leaves folders out of names', async () => {
    const [image] = await requestImages(body({ file: '../../etc/passwd', content: 'x' }), TYPE, 3);
    expect(image?.name).toBe('passwd');
  });

  const file = (content = 'x') => ({ file: 'a.png', content });
  it.each([
    ['no part', body(), TYPE, 400, 'no-image', /no image/],
    [
      'another field',
      body({ ...file(), field: 'photo' }),
      TYPE,
      400,
      'unknown-field',
      /field "photo".*"image"/,
    ],
    ['text', body({ content: 'x' }), TYPE, 400, 'no-image', /not a file/],
    ['an empty file', body(file(), file('')), TYPE, 400, 'no-image', /a\.png is empty/],
    ['too many', body(file(), file(), file(), file()), TYPE, 413, 'too-many-images', /3 images/],
    ['no boundary', body(file()), 'multipart/form-data', 400, 'malformed-body', /boundary/i],
    [
      'another boundary',
      body(file()),
      'multipart/form-data; boundary=other',
      400,
      'malformed-body',
      /malformed/,
    ],
    ['half a body', body(file('y'.repeat(500))).subarray(0, 300), TYPE, 400, 'malformed-body', /malformed/],
    ['half a header', body(file()).subarray(0, 40), TYPE, 400, 'malformed-body', /malformed/],
    ['nothing', Buffer.alloc(0), 'image/png', 400, 'no-image', /empty/],
  ] as const)('refuses %s', async (_, sent, type, status, code, message) => {
    const error = await fault(sent, type);
    expect([error.status, error.code]).toEqual([status, code]);
    expect(error.message).toMatch(message);
  });

  it('says which image of several is empty', async () => {
    const error = await fault(body({ file: 'a.png', content: 'x' }, { file: 'b.png', content: '' }));
    expect(error.details.image).toEqual({ index: 1, name: 'b.png' });
  });

  it('answers whatever is sent: cut off anywhere, and with bytes that were changed', async () => {
    const whole = body(file('y'.repeat(40)), { field: 'comment', content: 'z' }, file('w'.repeat(40)));
    let state = 1;
    const random = (below: number) => {
      state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
      return Math.floor((state / 2 ** 32) * below);
    };
    for (let round = 0; round < 600; round++) {
      const sent = Buffer.from(round < 300 ? whole.subarray(0, round) : whole);
      if (round >= 300) for (let i = 0; i < 1 + (round % 5); i++) sent[random(sent.length)] = random(256);
      const outcome = await requestImages(sent, TYPE, 3).catch((error: HttpError) => error);
      if (!Array.isArray(outcome)) expect([400, 413]).toContain(outcome.status);
    }
  });
});
