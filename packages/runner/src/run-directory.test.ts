import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '@adfw/core';
import { afterAll, describe, expect, it } from 'vitest';
import { createRunDirectory } from './run-directory.js';

const folder = mkdtempSync(join(tmpdir(), 'adfw-run-directory-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('createRunDirectory', () => {
  it('makes the folder and those above it, and takes an empty one', async () => {
    const path = join(folder, 'a/b/c');
    await createRunDirectory(path);
    await createRunDirectory(path);
    expect(readdirSync(path)).toEqual([]);
  });

  it('leaves alone what lies there, and names it', async () => {
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    await expect(createRunDirectory(folder)).rejects.toThrow(ConfigurationError);
    await expect(createRunDirectory(folder)).rejects.toThrow(/notes\.txt.*--out.*--resume/s);
  });

  it('says when a file is in the way', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(createRunDirectory(join(folder, 'file'))).rejects.toThrow('a file is in its place');
    await expect(createRunDirectory(join(folder, 'file/below'))).rejects.toThrow('a file is in its place');
  });

  it.skipIf(!existsSync('/proc/self'))('ends where the system makes no folders', async () => {
    await expect(createRunDirectory('/proc/adfw/run')).rejects.toThrow('ENOENT');
  });
});
