import { execFileSync } from 'node:child_process';
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

/** What a JPEG begins with; nothing more is looked at. */
const jpeg = Uint8Array.from([0xff, 0xd8, 0xff, 0xe0]);
const tiff = Uint8Array.from([0x49, 0x49, 42, 0]);

const at = (...names: string[]) => names.map((name) => join(folder, name));

it('lists the images below a folder in natural order, whatever else is there', async () => {
  await touch('10.png', '9.JPG', 'b/1.tiff', 'a/2.TIF', 'a/x.webp', 'c.jpeg', 'd.bmp', 'e.jfif');
  await touch('notes.txt', 'png', 'b/labels.json');
  expect(await listImages(folder)).toEqual({
    images: at('9.JPG', '10.png', 'a/2.TIF', 'a/x.webp', 'b/1.tiff', 'c.jpeg', 'd.bmp', 'e.jfif'),
    leftOut: at('b/labels.json', 'notes.txt', 'png'),
  });
});

it('takes for an image what begins as one, whatever its ending; but no raw file, of which that is the preview', async () => {
  await touch('1.png', '2.png', 'empty.JPG_orig');
  for (const name of ['a', 'b.JPG_orig', 'c.txt']) await writeFile(join(folder, name), jpeg);
  for (const name of ['raw.NEF', 'slide.svs']) await writeFile(join(folder, name), tiff);
  expect(await listImages(folder)).toEqual({
    images: at('1.png', '2.png', 'a', 'b.JPG_orig', 'c.txt'),
    leftOut: at('empty.JPG_orig', 'raw.NEF', 'slide.svs'),
  });
});

it('does not count hidden files and what systems leave in folders', async () => {
  await touch('1.png', '.DS_Store', '._1.JPG', 'Thumbs.db', 'Desktop.ini', '.cache/2.png', '__MACOSX/3.JPG');
  await touch('@eaDir/1.png/SYNOPHOTO_THUMB_M.jpg');
  expect(await listImages(folder)).toEqual({ images: at('1.png'), leftOut: [] });
});

it('takes a file as it is, whatever its name', async () => {
  await touch('photo.dat');
  expect(await listImages(join(folder, 'photo.dat'))).toEqual({ images: at('photo.dat'), leftOut: [] });
});

it('follows links to files and folders, and is not caught in a circle', async () => {
  await touch('real/1.png', 'images/2.png');
  await symlink(join(folder, 'real'), join(folder, 'images/linked'));
  await symlink(join(folder, 'real/1.png'), join(folder, 'images/one.png'));
  await symlink(join(folder, 'images'), join(folder, 'images/circle'));
  await symlink(join(folder, 'nowhere'), join(folder, 'images/broken'));
  await symlink(join(folder, 'nowhere'), join(folder, 'images/broken.png'));
  expect(await listImages(join(folder, 'images'))).toEqual({
    images: at('images/2.png', 'images/broken.png', 'images/linked/1.png', 'images/one.png'),
    leftOut: at('images/broken'),
  });
});

it('does not wait for what a pipe would give', async () => {
  await touch('1.png');
  execFileSync('mkfifo', at('pipe', 'pipe.png'));
  await expect(listImages(folder)).rejects.toThrow(/Of the 3 files .* only 1 can be read/);
});

it('refuses a folder of which most is no image, and says what it holds; labels do not count', async () => {
  await touch('1.png', '2.png', '1.heic', '2.HEIC', '1.txt', '2.txt', '1.json', 'README', 'LICENSE.md');
  expect((await listImages(folder)).leftOut).toHaveLength(7);
  await touch('3.psd');
  await expect(listImages(folder)).rejects.toThrow(
    /^Of the 5 files in .* only 2 can be read as images; the others are 2 \.heic, 1 \.psd, the first is 1\.heic\. Convert them to PNG/,
  );
  await rm(join(folder, '1.png'));
  await rm(join(folder, '2.png'));
  await expect(listImages(folder)).rejects.toThrow(/^Of the 3 files in .* none can be read/);
  await expect(listImages(folder)).rejects.toBeInstanceOf(ConfigurationError);
});

it('says what is wrong with a path that gives no image', async () => {
  await touch('a.txt', 'b.csv');
  await expect(listImages(folder)).rejects.toThrow(
    /There is no image in .*: it holds a\.txt, b\.csv; images are JPEG, PNG/,
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
