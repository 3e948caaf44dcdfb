import { DataError, namedRandom } from '@adfw/core';
import type { PretrainingImages } from './images.js';
import { drawScene } from './textures/scene.js';

export interface GeneratedImagesOptions {
  readonly count: number;
  /** Height and width, in pixels. */
  readonly size: number;
  readonly seed: number;
}

/** Generated pictures of textures and things, each computed from its index and the seed when it is asked for. */
export const generatedImages = ({ count, size, seed }: GeneratedImagesOptions): PretrainingImages => ({
  length: count,
  async image(index) {
    if (!(index >= 0 && index < count))
      throw new DataError(`There is no generated image ${index} of ${count}.`);
    return { height: size, width: size, data: drawScene(namedRandom(seed, `image/${index}`), size) };
  },
});
