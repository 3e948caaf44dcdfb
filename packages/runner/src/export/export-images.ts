/** The images that an exported model is compared on. */
import { ConfigurationError, DataError, type Dataset, type Frame, type Sample } from '@adfw/core';
import { createSampleDataset } from '@adfw/datasets-sample';
import type { LoadedModel } from '../model/model-folder.js';
import type { ComparisonImage } from './export-comparison.js';

const COUNT = 5;
/** All are run at once, too: of large images two. */
const MOST_PIXELS = 8e6;

export interface ComparisonImages {
  images: ComparisonImage[];
  /** Why they are generated ones; null where they are the run's. */
  generatedBecause: string | null;
}

/** A few images of the run's dataset, of the whole range of its tests; where they are gone, generated ones. */
export async function comparisonImages({ composition, manifest }: LoadedModel): Promise<ComparisonImages> {
  const size = manifest.imageSize;
  try {
    const dataset = await composition.dataset();
    const samples = dataset.test.length > 0 ? dataset.test : dataset.train;
    return { images: await readSome(dataset, samples, size), generatedBecause: null };
  } catch (error) {
    if (!(error instanceof ConfigurationError || error instanceof DataError)) throw error;
    return { images: await generate(size), generatedBecause: error.message };
  }
}

async function readSome(
  dataset: Dataset,
  samples: readonly Sample[],
  size: Frame,
): Promise<ComparisonImage[]> {
  const inMemory = Math.max(2, Math.floor(MOST_PIXELS / (size.height * size.width)));
  const count = Math.min(COUNT, inMemory, samples.length);
  const spread = Array.from(
    { length: count },
    (_, i) => samples[Math.round((i * (samples.length - 1)) / Math.max(1, count - 1))] as Sample,
  );
  return Promise.all(
    spread.map(async (sample) => ({ name: sample.id, image: await dataset.image(sample, size) })),
  );
}

/** Pictures of fabric, some with defects. */
async function generate(size: Frame): Promise<ComparisonImage[]> {
  const counts = { train: 1, testNominal: 3, testDefective: 6 };
  const dataset = createSampleDataset({ category: 'fabric', ...counts, seed: 0 });
  const images = await readSome(dataset, dataset.test, size);
  return images.map(({ name, image }) => ({ name: `the generated image ${name}`, image }));
}
