/**
 * A dataset whose images and masks are files. The layouts (`mvtec`, `folder`) say which files are which; reading, checking
 * and leaving out bad ones is here.
 */
import {
  DataError,
  type Dataset,
  type ImageReading,
  type JsonSchema,
  type Mask,
  type PartContext,
  type Sample,
  type Size,
  type UnlabelledSample,
} from '@adfw/core';
import {
  checkReading,
  checksum,
  countLeftOut,
  DECODED_AT_ONCE,
  decodeImage,
  describeLeftOut,
  fileChecksum,
  readBytes,
  readImage,
  readInThread,
  readMask,
  badImageRemedy as remedy,
  type SaturationOf,
} from '@adfw/images';

/** A sample and where its pixels are. */
export interface ImageFile extends Sample, Files {}
/** The same of a sample without a label. */
export interface UnlabelledFile extends UnlabelledSample, Files {}

interface Files {
  readonly path: string;
  /** The files of its masks, each of a defect or of several; empty where a defective image has none, absent for others. */
  readonly maskPaths?: readonly string[];
  /** Of a nominal image: files that are called as its masks are, and are not read. */
  readonly unreadMasks?: readonly string[];
}

/** The files of a dataset, as a layout found them. */
export interface DatasetFiles {
  readonly name: string;
  readonly category: string | null;
  readonly train: readonly ImageFile[];
  /** A validation split of its own. */
  readonly validation?: readonly ImageFile[];
  readonly test: readonly ImageFile[];
  readonly unlabelled?: readonly UnlabelledFile[];
  /** Whether its masks are of single defects, several an image. */
  readonly masksOfDefects?: boolean;
  /** From how many pixels on such a defect counts as found; null or left out where the dataset does not say. */
  readonly saturationOf?: SaturationOf | null;
  /** The folder that masks were looked for in; null where there is none. */
  readonly maskFolder: string | null;
  /** Files of masks that are of none of the images. */
  readonly strayMasks?: readonly string[];
  /** Files in its folders that are no images. */
  readonly leftOut: readonly string[];
}

/** The options that every layout has. */
export interface FileDatasetOptions extends Partial<ImageReading> {
  readonly skipBadImages: boolean;
}

/** The schemas of {@link FileDatasetOptions}. */
export const fileDatasetOptions = {
  page: {
    type: ['integer', 'null'],
    minimum: 0,
    default: null,
    description:
      'Which page or frame is taken of files with several, counted from 0; null where files have but one, and others are errors.',
  },
  levels: {
    type: ['array', 'null'],
    items: { type: 'integer', minimum: 0, maximum: 65535 },
    minItems: 2,
    maxItems: 2,
    default: null,
    description:
      'The sample values that are black and white in files of 16 bits: [0, 4095] for a camera of 12; null for the whole range.',
  },
  skipBadImages: {
    type: 'boolean',
    default: false,
    description:
      'Leave out, and count, images that cannot be read or whose mask cannot; all are checked first. Otherwise they are errors.',
  },
} as const satisfies Record<string, JsonSchema>;

/**
 * @throws ConfigurationError when the level of white is not above that of black ({@link checkReading}).
 * @throws DataError when `skipBadImages` leaves no training image.
 */
