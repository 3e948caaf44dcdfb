/** Finds the masks of images by their names. */
import { dirname, extname, join } from 'node:path';
import { ConfigurationError, foldedName, groupBy, type PartContext } from '@adfw/core';

/** What follows an image's name in that of its mask, in the order of preference. MVTec AD's, none, KolektorSDD2's, KolektorSDD's. */
const SUFFIXES = ['_mask', '', '_gt', '_label'];

/**
 * The masks of images, by the image's path. `crack/000.png` has `crack/000_mask.png` or `crack/000.png`, or else one that ends in
 * `_gt` or `_label`, in any image format. Names that differ in nothing but upper and lower case, blanks around them, or how their
 * accents are stored are one, where no other image or mask is called so.
 * @param images relative paths with `/`.
 * @param masks likewise, in the order of preference where two differ in the extension alone.
 */
export function masksOf(images: readonly string[], masks: readonly string[]): Map<string, string> {
  const byStem = groupBy(masks, withoutExtension);
  const found = new Map<string, string>();
  for (const image of images) {
    const stem = withoutExtension(image);
    const mask = SUFFIXES.flatMap((suffix) => byStem.get(`${stem}${suffix}`) ?? [])[0];
    if (mask !== undefined) found.set(image, mask);
  }
  const taken = new Set(found.values());
  const left = groupBy(
    masks.filter((mask) => !taken.has(mask)),
    foldedStem,
  );
  const unmasked = groupBy(
    images.filter((image) => !found.has(image)),
    foldedStem,
  );
  for (const [stem, [image, ...others]] of unmasked) {
    const candidates = SUFFIXES.map((suffix) => left.get(`${stem}${suffix}`) ?? []).find(
      ({ length }) => length > 0,
    );
    if (image !== undefined && others.length === 0 && candidates?.length === 1)
      found.set(image, candidates[0] as string);
  }
  return found;
}

/**
 * All masks of images: what {@link masksOf} finds, and where each defect has a mask of its own those in the folder that is called as the
 * image: `crack/000/0.png` and `crack/000/1.png` of `crack/000.png`.
 * @returns nothing for an image without a mask.
 */
export function allMasksOf(images: readonly string[], masks: readonly string[]): Map<string, string[]> {
  const single = masksOf(images, masks);
  const inFolders = groupBy(masks, (mask) => foldedPath(dirname(mask)));
  return new Map(
    images.flatMap((image): [string, string[]][] => {
      const one = single.get(image);
      const all = [...(one === undefined ? [] : [one]), ...(inFolders.get(foldedStem(image)) ?? [])];
      return all.length > 0 ? [[image, all]] : [];
    }),
  );
}

/** The masks that are called as no image's mask is. */
export function masksWithoutImage(images: readonly string[], masks: readonly string[]): string[] {
  const stems = new Set(images.map(foldedStem));
  return masks.filter((mask) => {
    const stem = foldedStem(mask);
    const isOfImage = SUFFIXES.some(
      (suffix) => stem.endsWith(suffix) && stems.has(stem.slice(0, stem.length - suffix.length)),
    );
    return !isOfImage && !stems.has(foldedPath(dirname(mask)));
  });
}

/**
 * Tells images from masks that lie beside them: `000_mask.png` or `000_gt.png` beside `000.png`. `Part0_label.bmp` is the mask
 * of `Part0.jpg`, but `bottle_label.png` beside `bottle.png` may be a view of its label, and is an image.
 * @param paths relative paths with `/`.
 */
export function separateMasks(paths: readonly string[]): { images: string[]; masks: string[] } {
  const endings = new Map<string, Set<string>>();
  for (const path of paths) {
    const ofStem = endings.get(foldedStem(path)) ?? new Set();
    endings.set(foldedStem(path), ofStem.add(extname(path).toLowerCase()));
  }
  const isMask = (path: string): boolean => {
    const [, stem, suffix] = /^(.*)_(mask|gt|label)$/s.exec(foldedStem(path)) ?? [];
    const beside = stem === undefined ? undefined : endings.get(stem);
    if (beside === undefined) return false;
    return suffix !== 'label' || !beside.has(extname(path).toLowerCase());
  };
  const masks = paths.filter(isMask);
  const areMasks = new Set(masks);
  return { images: paths.filter((path) => !areMasks.has(path)), masks };
}

/**
 * Says that masks are taken from beside their images.
 * @throws ConfigurationError where there is a folder of masks as well.
 */
export function reportMasksBeside(
  folder: string,
  beside: readonly string[],
  maskFolder: string | null,
  { report }: PartContext,
): void {
  if (beside.length === 0) return;
  const first = join(folder, beside[0] as string);
  if (maskFolder !== null)
    throw new ConfigurationError(
      `${first} lies beside the image it is the mask of, and there is the folder ${maskFolder} as well: keep all masks in one place.`,
    );
  report?.(
    `Masks beside images are taken as theirs, not as images: ${beside.length}, the first is ${first}.`,
  );
}

/** Where there is a mask, something is defective, and nothing that is defective is to be learnt from. */
export function refuseMasksBeside(paths: readonly string[]): void {
  const [mask] = separateMasks(paths).masks;
  if (mask === undefined) return;
  throw new ConfigurationError(
    `${mask} is called as the mask of an image beside it, and training takes nominal images alone, which need none: move masks elsewhere.`,
  );
}

export const withoutExtension = (path: string): string => path.replace(/\.[^./]*$/, '');

const foldedStem = (path: string): string => foldedPath(withoutExtension(path));

const foldedPath = (path: string): string => path.split('/').map(foldedName).join('/');
