/** Images as small and grey as they are compared. */
import { type RgbImage, resizeBilinear } from '@adfw/core';

/** Height and width of a thumbnail. */
export const SIDE = 64;
export const PIXELS = SIDE * SIDE;

/**
 * An image in 64x64 grey levels, whatever its shape; grey as Pillow's `convert('L')` has it (ITU-R BT.601).
 * @returns pixels in rows, 0 to 255.
 */
export function thumbnailOf({ data, ...size }: RgbImage): Uint8Array {
  const rgb = resizeBilinear(data, size, { height: SIDE, width: SIDE });
  const grey = new Uint8Array(PIXELS);
  for (let pixel = 0, from = 0; pixel < PIXELS; pixel++, from += 3) {
    const [red, green, blue] = [rgb[from] as number, rgb[from + 1] as number, rgb[from + 2] as number];
    grey[pixel] = Math.round((299 * red + 587 * green + 114 * blue) / 1000);
  }
  return grey;
}
