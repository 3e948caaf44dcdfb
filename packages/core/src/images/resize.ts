/**
 * Resizing as Pillow does it, which torchvision's `Resize` and most tools of the field go through: the same pixels in, the
 * same pixels out. libvips' own bilinear enlarging is shifted by a part of a pixel, and its reducing averages whole blocks
 * first.
 */

import type { Size } from '../contracts/size.js';

/** Weights of a one-dimensional resize: output `o` is the sum over `i < counts[o]` of `weights[o][i] * input[starts[o] + i]`. */
interface Taps {
  starts: Int32Array;
  counts: Int32Array;
  /** `[outputs, stride]`, fixed point with {@link PRECISION} bits behind the point. */
  weights: Int32Array;
  stride: number;
}

const PRECISION = 22;
const HALF = 1 << (PRECISION - 1);

/**
 * Pixels resized bilinearly with half-pixel centres; where it gets smaller, the triangle is widened by the scale, which
 * averages over all that an output pixel covers (antialiasing). Rows first, then columns, rounded to 8 bits after each: equal
 * to Pillow's `resize(size, BILINEAR)` to the last bit (Pillow 13 turns the order round for tall images: then within 1).
 * @param data `[height, width, 3]`, 0 to 255.
 * @returns `[target.height, target.width, 3]`; `data` itself where the size is already right.
 */
export function resizeBilinear(data: Uint8Array, { height, width }: Size, target: Size): Uint8Array {
  const rows = width === target.width ? data : resizeRows(data, height, width, target.width);
  return height === target.height ? rows : resizeColumns(rows, height, target.width, target.height);
}

// The sums are integers below 2^30. `Math.imul` and `| 0` say so to the compiler, which else checks each of them.

/** Two rows at a time, so that each weight is read for both; the last of an odd number goes with itself. */
function resizeRows(data: Uint8Array, height: number, width: number, targetWidth: number): Uint8Array {
  const { starts, counts, weights, stride } = triangleTaps(width, targetWidth);
  const result = new Uint8Array(height * targetWidth * 3);
  for (let y = 0; y < height; y += 2) {
    const below = y + 1 < height ? width * 3 : 0;
    const resultBelow = y + 1 < height ? targetWidth * 3 : 0;
    let to = y * targetWidth * 3;
    for (let x = 0; x < targetWidth; x++, to += 3) {
      let from = (y * width + (starts[x] as number)) * 3;
      const first = x * stride;
      const end = first + (counts[x] as number);
      let [red, green, blue] = [HALF, HALF, HALF];
      let [redBelow, greenBelow, blueBelow] = [HALF, HALF, HALF];
      for (let tap = first; tap < end; tap++, from += 3) {
        const weight = weights[tap] as number;
        red = (red + Math.imul(data[from] as number, weight)) | 0;
        green = (green + Math.imul(data[from + 1] as number, weight)) | 0;
        blue = (blue + Math.imul(data[from + 2] as number, weight)) | 0;
        redBelow = (redBelow + Math.imul(data[from + below] as number, weight)) | 0;
        greenBelow = (greenBelow + Math.imul(data[from + below + 1] as number, weight)) | 0;
        blueBelow = (blueBelow + Math.imul(data[from + below + 2] as number, weight)) | 0;
      }
      result[to] = red >> PRECISION;
      result[to + 1] = green >> PRECISION;
      result[to + 2] = blue >> PRECISION;
      result[to + resultBelow] = redBelow >> PRECISION;
      result[to + resultBelow + 1] = greenBelow >> PRECISION;
      result[to + resultBelow + 2] = blueBelow >> PRECISION;
    }
  }
  return result;
}

function resizeColumns(data: Uint8Array, height: number, width: number, targetHeight: number): Uint8Array {
  const { starts, counts, weights, stride } = triangleTaps(height, targetHeight);
  const rowLength = width * 3;
  const result = new Uint8Array(targetHeight * rowLength);
  for (let y = 0, to = 0; y < targetHeight; y++) {
    const first = y * stride;
    const end = first + (counts[y] as number);
    const top = (starts[y] as number) * rowLength;
    for (let x = 0; x < rowLength; x += 3, to += 3) {
      let from = top + x;
      let [red, green, blue] = [HALF, HALF, HALF];
      for (let tap = first; tap < end; tap++, from += rowLength) {
        const weight = weights[tap] as number;
        red = (red + Math.imul(data[from] as number, weight)) | 0;
        green = (green + Math.imul(data[from + 1] as number, weight)) | 0;
        blue = (blue + Math.imul(data[from + 2] as number, weight)) | 0;
      }
      result[to] = red >> PRECISION;
      result[to + 1] = green >> PRECISION;
      result[to + 2] = blue >> PRECISION;
    }
  }
  return result;
}

function triangleTaps(inputs: number, outputs: number): Taps {
  const scale = inputs / outputs;
  const radius = Math.max(1, scale);
  const stride = Math.ceil(radius) * 2 + 1;
  const starts = new Int32Array(outputs);
  const counts = new Int32Array(outputs);
  const weights = new Int32Array(outputs * stride);
  for (let output = 0; output < outputs; output++) {
    const center = (output + 0.5) * scale;
    const start = Math.max(0, Math.floor(center - radius + 0.5));
    const end = Math.min(inputs, Math.floor(center + radius + 0.5));
    const triangle = Array.from({ length: end - start }, (_, i) =>
      Math.max(0, 1 - Math.abs(start + i + 0.5 - center) / radius),
    );
    const total = triangle.reduce((sum, weight) => sum + weight, 0);
    starts[output] = start;
    counts[output] = end - start;
    triangle.forEach((weight, i) => {
      weights[output * stride + i] = Math.floor((weight / total) * 2 ** PRECISION + 0.5);
    });
  }
  return { starts, counts, weights, stride };
}

/**
 * Pixels resized to the nearest neighbour, half-pixel centres, so that no value appears that was not there.
 * @param data `[height, width]`.
 * @returns `[target.height, target.width]`.
 */
export function resizeNearest<T extends Uint8Array | Int32Array>(
  data: T,
  { height, width }: Size,
  target: Size,
): T {
  const result = new (data.constructor as new (length: number) => T)(target.height * target.width);
  for (let y = 0, to = 0; y < target.height; y++) {
    const row = Math.floor(((y + 0.5) * height) / target.height) * width;
    for (let x = 0; x < target.width; x++, to++)
      result[to] = data[row + Math.floor(((x + 0.5) * width) / target.width)] as number;
  }
  return result;
}
