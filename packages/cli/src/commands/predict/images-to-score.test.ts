import { mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { marked } from '@adfw/runner';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { imagesToScore } from './images-to-score.js';

let folder: string;
const at = (...names: string[]) => names.map((name) => join(folder, name));
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'adfw-images-'));
  const png = await sharp({ create: { width: 2, height: 2, channels: 3, background: '#fff' } })
    .png()
    .toBuffer();
  await mkdir(join(folder, 'photos/pictures'), { recursive: true });
  await mkdir(join(folder, 'drawn'));
  await mkdir(join(folder, 'beside'));
  for (const name of ['1.png', '1_mask.png', '2_mask.png'])
    await writeFile(join(folder, 'beside', name), png);
  for (const name of ['a.png', 'b.png']) await writeFile(join(folder, 'photos', name), png);
  for (const name of ['photos/pictures/a.png', 'photos/pictures/b.png', 'drawn/a.png'])
    await writeFile(join(folder, name), marked(png));
  await symlink(join(folder, 'photos'), join(folder, 'link'));
  await symlink(join(folder, 'photos/a.png'), join(folder, 'a-link.png'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

describe('imagesToScore', () => {
  it('leaves pictures out that were drawn into the folder, and says so', async () => {
    expect(await imagesToScore(at('photos'))).toMatchObject({
      images: at('photos/a.png', 'photos/b.png'),
      notes: [
        `Left out 2 pictures that adfw predict has drawn, the first is ${join(folder, 'photos/pictures/a.png')}.`,
      ],
    });
  });

  it('leaves masks out that lie beside their images, unless one is named itself', async () => {
    expect(await imagesToScore(at('beside'))).toMatchObject({
      images: at('beside/1.png', 'beside/2_mask.png'),
      notes: [`Left out 1 mask of images beside them, ${join(folder, 'beside/1_mask.png')}.`],
    });
    expect((await imagesToScore(at('beside/1_mask.png'))).images).toEqual(at('beside/1_mask.png'));
  });

  it('takes a picture that is named itself, and refuses a folder of nothing else', async () => {
    expect((await imagesToScore(at('drawn/a.png'))).images).toEqual(at('drawn/a.png'));
    await expect(imagesToScore(at('drawn'))).rejects.toThrow(
      /^There is no image to score but 1 picture that adfw predict has drawn, .*a\.png\.$/,
    );
  });

  it('takes each file once, whatever its spelling and by whatever folder', async () => {
    const again = `${folder}/photos/../photos/b.png`;
    expect(
      await imagesToScore([...at('photos/a.png', 'photos/a.png', 'photos/b.png', 'link/a.png'), again]),
    ).toMatchObject({
      images: at('photos/a.png', 'photos/b.png'),
      notes: [
        `Scored once though named twice: 2 images, the first is ${join(folder, 'link/a.png')}, which is ${join(folder, 'photos/a.png')}.`,
      ],
    });
  });

  it('takes a link to an image for an image', async () => {
    const both = at('photos/a.png', 'a-link.png');
    expect(await imagesToScore(both)).toMatchObject({ images: both, notes: [] });
  });
});
