/** The images that a training of a teacher learns from: files in folders, generated ones, or both. */
import { basename } from 'node:path';
import {
  DataError,
  type DataFingerprint,
  type LeftOut,
  type MemoryBudget,
  type SampleFingerprint,
} from '@adfw/core';
import {
  badImageRemedy,
  countLeftOut,
  describeLeftOut,
  fileChecksum,
  listImages,
  readImage,
  readInThread,
  type Size,
} from '@adfw/images';
import {
  GENERATED,
  generatedImages,
  joinedImages,
  keptImages,
  type PretrainingImages,
  type PretrainingOptions,
} from '@adfw/pretraining';
import { remarkWarnings, type SeenImage } from '../data/image-warnings.js';
import { fewAtATime } from '../files/few-at-a-time.js';

/** Where images came from, and how many. */
export interface ImageOrigin {
  /** `generated`, or the folder's name. */
  readonly name: string;
  readonly count: number;
  /** Files left out because they could not be read. */
  readonly skipped: number;
  /** Files that are no images; absent where there is no folder. */
  readonly leftOut?: LeftOut;
}

export interface LoadedImages {
  readonly images: PretrainingImages;
  readonly origins: readonly ImageOrigin[];
  /** The files among them, by their paths. */
  readonly fingerprint: DataFingerprint;
}

export interface LoadImagesContext {
  readonly budget: MemoryBudget;
  readonly onProgress?: (done: number, total: number) => void;
  readonly onSkipped?: (message: string) => void;
  readonly signal?: AbortSignal;
}

/**
 * Finds the images, and reads each file once: one that is damaged shows before training, and what fits into the budget is kept.
 * @throws ConfigurationError for a folder that is not there or holds no image; DataError for an image that cannot be read, or
 *   where none of a folder can.
 */
export async function loadPretrainingImages(
  { images, generatedImages: count, imageSize, seed, skipBadImages }: PretrainingOptions,
  { budget, onProgress, onSkipped, signal }: LoadImagesContext,
): Promise<LoadedImages> {
  const folders = images.filter((source) => source !== GENERATED);
  const found = await Promise.all(folders.map(async (folder) => ({ folder, ...(await listImages(folder)) })));
  const total = found.reduce((sum, { images }) => sum + images.length, 0);
  let done = 0;
  const lists: PretrainingImages[] = [];
  const origins: ImageOrigin[] = [];
  const files: SampleFingerprint[] = [];
  const seen: SeenImage[] = [];
  for (const { folder, images: paths, leftOut } of found) {
    if (leftOut.length > 0) onSkipped?.(`Left out: ${describeLeftOut(countLeftOut(leftOut))}.`);
    const all = keptImages(fileImages(paths, imageSize), budget);
    const readable: number[] = [];
    const read = await fewAtATime(
      [...paths.entries()],
      async ([index, path]) => {
        try {
          const { remarks } = await all.image(index);
          return { path, remarks, image: await fileChecksum(path) };
        } catch (error) {
          if (!(error instanceof DataError)) throw error;
          return error;
        }
      },
      { onProgress: (more) => onProgress?.(done + more, total), ...(signal && { signal }) },
    );
    for (const [index, result] of read.entries()) {
      if (result instanceof DataError) {
        if (!skipBadImages) throw result;
        onSkipped?.(`Left out: ${result.message.replace(badImageRemedy, '')}`);
        continue;
      }
      const { path, remarks, image } = result;
      seen.push({ name: path, ...(remarks && { remarks }) });
      files.push({ id: path, label: 0, image, mask: null });
      readable.push(index);
    }
    done += paths.length;
    if (readable.length === 0)
      throw new DataError(`None of the ${paths.length} images in ${folder} can be read.`);
    lists.push({ length: readable.length, image: (index) => all.image(readable[index] as number) });
    origins.push({
      name: basename(folder),
      count: readable.length,
      skipped: paths.length - readable.length,
      leftOut: countLeftOut(leftOut),
    });
  }
  for (const warning of remarkWarnings(seen)) onSkipped?.(warning);
  if (images.includes(GENERATED)) {
    lists.push(keptImages(generatedImages({ count, size: imageSize, seed }), budget));
    origins.push({ name: GENERATED, count, skipped: 0 });
  }
  return { images: joinedImages(lists), origins, fingerprint: { train: files, test: [] } };
}

/** Image files, resized so that the shorter side has `side` pixels. Who asks for one again has not kept it, and is at work with others. */
function fileImages(paths: readonly string[], side: number): PretrainingImages {
  const sizes = new Map<number, Size>();
  return {
    length: paths.length,
    async image(index) {
      const path = paths[index] as string;
      const size = sizes.get(index);
      if (size) return readInThread(path, size);
      const image = await readImage(path, shorterSide(side));
      sizes.set(index, { height: image.height, width: image.width });
      return image;
    },
  };
}

const shorterSide =
  (side: number) =>
  ({ height, width }: Size): Size => {
    const scale = side / Math.min(height, width);
    return { height: Math.round(height * scale), width: Math.round(width * scale) };
  };
