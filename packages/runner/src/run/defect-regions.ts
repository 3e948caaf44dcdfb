import { type Dataset, type DefectRegion, defectRegion, type Size } from '@adfw/core';

/**
 * The defects of each test image, none of nominal ones, for the saturated per-region overlap; null where the dataset does not say from
 * how many pixels on a defect counts as found.
 * @param sizeOf of the anomaly map of each image.
 */
export async function defectRegions(
  dataset: Dataset,
  sizeOf: (index: number) => Size,
): Promise<DefectRegion[][] | null> {
  const regions: DefectRegion[][] = [];
  for (const [index, sample] of dataset.test.entries()) {
    const masks = sample.label === 1 ? await dataset.masks?.(sample, sizeOf(index)) : [];
    if (!masks) return null;
    const ofImage: DefectRegion[] = [];
    for (const { data, saturation } of masks) {
      if (saturation === undefined) return null;
      ofImage.push(defectRegion(data, saturation));
    }
    regions.push(ofImage);
  }
  return regions.some((ofImage) => ofImage.length > 0) ? regions : null;
}
