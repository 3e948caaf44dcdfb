/** Images and masks as both sides read them: files of 8 bits, in the size that they are worked on, in the MVTec layout. */
import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { openDataset, prepareExperiment } from '@adfw/runner';
import sharp from 'sharp';

/**
 * Resized as `adfw run` resizes them, so that it changes nothing of these any more.
 * @param data a folder in the MVTec layout, or null for the built-in sample.
 * @returns where they are; what is there is not written again.
 */
export async function writeImages(folder, data, side) {
  const root = join(folder, `${data === null ? 'sample' : basename(data)}-${side}`);
  if (existsSync(root)) return root;
  const document = {
    // A data set is asked for with a method.
    method: 'hog-svm',
    dataset:
      data === null ? { type: 'sample' } : { type: 'mvtec', root: dirname(data), category: basename(data) },
    images: { size: side },
  };
  const { experiment } = await prepareExperiment({ overrides: [{ source: 'trained.mjs', document }] });
  const dataset = await openDataset(experiment);
  const size = { width: side, height: side };
  const unfinished = `${root}-unfinished`;
  await rm(unfinished, { recursive: true, force: true });
  for (const sample of [...dataset.train, ...dataset.test]) {
    const name = sample.id.replace(/\.\w+$/, '');
    await writePicture(join(unfinished, `${name}.png`), (await dataset.image(sample, size)).data, 3);
    const mask = sample.label === 1 ? await dataset.mask(sample, size) : null;
    if (mask) {
      const values = Uint8Array.from(mask.data, (value) => (value ? 255 : 0));
      const at = name.replace(/^test/, 'ground_truth');
      await writePicture(join(unfinished, `${at}_mask.png`), values, 1);
    }
  }
  await rename(unfinished, root);
  return root;

  async function writePicture(file, pixels, channels) {
    await mkdir(dirname(file), { recursive: true });
    await sharp(pixels, { raw: { ...size, channels } })
      .png()
      .toFile(file);
  }
}
