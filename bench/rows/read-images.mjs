// Reading photographs and resizing them for a network; Pillow does it with one thread, as a data loader's worker does.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readImage } from '@adfw/images';
import { picture } from '../picture.mjs';

const [count, from, size] = [16, 900, 224];

const row = (format) => ({
  name: `read-images/${format}`,
  what: `${count} files of ${from}x${from} to ${size}x${size}`,
  async prepare() {
    const folder = await mkdtemp(join(tmpdir(), 'adfw-bench-'));
    const files = Array.from({ length: count }, (_, i) => join(folder, `${i}.${format}`));
    await Promise.all(files.map((file, i) => picture(i, from).toFormat(format).toFile(file)));
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

export const rows = [row('png'), row('jpeg')];
