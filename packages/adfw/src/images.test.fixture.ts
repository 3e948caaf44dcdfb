/** Images of the built-in sample as files, for tests. */
import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { createSampleDataset } from '@adfw/datasets-sample';
import sharp from 'sharp';

export interface SampleFiles {
  /** Images to fit on. */
  readonly train: string[];
  /** Images to score, the defective ones first. */
  readonly test: string[];
}

/** Writes a small sample in the layout of MVTec AD, as PNG files of `imageSize`. */
export async function writeSample(folder: string, imageSize: number, train: number): Promise<SampleFiles> {
  const counts = { train, testNominal: 2, testDefective: 2 };
  const dataset = createSampleDataset({ category: 'fabric', ...counts, seed: 0 });
  const write = async (sample: (typeof dataset.train)[number]) => {
    const file = join(folder, `${sample.id}.png`);
    const { data, width, height } = await dataset.image(sample, { height: imageSize, width: imageSize });
    await mkdir(dirname(file), { recursive: true });
    await writeFile(
      file,
      await sharp(data, { raw: { width, height, channels: 3 } })
        .png()
        .toBuffer(),
    );
    return file;
  };
  return {
    train: await Promise.all(dataset.train.map(write)),
    test: await Promise.all(dataset.test.map(write)),
  };
}
