import type { RgbImage } from '@adfw/core';

/** Where in the image a pixel of the moved one comes from. */
type Origin = (x: number, y: number) => readonly [x: number, y: number];

/** Each pixel from its origin, bilinearly; beyond its edges the image is mirrored, the edge itself not repeated. */
export function movedImage(image: RgbImage, originOf: Origin): RgbImage {
  const { width, height } = image;
  const data = new Uint8Array(image.data.length);
  for (let y = 0, to = 0; y < height; y++)
    for (let x = 0; x < width; x++, to += 3) {
      const [fromX, fromY] = originOf(x, y);
      const [left, top] = [Math.floor(fromX), Math.floor(fromY)];
      const [right, below] = [fromX - left, fromY - top];
      const [x0, x1] = [mirrored(left, width), mirrored(left + 1, width)];
      const [y0, y1] = [mirrored(top, height) * width, mirrored(top + 1, height) * width];
      for (let channel = 0; channel < 3; channel++) {
        const at = (pixel: number) => image.data[3 * pixel + channel] as number;
        const upper = at(y0 + x0) * (1 - right) + at(y0 + x1) * right;
        const lower = at(y1 + x0) * (1 - right) + at(y1 + x1) * right;
        data[to + channel] = Math.round(upper * (1 - below) + lower * below);
      }
    }
  return { width, height, data };
}

/** -1 is 1, and `length` is `length` - 2. */
function mirrored(index: number, length: number): number {
  if (length === 1) return 0;
  const period = 2 * (length - 1);
  const within = ((index % period) + period) % period;
  return within < length ? within : period - within;
}
