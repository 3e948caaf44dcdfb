/**
 * A dataset whose images and masks are files. The layouts (`mvtec`, `folder`) say which files are which; reading, checking
 * and leaving out bad ones is here.
 */
import {
  DataError,
  type Dataset,
  type ImageReading,
  type JsonSchema,
  type PartContext,
  type Sample,
  type Size,
} from '@adfw/core';
import {
  checkReading,
  countLeftOut,
  decodeImage,
  describeLeftOut,
  fileChecksum,
  readBytes,
  readImage,
  readMask,
  badImageRemedy as remedy,
} from '@adfw/images';

/** A sample and where its pixels are. */
export interface ImageFile extends Sample {
  readonly path: string;
  /** The file of its mask; null where a defective image has none. Absent for nominal images, which need none. */
  readonly maskPath?: string | null;
}

/** The files of a dataset, as a layout found them. */
export interface DatasetFiles {
  readonly name: string;
  readonly category: string | null;
  readonly train: readonly ImageFile[];
  readonly test: readonly ImageFile[];
  /** The folder that masks were looked for in; null where there is none. */
  readonly maskFolder: string | null;
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
  const faults = skipBadImages
    ? await findFaults([...files.train, ...files.test], reading, context)
    : new Map<ImageFile, string>();
  const isReadable = (file: ImageFile): boolean => !faults.has(file);
  const train = files.train.filter(isReadable);
  const test = files.test.filter(isReadable);
  for (const fault of faults.values()) context.report?.(`Left out: ${fault}`);
  if (train.length === 0)
    throw new DataError(
      `None of the ${files.train.length} training images of ${files.name} can be read; the first: ${faults.get(files.train[0] as ImageFile)}`,
    );
  if (files.maskFolder !== null) reportMissingMasks(test, files.maskFolder, context);
  const byId = new Map([...train, ...test].map((file) => [file.id, file]));
  const find = (sample: Sample): ImageFile => {
    const file = byId.get(sample.id);
    if (!file) throw new DataError(`The dataset ${files.name} has no sample ${sample.id}.`);
    return file;
  };
  return {
    name: files.name,
    category: files.category,
    train: train.map(toSample),
    test: test.map(toSample),
    skipped: faults.size,
    leftOut,
    reading,
    image: async (sample, size) => readImage(find(sample).path, size, { reading }),
    mask: async (sample, size) => {
      const { label, path, maskPath } = find(sample);
      if (label === 0) return { ...size, data: new Uint8Array(size.height * size.width) };
      return maskPath == null ? null : readMask(maskPath, size, path, page);
    },
    checksums: async (sample) => {
      const { path, maskPath } = find(sample);
      return {
        image: await fileChecksum(path),
        mask: maskPath == null ? null : await fileChecksum(maskPath),
      };
    },
  };
}

const toSample = ({ id, label, defect }: ImageFile): Sample => ({ id, label, defect });

/** What masks that are only checked are resized to. */
const CHECKED_SIZE: Size = { height: 32, width: 32 };

/** How many images are decoded at once while they are checked; libuv has four threads. */
const CHECKED_AT_ONCE = 4;

/** What is wrong with each file that, or whose mask, cannot be read to the end. */
async function findFaults(
  files: readonly ImageFile[],
  reading: ImageReading,
  { signal }: PartContext,
): Promise<Map<ImageFile, string>> {
  const faults = new Map<ImageFile, string>();
  for (let start = 0; start < files.length; start += CHECKED_AT_ONCE) {
    signal?.throwIfAborted();
    const checked = files.slice(start, start + CHECKED_AT_ONCE);
    const found = await Promise.all(checked.map((file) => faultOf(file, reading)));
    checked.forEach((file, index) => {
      const fault = found[index];
      if (fault !== undefined) faults.set(file, fault);
    });
  }
  return faults;
}

async function faultOf({ path, maskPath }: ImageFile, { page }: ImageReading): Promise<string | undefined> {
  try {
    await decodeImage(await readBytes(path), path, { page });
    if (maskPath != null) await readMask(maskPath, CHECKED_SIZE, path, page);
    return undefined;
  } catch (error) {
    if (error instanceof DataError) return error.message.replace(remedy, '');
    throw error;
  }
}

/** Some masks without the others are more often a wrong name than meant. */
function reportMissingMasks(test: readonly ImageFile[], maskFolder: string, { report }: PartContext): void {
  const defective = test.filter(({ label }) => label === 1);
  const missing = defective.filter(({ maskPath }) => maskPath === null);
  if (missing.length > 0)
    report?.(
      `${missing.length} of the ${defective.length} defective test images have no mask in ${maskFolder}, the first is ${missing[0]?.id}.`,
    );
}
