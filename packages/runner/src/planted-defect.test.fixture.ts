/** Pictures with a defect at a known place, and what runs on them have in common. */
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Normalization } from '@adfw/core';
import sharp from 'sharp';
import { prepareExperiment } from './index.js';

/** A PatchCore of a narrow random network. @param root of the folder in the layout of MVTec AD. */
export const preparePatchCore = (root: string, { share = 0.2, batchSize = 2, ...images }: PatchCoreOptions) =>
  prepareExperiment({
    overrides: [
      {
        source: 'the test',
        document: {
          method: 'patchcore',
          dataset: { type: 'mvtec', root },
          images,
          model: { backbone: { type: 'resnet18', weights: 'random', width: 8 }, share },
          fit: { batchSize },
        },
      },
    ],
  });

interface PatchCoreOptions {
  readonly share?: number;
  readonly batchSize?: number;
  /** What the document says of images. */
  readonly [ofImages: string]: unknown;
}

/** Calls `write` for the pictures of `train/good`, `test/good` and `test/spot`, as many as are asked for. */
export async function eachPicture(
  [train, good, spot]: readonly [train: number, good: number, spot: number],
  write: (path: string, index: number) => Promise<void>,
): Promise<void> {
  for (const [path, count] of [
    ['train/good', train],
    ['test/good', good],
    ['test/spot', spot],
  ] as const)
    for (let index = 0; index < count; index++) await write(path, index);
}

/** Waves and noise, others in test images. */
export const waves =
  (path: string, index: number, [across, down]: readonly [number, number] = [5, 7]) =>
  (y: number, x: number): number =>
    128 +
    20 * Math.sin(x / across + index) +
    20 * Math.cos(y / down + (path === 'train/good' ? 0 : 0.7)) +
    (((x * 7919) ^ (y * 104729)) % (path === 'train/good' ? 11 : 31));

/** Whether a pixel is in a square. */
export const isInSquare = (
  { left, top, side }: { left: number; top: number; side: number },
  y: number,
  x: number,
): boolean => y >= top && y < top + side && x >= left && x < left + side;

/** @param value of each channel of a pixel. */
export async function writePng(
  file: string,
  { height, width, channels }: { height: number; width: number; channels: 1 | 3 },
  value: (y: number, x: number) => number,
): Promise<void> {
  const pixels = Uint8Array.from({ length: height * width * channels }, (_, i) => {
    const pixel = Math.floor(i / channels);
    return value(Math.floor(pixel / width), pixel % width);
  });
  await mkdir(join(file, '..'), { recursive: true });
  await sharp(pixels, { raw: { width, height, channels } }).png().toFile(file);
}

/** Where a map is highest. */
export function highestOf(map: ArrayLike<number>, width: number): { x: number; y: number } {
  let highest = 0;
  for (let at = 0; at < map.length; at++) if ((map[at] as number) > (map[highest] as number)) highest = at;
  return { x: highest % width, y: Math.floor(highest / width) };
}

/** As another program would prepare it for an exported model: `[3, H, W]` of RGB pixels in rows. */
export const planesOf = (data: ArrayLike<number>, { mean, std }: Normalization): number[] =>
  [0, 1, 2].flatMap((channel) =>
    Array.from(
      { length: data.length / 3 },
      (_, pixel) =>
        ((data[pixel * 3 + channel] as number) / 255 - (mean[channel] as number)) / (std[channel] as number),
    ),
  );
