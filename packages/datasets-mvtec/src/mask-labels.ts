/** Datasets whose masks say which of their images are defective. */
import { DataError, type PartContext } from '@adfw/core';
import { DECODED_AT_ONCE, readMask } from '@adfw/images';
import type { FileDatasetOptions, ImageFile } from './file-dataset.js';
import { nominalOf } from './listed-dataset.js';

/** An image, and what is drawn on its mask decides what it is. */
export interface MaskedFile {
  readonly id: string;
  readonly path: string;
  /** null for an image that is nominal without being drawn on. */
  readonly maskPath: string | null;
  readonly split: 'train' | 'test';
  readonly group?: string;
  readonly view?: string;
}

export interface MaskedOptions extends FileDatasetOptions {
  readonly trainDefective: 'drop' | 'test';
}

export const trainDefectiveOption = {
  enum: ['drop', 'test'],
  default: 'drop',
  description: 'What becomes of defective images among those to train on: they are left out, or tested with.',
} as const;

/** Of a mask only whether anything is marked is looked at, and no defect vanishes when it is resized. */
const LOOKED_AT = { height: 32, width: 32 };

/**
 * Tells nominal images from defective ones: these have a mask that is not all zero.
 * @param isMarked what decides instead of a look at the mask.
 * @throws DataError that names a mask that cannot be read, unless bad images are left out.
 */
export async function labelledByMasks(
  files: readonly MaskedFile[],
  { skipBadImages, trainDefective, page = null }: MaskedOptions,
  context: PartContext,
  isMarked?: (file: MaskedFile) => boolean,
): Promise<{ train: ImageFile[]; test: ImageFile[] }> {
  const look = async ({ maskPath }: MaskedFile): Promise<boolean> => {
    if (maskPath === null) return false;
    try {
      return (await readMask(maskPath, LOOKED_AT, undefined, page)).data.includes(1);
    } catch (error) {
      // It is found again, counted and named, with all others.
      if (skipBadImages && error instanceof DataError) return false;
      throw error;
    }
  };
  if (isMarked === undefined)
    context.report?.(`Looking at ${files.length} masks, which say what is defective.`);
  const labelled: (ImageFile & Pick<MaskedFile, 'split'>)[] = [];
  for (let start = 0; start < files.length; start += DECODED_AT_ONCE) {
    context.signal?.throwIfAborted();
    const some = files.slice(start, start + DECODED_AT_ONCE);
    const marked = await Promise.all(some.map(async (file) => isMarked?.(file) ?? (await look(file))));
    labelled.push(
      ...some.map(({ maskPath, ...file }, index) => ({
        ...file,
        ...(marked[index]
          ? ({ label: 1, defect: 'defective' } as const)
          : ({ label: 0, defect: 'good' } as const)),
        ...(maskPath !== null && { maskPaths: [maskPath] }),
      })),
    );
  }
  const of = (split: MaskedFile['split']) =>
    labelled.filter((file) => file.split === split).map(({ split: _, ...file }) => file);
  const [train, test] = [of('train'), of('test')];
  if (trainDefective === 'drop') return { train: nominalOf(train, 'training', context), test };
  return {
    train: train.filter(({ label }) => label === 0),
    test: [...train.filter(({ label }) => label === 1), ...test],
  };
}
