/** Finds the mask of an image by its name. */

/** Masks by their path below the folder of masks, without extension. */
export type MaskFiles = ReadonlyMap<string, string>;

/** @param paths relative paths with `/`, in the order of preference where two differ in the extension alone. */
export function maskFiles(paths: readonly string[]): MaskFiles {
  const byStem = new Map<string, string>();
  for (const path of paths) {
    const stem = withoutExtension(path);
    if (!byStem.has(stem)) byStem.set(stem, path);
  }
  return byStem;
}

/**
 * The mask of `image`, a relative path: `crack/000.png` has `crack/000_mask.png`, as MVTec AD names it, or `crack/000.png`, in
 * any image format.
 */
export function maskOf(image: string, masks: MaskFiles): string | undefined {
  const stem = withoutExtension(image);
  return masks.get(`${stem}_mask`) ?? masks.get(stem);
}

export const withoutExtension = (path: string): string => path.replace(/\.[^./]*$/, '');