export async function fileDataset(
  files: DatasetFiles,
  { skipBadImages, page = null, levels = null }: FileDatasetOptions,
  context: PartContext,
): Promise<Dataset> {
  const reading = { page, levels };
  checkReading(reading);
  const leftOut = countLeftOut(files.leftOut);
  if (leftOut.count > 0) context.report?.(`Left out: ${describeLeftOut(leftOut)}.`);
  const { validation = [], unlabelled = [] } = files;
  const all = [...files.train, ...validation, ...files.test, ...unlabelled];
  const faults = skipBadImages
    ? await findFaults(all, reading, context)
    : new Map<ImageFile | UnlabelledFile, string>();
  const isReadable = (file: ImageFile | UnlabelledFile): boolean => !faults.has(file);
  const train = files.train.filter(isReadable);
  const test = files.test.filter(isReadable);
  for (const fault of faults.values()) context.report?.(`Left out: ${fault}`);
  if (train.length === 0)
    throw new DataError(
      `None of the ${files.train.length} training images of ${files.name} can be read; the first: ${faults.get(files.train[0] as ImageFile)}`,
    );
  if (files.maskFolder !== null) reportMissingMasks(test, files.maskFolder, context);
  const byId = new Map(all.filter(isReadable).map((file) => [file.id, file]));
  const find = (sample: Pick<Sample, 'id'>): ImageFile | UnlabelledFile => {
    const file = byId.get(sample.id);
    if (!file) throw new DataError(`The dataset ${files.name} has no sample ${sample.id}.`);
    return file;
  };
  const masksOf = async (sample: Sample, size: Size): Promise<Mask[]> => {
    const { path, maskPaths = [] } = find(sample);
    const masks: Mask[] = [];
    for (const maskPath of maskPaths)
      masks.push(await readMask(maskPath, size, path, page, files.saturationOf ?? undefined));
    return masks;
  };
  /** Who asks for an image again has not kept it, and is at work with others. */
  const wasRead = new Set<string>();
  return {
    name: files.name,
    category: files.category,
    train: train.map(toSample),
    ...(validation.length > 0 && { validation: validation.filter(isReadable).map(toSample) }),
    test: test.map(toSample),
    ...(unlabelled.length > 0 && { unlabelled: unlabelled.filter(isReadable).map(toSample) }),
    skipped: faults.size,
    leftOut,
    reading,
    image: async (sample, size) => {
      const { path } = find(sample);
      if (wasRead.has(path)) return readInThread(path, size, { reading });
      wasRead.add(path);
      return readImage(path, size, { reading });
    },
    mask: async (sample, size) => {
      if (find(sample).label === 0) return { ...size, data: new Uint8Array(size.height * size.width) };
      return unionOf(await masksOf(sample, size));
    },
    ...(files.masksOfDefects && { masks: masksOf }),
    ...(files.strayMasks && { strayMasks: files.strayMasks }),
    files: (sample) => {
      const { path, maskPaths, unreadMasks = [] } = find(sample);
      return { image: path, masks: maskPaths ?? unreadMasks };
    },
    checksums: async (sample) => {
      const { path, maskPaths = [] } = find(sample);
      const masks: string[] = [];
      for (const maskPath of maskPaths) masks.push(await fileChecksum(maskPath));
      const [only = null, ...others] = masks;
      return {
        image: await fileChecksum(path),
        mask: others.length === 0 ? only : checksum(Buffer.from(masks.join(''))),
      };
    },
  };
}

function toSample<T extends ImageFile | UnlabelledFile>({
  path: _,
  maskPaths: __,
  unreadMasks: ___,
  ...sample
}: T) {
  return sample;
}

/** What any of the masks marks, with all that is unusual about them; null where there are none. */
function unionOf([first, ...others]: readonly Mask[]): Mask | null {
  if (first === undefined || others.length === 0) return first ?? null;
  const data = Uint8Array.from(first.data);
  for (const other of others)
    for (let pixel = 0; pixel < data.length; pixel++)
      data[pixel] = (data[pixel] as number) | (other.data[pixel] as number);
  const remarks = [...new Set([first, ...others].flatMap(({ remarks = [] }) => remarks))];
  return { height: first.height, width: first.width, data, ...(remarks.length > 0 && { remarks }) };
}

/** What masks that are only checked are resized to. */
const CHECKED_SIZE: Size = { height: 32, width: 32 };

/** What is wrong with each file that, or whose mask, cannot be read to the end. */
async function findFaults(
  files: readonly (ImageFile | UnlabelledFile)[],
  reading: ImageReading,
  { signal }: PartContext,
): Promise<Map<ImageFile | UnlabelledFile, string>> {
  const faults = new Map<ImageFile | UnlabelledFile, string>();
  for (let start = 0; start < files.length; start += DECODED_AT_ONCE) {
    signal?.throwIfAborted();
    const checked = files.slice(start, start + DECODED_AT_ONCE);
    const found = await Promise.all(checked.map((file) => faultOf(file, reading)));
    checked.forEach((file, index) => {
      const fault = found[index];
      if (fault !== undefined) faults.set(file, fault);
    });
  }
  return faults;
}

async function faultOf({ path, maskPaths = [] }: Files, { page }: ImageReading): Promise<string | undefined> {
  try {
    await decodeImage(await readBytes(path), path, { page });
    for (const maskPath of maskPaths) await readMask(maskPath, CHECKED_SIZE, path, page);
    return undefined;
  } catch (error) {
    if (error instanceof DataError) return error.message.replace(remedy, '');
    throw error;
  }
}

/** Some masks without the others are more often a wrong name than meant. */
function reportMissingMasks(test: readonly ImageFile[], maskFolder: string, { report }: PartContext): void {
  const defective = test.filter(({ label }) => label === 1);
  const missing = defective.filter(({ maskPaths = [] }) => maskPaths.length === 0);
  if (missing.length > 0)
    report?.(
      `${missing.length} of the ${defective.length} defective test images have no mask in ${maskFolder}, the first is ${missing[0]?.id}.`,
    );
}
