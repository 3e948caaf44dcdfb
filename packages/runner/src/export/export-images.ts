/** The images that an exported model is compared on. */
import { ConfigurationError, DataError, type Dataset, type Sample } from '@adfw/core';
import { createSampleDataset } from '@adfw/datasets-sample';
import type { LoadedModel } from '../model/model-folder.js';
import type { ComparisonImage } from './export-comparison.js';

const COUNT = 5;

export interface ComparisonImages {
  images: ComparisonImage[];
  /** Why they are generated ones; null where they are the run's. */
  generatedBecause: string | null;
}

/** A few images of the run's dataset, of the whole range of its tests; where they are gone, generated ones. */
export async function comparisonImages({ composition, manifest }: LoadedModel): Promise<ComparisonImages> {
  const { height, width } = manifest.imageSize;
  try {
    const dataset = await composition.dataset();
    const images = await readSome(dataset, dataset.test.length > 0 ? dataset.test : dataset.train);
    const other = images.find(({ image }) => image.height !== height || image.width !== width);
    if (other === undefined) return { images, generatedBecause: null };
    return { images: await generate(height, width), generatedBecause: `${other.name} has another size now` };
  } catch (error) {
    if (!(error instanceof ConfigurationError || error instanceof DataError)) throw error;
    return { images: await generate(height, width), generatedBecause: error.message };
  }
}

async function readSome(dataset: Dataset, samples: readonly Sample[]): Promise<ComparisonImage[]> {
  const count = Math.min(COUNT, samples.length);
  const spread = Array.from(
    { length: count },
    (_, i) => samples[Math.round((i * (samples.length - 1)) / Math.max(1, count - 1))] as Sample,
  );
  return Promise.all(spread.map(async (sample) => ({ name: sample.id, image: await dataset.image(sample) })));
}

/** Pictures of fabric, some with defects, cut to size. */
async function generate(height: number, width: number): Promise<ComparisonImage[]> {
  const imageSize = Math.max(height, width);
  const counts = { train: 1, testNominal: 3, testDefective: 6 };
  const dataset = createSampleDataset({ category: 'fabric', imageSize, ...counts, seed: 0 });
  const squares = await readSome(dataset, dataset.test);
  return squares.map(({ name, image }) => {
    const data = new Uint8Array(height * width * 3);
    for (let y = 0; y < height; y++)
      data.set(image.data.subarray(y * imageSize * 3, (y * imageSize + width) * 3), y * width * 3);
    return { name: `the generated image ${name}`, image: { height, width, data } };
  });
}
