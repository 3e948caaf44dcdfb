/** The pictures of a data set's page, read anew: none is kept while it is looked at. */
import {
  DataError,
  type Dataset,
  nominalSamples,
  type RgbImage,
  type Sample,
  type Size,
  scoredSamples,
  type UnlabelledSample,
} from '@adfw/core';
import { imageHeader, readBytes, readMask } from '@adfw/images';
import sharp from 'sharp';
import { type DataPicture, type DataSection, imageKey } from './data-document.js';

/** The longest side of a picture, in pixels. */
const SIDE = 320;
/** Of images whose size is not known. */
const UNKNOWN: Size = { height: 256, width: 256 };
const WEBP = { quality: 82, effort: 3 };

interface DrawOptions {
  readonly onProgress?: ((done: number, total: number) => void) | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Of all images and masks that sections show; what cannot be read has none.
 * @throws the signal's reason when it is aborted.
 */
export async function drawPictures(
  sections: readonly DataSection[],
  dataset: Dataset,
  { onProgress, signal }: DrawOptions,
): Promise<Record<string, DataPicture>> {
  const samples = new Map(
    [...nominalSamples(dataset), ...scoredSamples(dataset)].map((sample) => [imageKey(sample.id), sample]),
  );
  const shown = sections.flatMap(({ cards }) => cards.flatMap(({ pictures }) => pictures));
  const files = new Map(shown.map(({ key, name }) => [key, name]));
  const drawn: Record<string, DataPicture> = {};
  let done = 0;
  for (const [key, name] of files) {
    signal?.throwIfAborted();
    const sample = samples.get(key);
    const picture = await (sample
      ? ofImage(dataset, sample)
      : ofMask(name, dataset.reading?.page ?? null)
    ).catch((error: unknown) => {
      if (error instanceof DataError) return null;
      throw error;
    });
    if (picture) drawn[key] = picture;
    onProgress?.(++done, files.size);
  }
  return drawn;
}

async function ofImage(dataset: Dataset, sample: Sample | UnlabelledSample): Promise<DataPicture> {
  const path = dataset.files?.(sample).image;
  const size =
    path === undefined
      ? UNKNOWN
      : fitted(
          (await imageHeader(await readBytes(path), path, { page: dataset.reading?.page ?? null })).size,
        );
  const { data }: RgbImage = await dataset.image(sample, size);
  return encoded(data, size, 3);
}

async function ofMask(path: string, page: number | null): Promise<DataPicture> {
  const header = await imageHeader(await readBytes(path), path, { page, onlyPageServes: true });
  const size = fitted(header.size);
  const { data } = await readMask(path, size, undefined, page);
  return encoded(
    data.map((marked) => 255 * marked),
    size,
    1,
  );
}

async function encoded(data: Uint8Array, size: Size, channels: 1 | 3): Promise<DataPicture> {
  const bytes = await sharp(data, { raw: { ...size, channels } })
    .webp(WEBP)
    .toBuffer();
  return { width: size.width, height: size.height, data: bytes.toString('base64') };
}

function fitted({ height, width }: Size): Size {
  const scale = Math.min(1, SIDE / Math.max(height, width));
  return { height: Math.max(1, Math.round(height * scale)), width: Math.max(1, Math.round(width * scale)) };
}
