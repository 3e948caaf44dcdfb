/** A dataset in the layout of MVTec AD with a few images of 32x32, and settings that make runs on it take a moment. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { ExperimentLayer } from '@adfw/core';
import sharp from 'sharp';

/** Grey stripes; a defective image has a bright square. */
const image = (index: number, defective: boolean) =>
  sharp(
    Uint8Array.from({ length: 32 * 32 }, (_, pixel) => {
      const [x, y] = [pixel % 32, Math.floor(pixel / 32)];
      if (defective && x > 10 && x < 20 && y > 10 && y < 20) return 255;
      return 100 + 40 * (x % 2) + ((pixel * 7919 + index * 104729) % 17);
    }),
    { raw: { width: 32, height: 32, channels: 1 } },
  )
    .png()
    .toBuffer();

const mask = () =>
  sharp(
    Uint8Array.from({ length: 32 * 32 }, (_, pixel) => {
      const [x, y] = [pixel % 32, Math.floor(pixel / 32)];
      return x > 10 && x < 20 && y > 10 && y < 20 ? 255 : 0;
    }),
    { raw: { width: 32, height: 32, channels: 1 } },
  )
    .png()
    .toBuffer();

/** 5 training images, 2 good and 2 defective test images. */
export async function writeTinyCategory(folder: string): Promise<void> {
  const write = async (path: string, bytes: Uint8Array) => {
    await mkdir(dirname(join(folder, path)), { recursive: true });
    await writeFile(join(folder, path), bytes);
  };
  for (let index = 0; index < 5; index++) await write(`train/good/${index}.png`, await image(index, false));
  for (let index = 0; index < 2; index++) {
    await write(`test/good/${index}.png`, await image(10 + index, false));
    await write(`test/hole/${index}.png`, await image(20 + index, true));
    await write(`ground_truth/hole/${index}_mask.png`, await mask());
  }
}

export const tinySettings: ExperimentLayer = {
  source: 'tiny',
  document: {
    images: { size: 32 },
    model: {
      teacher: { weights: 'random', width: 4 },
      layers: ['layer1', 'layer2'],
      training: { epochs: 3 },
    },
    fit: { batchSize: 4 },
  },
};
