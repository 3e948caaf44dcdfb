import type { Augmentation } from '../contracts/augmentation.js';
import type { RgbImage } from '../contracts/dataset.js';
import { DataError } from '../contracts/errors.js';
import type { Learnable } from '../contracts/model.js';
import type { TrainStage } from '../contracts/stage.js';
import { namedRandom } from '../images/named-random.js';

/** A batch with its images changed, each by random numbers of its own; `position` names the step. */
export type AugmentedBatch = (batch: readonly RgbImage[], position: string) => Promise<readonly RgbImage[]>;

/** What a stage changes training images by, made once; null for nothing. */
export async function augmentedBatch(
  { name, augmentations = [] }: TrainStage,
  seed: number,
): Promise<AugmentedBatch | null> {
  if (augmentations.length === 0) return null;
  const changes: Augmentation[] = [];
  for (const make of augmentations) changes.push(await make());
  return (batch, position) =>
    Promise.all(
      batch.map(async (image, place) => {
        const random = namedRandom(seed, `${name}/${position}/augmentation/${place}`);
        let changed = image;
        for (const change of changes) {
          changed = await change(changed, random);
          checkSameSize(changed, image);
        }
        return changed;
      }),
    );
}

function checkSameSize(changed: RgbImage, { width, height }: RgbImage): void {
  if (changed.width !== width || changed.height !== height)
    throw new DataError(
      `An augmentation made ${changed.height}x${changed.width} pixels of an image of ${height}x${width}; it must give an image of the same size.`,
    );
}

/** What changing so many training images costs beside keeping their features; null for a stage and a model where it costs nothing. */
export const augmentationNote = (
  { backbone }: Learnable,
  { augmentations = [], epochs }: TrainStage,
  images: number,
): string | null =>
  backbone && augmentations.length > 0
    ? `Training images are augmented, so their features are not kept: the pretrained network computes those of ${images} images in each of ${epochs} epochs, not once.`
    : null;
