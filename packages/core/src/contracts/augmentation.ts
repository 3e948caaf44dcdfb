import type { RgbImage } from './dataset.js';

/**
 * Changes a training image as nominal ones differ anyway: by light, by how a part lies. Registered as the part kind `augmentation`.
 * @param random 0 to below 1; of this image in this step alone, so that training resumes bit for bit.
 * @returns an image of the same size, the given one or another; what was given is not written to.
 */
export type Augmentation = (image: RgbImage, random: () => number) => RgbImage | Promise<RgbImage>;
