import { existsSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ConfigurationError } from '@adfw/core';
import { afterAll, describe, expect, it } from 'vitest';
import { CLAIM_FILE } from './folder-claim.js';
import { createFolder, refuseUsedDirectory } from './run-directory.js';

const folder = mkdtempSync(join(tmpdir(), 'adfw-run-directory-'));
afterAll(() => rmSync(folder, { recursive: true }));

describe('createFolder', () => {
  it('makes the folder and those above it, and takes one that is there', async () => {
    const path = join(folder, 'a/b/c');
    await createFolder(path);
    await createFolder(path);
    expect(readdirSync(path)).toEqual([]);
  });

  it('says when a file is in the way', async () => {
    writeFileSync(join(folder, 'file'), '');
    await expect(createFolder(join(folder, 'file'))).rejects.toThrow('a file is in its place');
    await expect(createFolder(join(folder, 'file/below'))).rejects.toThrow('a file is in its place');
  });

  it.skipIf(!existsSync('/proc/self'))('ends where the system makes no folders', async () => {
    await expect(createFolder('/proc/adfw/run')).rejects.toThrow('ENOENT');
  });
});

describe('refuseUsedDirectory', () => {
  it('names what lies there', async () => {
    writeFileSync(join(folder, 'notes.txt'), 'mine');
    await expect(refuseUsedDirectory(folder)).rejects.toThrow(ConfigurationError);
    await expect(refuseUsedDirectory(folder)).rejects.toThrow(/notes\.txt.*--out.*--resume/s);
  });

  it('says when a file is in its place', async () => {
    writeFileSync(join(folder, 'taken'), '');
    await expect(refuseUsedDirectory(join(folder, 'taken'))).rejects.toThrow('a file is in its place');
  });

  it('takes a folder that is not there or is empty, also where one who claimed it was killed', async () => {
    const path = join(folder, 'new');
    await refuseUsedDirectory(path);
    await createFolder(path);
    await refuseUsedDirectory(path);
    writeFileSync(join(path, CLAIM_FILE), '');
    await refuseUsedDirectory(path);
  });
});
