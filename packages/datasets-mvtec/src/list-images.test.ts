import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { ConfigurationError } from '@adfw/core';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { listImages } from './list-images.js';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-list-'));
});
afterEach(() => rm(folder, { recursive: true }));

async function touch(...names: string[]): Promise<void> {
  for (const name of names) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), '');
  }
}

it('lists the images below a folder in natural order, whatever else is there', async () => {
  await touch('10.png', '9.JPG', 'b/1.tiff', 'a/2.TIF', 'a/x.webp', 'c.jpeg', 'd.bmp');
  await touch('.DS_Store', '._9.JPG', 'Thumbs.db', 'notes.txt', '.cache/1.png', '__MACOSX/9.JPG', 'png');
  expect(await listImages(folder)).toEqual(
    ['9.JPG', '10.png', 'a/2.TIF', 'a/x.webp', 'b/1.tiff', 'c.jpeg', 'd.bmp'].map((name) =>
      join(folder, name),
    ),
  );
});

it('takes a file as it is, whatever its name', async () => {
  await touch('photo.dat');
  expect(await listImages(join(folder, 'photo.dat'))).toEqual([join(folder, 'photo.dat')]);
});

it('follows links to files and folders, and is not caught in a circle', async () => {
  await touch('real/1.png', 'images/2.png');
  await symlink(join(folder, 'real'), join(folder, 'images/linked'));
  await symlink(join(folder, 'real/1.png'), join(folder, 'images/one.png'));
  await symlink(join(folder, 'images'), join(folder, 'images/circle'));
  expect(await listImages(join(folder, 'images'))).toEqual(
    ['2.png', 'linked/1.png', 'one.png'].map((name) => join(folder, 'images', name)),
  );
});

it('says what is wrong with a path that gives no image', async () => {
  await touch('a.txt', 'b.csv');
  await expect(listImages(folder)).rejects.toThrow(
    /There is no image in .*: it holds a\.txt, b\.csv; images end in \.jpg/,
  );
  await expect(listImages(join(folder, 'nowhere'))).rejects.toThrow(/nowhere does not exist/);
  await mkdir(join(folder, 'empty'));
  await expect(listImages(join(folder, 'empty'))).rejects.toThrow(/it is empty/);
  await expect(listImages(folder)).rejects.toBeInstanceOf(ConfigurationError);
});

it('says that a folder may not be read', async () => {
  await touch('closed/1.png');
  await chmod(join(folder, 'closed'), 0);
  await chmod(folder, 0o755);
  // Root may read everything, so it becomes another user for the moment.
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65534);
  try {
    await expect(listImages(folder)).rejects.toThrow(/closed cannot be read: permission is denied/);
  } finally {
    if (isRoot) process.seteuid?.(0);
    await chmod(join(folder, 'closed'), 0o755);
  }
});
