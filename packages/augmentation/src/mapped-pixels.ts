import type { RgbImage } from '@adfw/core';

/** Each of 256 values replaced by another; a fraction is cut off, as torchvision does. */
export function mappedPixels(image: RgbImage, map: (value: number) => number): RgbImage {
  const values = Uint8Array.from({ length: 256 }, (_, value) =>
    Math.min(255, Math.max(0, Math.trunc(map(value)))),
  );
  return { ...image, data: image.data.map((value) => values[value] as number) };
}
