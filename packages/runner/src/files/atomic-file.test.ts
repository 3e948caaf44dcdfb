import fs, { type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DataError } from '@adfw/core';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { writeFile, writeFolder } from './atomic-file.js';

// Only `open` can be replaced by a test; everything else, and `open` otherwise, is the real thing.
const opened = vi.hoisted(() => ({ handle: (handle: FileHandle) => handle }));
vi.mock('node:fs/promises', async (importActual) => {
  const actual = await importActual<typeof fs>();
  const open: typeof actual.open = async (...args) => opened.handle(await actual.open(...args));
  return { ...actual, open };
});

let folder: string;
beforeEach(async () => {
  folder = await fs.mkdtemp(join(tmpdir(), 'adfw-atomic-'));
});
afterEach(async () => {
  opened.handle = (handle) => handle;
  await fs.rm(folder, { recursive: true, force: true });
});

/** The disk fills up after some bytes of the nth file, or fails in another way. */
function failAfterSomeBytes(code: string, nth = 1): void {
  let files = 0;
  opened.handle = (handle) => {
    if (++files === nth)
      handle.writeFile = async () => {
        await handle.write('some');
        throw Object.assign(new Error(`${code}: write`), { code });
      };
    return handle;
  };
}

describe('writeFile', () => {
  it('writes text and bytes, new or in place of a file', async () => {
    const path = join(folder, 'scores.csv');
    await writeFile(path, 'größe\n');
    expect(await fs.readFile(path, 'utf8')).toBe('größe\n');
    await writeFile(path, new Uint8Array(Float32Array.of(1, 2).buffer, 4, 4));
    expect([...(await fs.readFile(path))]).toEqual([0, 0, 0, 64]);
    expect(await fs.readdir(folder)).toEqual(['scores.csv']);
  });

  it('never shows a part of a file to one who reads it meanwhile', async () => {
    const path = join(folder, 'weights');
    const contents = ['a', 'b'].map((letter) => letter.repeat(3_000_000));
    await writeFile(path, contents[0] as string);
    let [reads, writes] = [0, 0];
    const enough = () => reads >= 4 && writes >= 4;
    const writer = (async () => {
      for (; !enough(); writes++) await writeFile(path, contents[(writes + 1) % 2] as string);
    })();
    for (; !enough(); reads++) expect(contents.includes(await fs.readFile(path, 'utf8'))).toBe(true);
    await writer;
  });

  it('leaves the file as it was, and nothing else, when the disk fills up', async () => {
    const path = join(folder, 'metrics.json');
    await writeFile(path, 'before');
    failAfterSomeBytes('ENOSPC');
    await expect(writeFile(path, 'after')).rejects.toThrow(
      new DataError(`${path} cannot be written: the disk is full; free some space and try again.`),
    );
    expect(await fs.readFile(path, 'utf8')).toBe('before');
    expect(await fs.readdir(folder)).toEqual(['metrics.json']);
  });

  it('says in one sentence why a file cannot be written', async () => {
    const missing = join(folder, 'none', 'x.txt');
    await expect(writeFile(missing, '')).rejects.toThrow(
      `${missing} cannot be written: the folder ${join(folder, 'none')} does not exist`,
    );
    await expect(writeFile(folder, '')).rejects.toThrow(
      `${folder} cannot be written: a folder is in its place`,
    );
    await writeFile(join(folder, 'file'), '');
    await expect(writeFile(join(folder, 'file', 'x.txt'), '')).rejects.toThrow(
      'a file is in the place of a folder',
    );
    await expect(writeFile(join(folder, 'x'.repeat(300)), '')).rejects.toThrow('its name is too long');
    failAfterSomeBytes('EACCES');
    await expect(writeFile(join(folder, 'x.txt'), '')).rejects.toThrow('permission denied');
    failAfterSomeBytes('EIO');
    await expect(writeFile(join(folder, 'x.txt'), '')).rejects.toThrow(
      'x.txt cannot be written: EIO: write.',
    );
    expect(await fs.readdir(folder)).toEqual(['file']);
  });

  it('writes names as long as the file system allows', async () => {
    const name = 'x'.repeat(255);
    await writeFile(join(folder, name), '');
    expect(await fs.readdir(folder)).toEqual([name]);
  });
});

describe('writeFolder', () => {
  it('writes all files, and replaces all that were there', async () => {
    const model = join(folder, 'model');
    await writeFolder(model, { 'manifest.json': '{}', weights: Uint8Array.of(1, 2) });
    expect((await fs.readdir(model)).sort()).toEqual(['manifest.json', 'weights']);
    await writeFolder(model, { 'manifest.json': '[]' });
    expect(await fs.readdir(model)).toEqual(['manifest.json']);
    expect(await fs.readFile(join(model, 'manifest.json'), 'utf8')).toBe('[]');
    expect(await fs.readdir(folder)).toEqual(['model']);
  });

  it('leaves the folder as it was, and nothing else, when the disk fills up at the second file', async () => {
    const model = join(folder, 'model');
    await writeFolder(model, { weights: 'before' });
    failAfterSomeBytes('ENOSPC', 2);
    await expect(writeFolder(model, { manifest: '{}', weights: 'after' })).rejects.toThrow(
      `${model} cannot be written: the disk is full`,
    );
    expect(await fs.readdir(model)).toEqual(['weights']);
    expect(await fs.readFile(join(model, 'weights'), 'utf8')).toBe('before');
    expect(await fs.readdir(folder)).toEqual(['model']);
  });

  it('says why a folder cannot be written', async () => {
    const model = join(folder, 'none', 'model');
    await expect(writeFolder(model, {})).rejects.toThrow(`the folder ${join(folder, 'none')} does not exist`);
    const file = join(folder, 'file');
    await writeFile(file, 'kept');
    await expect(writeFolder(file, {})).rejects.toThrow(`${file} cannot be written: a file is in the place`);
    expect(await fs.readFile(file, 'utf8')).toBe('kept');
    expect(await fs.readdir(folder)).toEqual(['file']);
  });
});
