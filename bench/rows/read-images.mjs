// Reading photographs and resizing them for a network; Pillow does it with one thread, as a data loader's worker does.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readImage } from '@adfw/images';
import sharp from 'sharp';

const [count, from, size] = [16, 900, 224];

const row = (format) => ({
  name: `read-images/${format}`,
  what: `${count} files of ${from}x${from} to ${size}x${size}`,
  async prepare() {
    const folder = await mkdtemp(join(tmpdir(), 'adfw-bench-'));
    const files = Array.from({ length: count }, (_, i) => join(folder, `${i}.${format}`));
    await Promise.all(files.map((file, i) => picture(i).toFormat(format).toFile(file)));
    return { files, remove: () => rm(folder, { recursive: true }) };
  },
  peer: { task: 'read-images', size },
  async measure(turn, { files }) {
    let ms;
    do {
      const start = performance.now();
      await Promise.all(files.map((file) => readImage(file, { width: size, height: size })));
      ms = performance.now() - start;
    } while (await turn(ms));
    return null;
  },
});

/** Something between noise and a plane, as a photograph of a part is. */
function picture(seed) {
  const small = Uint8Array.from({ length: 90 * 90 * 3 }, (_, i) => 96 + (((i + seed) * 2654435761) >>> 26));
  const raw = { width: 90, height: 90, channels: 3 };
  return sharp(small, { raw }).resize(from, from, { kernel: 'cubic' });
}

export const rows = [row('png'), row('jpeg')];
