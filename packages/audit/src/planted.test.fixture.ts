/** A tiny dataset on disk with one of each fault. */
import { copyFile, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { namedRandom } from '@adfw/core';
import sharp from 'sharp';

export const SIDE = 48;
const random = namedRandom(5, 'planted');

/** A texture of grains of 4x4 pixels; no two are the same. */
export function texture(): Uint8Array {
  const across = SIDE / 4;
  const grains = Array.from({ length: across * across }, () => 90 + Math.floor(70 * random()));
  return Uint8Array.from(
    { length: SIDE * SIDE },
    (_, at) => grains[Math.floor(at / SIDE / 4) * across + Math.floor((at % SIDE) / 4)] as number,
  );
}

export const png = (pixels: Uint8Array, width = SIDE): Promise<Buffer> =>
  sharp(pixels, { raw: { width, height: pixels.length / width, channels: 1 } })
    .toColourspace('b-w')
    .png()
    .toBuffer();

export const square = (side: number, value = 255): Uint8Array =>
  Uint8Array.from({ length: SIDE * SIDE }, (_, at) =>
    at % SIDE < side && Math.floor(at / SIDE) < side ? value : 0,
  );

export interface Folder {
  readonly root: string;
  put(path: string, content: Uint8Array | string): Promise<void>;
  remove(): Promise<void>;
}

export async function folder(): Promise<Folder> {
  const root = await mkdtemp(join(tmpdir(), 'adfw-planted-'));
  return {
    root,
    async put(path, content) {
      await mkdir(dirname(join(root, path)), { recursive: true });
      await writeFile(join(root, path), content);
    },
    remove: () => rm(root, { recursive: true, force: true }),
  };
}

/** Images without a fault: eight to train on, two of each kind to test with. */
export async function soundFolder(): Promise<Folder & { readonly first: Uint8Array }> {
  const made = await folder();
  const first = texture();
  await made.put('train/good/0.png', await png(first));
  for (let index = 1; index < 8; index++) await made.put(`train/good/${index}.png`, await png(texture()));
  for (let index = 0; index < 2; index++) {
    await made.put(`test/good/${index}.png`, await png(texture()));
    await made.put(`test/hole/${index}.png`, await png(texture()));
    await made.put(`ground_truth/hole/${index}_mask.png`, await png(square(10 + index)));
  }
  return { ...made, first };
}

export async function plantedFolder(): Promise<Folder> {
  const { root, put, remove, first } = await soundFolder();
  const whole = await png(texture());
  await put('train/good/cut.png', whole.subarray(0, whole.length / 2));
  await put('train/good/empty.png', '');
  await put('train/good/text.png', 'no image');
  await put('train/good/notes.psd', 'no image');
  const deep = Uint16Array.from({ length: SIDE * SIDE }, () => Math.floor(60_000 * random()));
  await put(
    'train/good/deep.png',
    await sharp(deep, { raw: { width: SIDE, height: SIDE, channels: 1 } })
      .toColourspace('grey16')
      .png()
      .toBuffer(),
  );
  await copyFile(join(root, 'train/good/1.png'), join(root, 'train/good/one-again.png'));
  const copy = sharp(first, { raw: { width: SIDE, height: SIDE, channels: 1 } })
    .resize(40, 44, { fit: 'fill', kernel: 'lanczos3' })
    .linear(1.05, 3)
    .toColourspace('b-w')
    .jpeg({ quality: 90 });
  await put('test/good/brighter.jpg', await copy.toBuffer());
  await put('ground_truth/good/1_mask.png', await png(square(6)));
  for (const name of ['wide', 'blank', 'bare', 'broken', 'full'])
    await put(`test/hole/${name}.png`, await png(texture()));
  await put('ground_truth/hole/wide_mask.png', await png(square(10), 2 * SIDE));
  await put('ground_truth/hole/blank_mask.png', await png(square(0)));
  await put('ground_truth/hole/broken_mask.png', 'no image');
  await put('ground_truth/hole/full_mask.png', await png(square(SIDE)));
  await put('ground_truth/hole/stray_mask.png', await png(square(8)));
  return { root, put, remove };
}
