import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { DataError } from '@adfw/core';
import sharp from 'sharp';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { readImage } from './read-image.js';
import { readInThread } from './read-in-thread.js';

const size = { height: 24, width: 20 };
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-thread-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A picture of 50 x 40 pixels. */
const picture = (seed: number) =>
  sharp(
    Uint8Array.from({ length: 6000 }, (_, i) => (i * (seed + 3)) % 251),
    {
      raw: { width: 50, height: 40, channels: 3 },
    },
  );

async function written(name: string, seed: number): Promise<string> {
  const path = join(folder, name);
  await picture(seed).toFile(path);
  return path;
}

it('reads what `readImage` reads, more at once than are decoded at a time', async () => {
  const paths = await Promise.all(
    Array.from({ length: 9 }, (_, i) => written(`${i}.${['jpg', 'png', 'webp'][i % 3]}`, i)),
  );
  const here = await Promise.all(paths.map((path) => readImage(path, size)));
  expect(await Promise.all(paths.map((path) => readInThread(path, size)))).toEqual(here);
  // As large as it is stored, and with levels of its own.
  const [stored, reading] = [
    { height: 40, width: 50 },
    { page: 0, levels: null },
  ];
  const path = paths[1] as string;
  expect(await readInThread(path, stored, { reading })).toEqual(await readImage(path, stored, { reading }));
});

it('names the image that cannot be read, and reads the others', async () => {
  const sound = await written('sound.png', 1);
  const damaged = join(folder, 'damaged.jpg');
  await writeFile(damaged, (await picture(2).jpeg().toBuffer()).subarray(0, 900));
  const missing = join(folder, 'missing.png');
  const [first, image, second] = await Promise.allSettled(
    [damaged, sound, missing].map((path) => readInThread(path, size)),
  );
  for (const [result, fault] of [
    [first, `${damaged} cannot be read as an image: it is damaged or cut off`],
    [second, `${missing} cannot be read as an image: there is no such file`],
  ] as const) {
    const { reason } = result as PromiseRejectedResult;
    expect(reason).toBeInstanceOf(DataError);
    expect(reason.message).toContain(fault);
  }
  expect((image as PromiseFulfilledResult<unknown>).value).toEqual(await readImage(sound, size));
});

it('keeps a process from ending while there is something to read, and no longer', async () => {
  const path = await written('one.png', 4);
  const built = new URL('../dist/index.js', import.meta.url).href;
  const script = `import { readInThread } from ${JSON.stringify(built)};
readInThread(${JSON.stringify(path)}, ${JSON.stringify(size)}).then(({ data }) => console.log(data.length));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', script]);
  expect(stdout.trim()).toBe(`${size.height * size.width * 3}`);
});
