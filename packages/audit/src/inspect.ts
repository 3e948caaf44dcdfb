/** One image of a dataset, and its masks: what their files are, and what is wrong with them. */
import {
  DataError,
  type Dataset,
  type Mask,
  type RgbImage,
  type Sample,
  type Size,
  type UnlabelledSample,
} from '@adfw/core';
import {
  checksum,
  type ImageHeader,
  imageHeader,
  readBytes,
  readMask,
  badImageRemedy as remedy,
} from '@adfw/images';
import type { Unreadable } from './audit-report.js';

/** As it is found: the split is known to who asked. */
export type FileFault = Omit<Unreadable, 'split'>;

export type AnySample = Sample | UnlabelledSample;

export interface InspectedImage {
  readonly sample: AnySample;
  /** null where it cannot be read. */
  readonly image: RgbImage | null;
  /** What reading it has shown. */
  readonly seen: Pick<RgbImage, 'remarks' | 'range'>;
  /** null where it is no file, or cannot be read. */
  readonly header: ImageHeader | null;
  readonly bytes: number;
  /** SHA-256; null as the header is. */
  readonly checksum: string | null;
  readonly faults: readonly FileFault[];
  readonly masks: InspectedMasks | null;
}

export interface InspectedMasks {
  readonly files: readonly string[];
  /** Of the image that is marked; null where none of the masks can be read. */
  readonly share: number | null;
  readonly remarks: readonly string[];
  readonly otherSize: readonly { readonly file: string; readonly fault: string }[];
  readonly faults: readonly FileFault[];
}

/**
 * Reads a sample to the end.
 * @param size what the image is resized to.
 */
export async function inspect(dataset: Dataset, sample: AnySample, size: Size): Promise<InspectedImage> {
  const { id } = sample;
  const files = dataset.files?.(sample);
  const page = dataset.reading?.page ?? null;
  let header: ImageHeader | null = null;
  let image: RgbImage | null = null;
  let [bytes, sum]: [number, string | null] = [0, null];
  const faults: FileFault[] = [];
  try {
    if (files) {
      const content = await readBytes(files.image);
      bytes = content.length;
      sum = checksum(content);
      header = await imageHeader(content, files.image, { page });
    }
    image = await dataset.image(sample, size);
  } catch (error) {
    faults.push({ id, what: 'image', file: files?.image ?? null, fault: faultOf(error) });
  }
  const masks = files
    ? await inspectMasks({ id, image: files.image, masks: files.masks, header, page, size })
    : await inspectGivenMask(dataset, sample, size);
  const { remarks, range } = image ?? {};
  const seen = { ...(remarks && { remarks }), ...(range && { range }) };
  return { sample, image, seen, header, bytes, checksum: sum, faults, masks };
}

interface MaskRequest {
  readonly id: string;
  readonly image: string;
  readonly masks: readonly string[];
  readonly header: ImageHeader | null;
  readonly page: number | null;
  readonly size: Size;
}

async function inspectMasks(request: MaskRequest): Promise<InspectedMasks | null> {
  const { id, image, masks: files, header, page, size } = request;
  if (files.length === 0) return null;
  const otherSize: { file: string; fault: string }[] = [];
  const faults: FileFault[] = [];
  const read: Mask[] = [];
  for (const file of files)
    try {
      // Without its header an image cannot be compared with: what is wrong with it is said of it.
      read.push(await readMask(file, size, header === null ? undefined : image, page));
    } catch (error) {
      const fault = faultOf(error);
      if (await isOfOtherSize(file, header, page)) otherSize.push({ file, fault });
      else faults.push({ id, what: 'mask', file, fault });
    }
  const remarks = [...new Set(read.flatMap(({ remarks = [] }) => remarks))];
  return { files, share: shareOf(read), remarks, otherSize, faults };
}

/** Of a dataset whose images are no files. */
async function inspectGivenMask(
  dataset: Dataset,
  sample: AnySample,
  size: Size,
): Promise<InspectedMasks | null> {
  if (sample.label !== 1) return null;
  try {
    const mask = await dataset.mask(sample, size);
    if (mask === null) return null;
    return { files: [], share: shareOf([mask]), remarks: mask.remarks ?? [], otherSize: [], faults: [] };
  } catch (error) {
    const fault: FileFault = { id: sample.id, what: 'mask', file: null, fault: faultOf(error) };
    return { files: [], share: null, remarks: [], otherSize: [], faults: [fault] };
  }
}

/** Whether a mask is an image, and nothing is wrong with it but that. */
async function isOfOtherSize(
  file: string,
  header: ImageHeader | null,
  page: number | null,
): Promise<boolean> {
  if (header === null) return false;
  try {
    const choice = { page, onlyPageServes: true };
    const { size } = await imageHeader(await readBytes(file), file, choice);
    return size.height !== header.size.height || size.width !== header.size.width;
  } catch (error) {
    if (error instanceof DataError) return false;
    throw error;
  }
}

/** Of what any of the masks marks. */
function shareOf(masks: readonly Mask[]): number | null {
  const [first] = masks;
  if (!first) return null;
  let marked = 0;
  for (let pixel = 0; pixel < first.data.length; pixel++)
    if (masks.some(({ data }) => data[pixel] === 1)) marked += 1;
  return marked / first.data.length;
}

/** @throws what is no fault of a file. */
function faultOf(error: unknown): string {
  if (error instanceof DataError) return error.message.replace(remedy, '');
  throw error;
}
