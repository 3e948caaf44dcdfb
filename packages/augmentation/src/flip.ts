import type { Part, RgbImage } from '@adfw/core';

export const flipPart: Part<'augmentation'> = {
  kind: 'augmentation',
  name: 'flip',
  summary: 'Mirrors every second image, at random.',
  options: {
    horizontal: { type: 'boolean', default: true, description: 'Whether left and right may change places.' },
    vertical: { type: 'boolean', default: false, description: 'Whether top and bottom may change places.' },
  },
  create:
    ({ horizontal, vertical }: { horizontal: boolean; vertical: boolean }) =>
    (image, random) => {
      // Both are drawn whatever is asked for, so that one option does not change what another draws.
      const [isLeftRight, isUpsideDown] = [random() < 0.5, random() < 0.5];
      return flipped(image, { horizontal: horizontal && isLeftRight, vertical: vertical && isUpsideDown });
    },
};

/** The image mirrored left to right, top to bottom, or both. */
export function flipped(
  image: RgbImage,
  { horizontal, vertical }: { readonly horizontal: boolean; readonly vertical: boolean },
): RgbImage {
  if (!horizontal && !vertical) return image;
  const { width, height } = image;
  const data = new Uint8Array(image.data.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const from = 3 * ((vertical ? height - 1 - y : y) * width + (horizontal ? width - 1 - x : x));
      const to = 3 * (y * width + x);
      for (let channel = 0; channel < 3; channel++) data[to + channel] = image.data[from + channel] as number;
    }
  return { width, height, data };
}
