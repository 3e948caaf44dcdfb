import { describe, expect, it } from 'vitest';
import type { Size } from '../contracts/size.js';
import { resizeBilinear, resizeNearest } from './resize.js';

/** What Pillow 11 gives: `Image.fromarray(pattern(height, width)).resize((target width, target height), Image.BILINEAR)`. */
const PILLOW: { size: [number, number]; target: [number, number]; pixels: number[] }[] = [
  {
    size: [9, 7],
    target: [4, 3],
    pixels: [
      101, 132, 144, 123, 128, 147, 134, 135, 125, 121, 133, 131, 139, 141, 132, 146, 130, 130, 115, 148, 125,
      124, 132, 112, 147, 128, 127, 131, 103, 145, 133, 115, 147, 118, 129, 119,
    ],
  },
  {
    size: [3, 4],
    target: [5, 7],
    pixels: [
      0, 53, 106, 13, 66, 119, 34, 87, 140, 56, 109, 162, 77, 130, 183, 98, 151, 204, 111, 164, 217, 36, 89,
      142, 51, 104, 157, 73, 126, 179, 96, 149, 151, 119, 165, 123, 142, 129, 145, 156, 106, 159, 91, 144,
      197, 107, 160, 213, 132, 185, 238, 157, 210, 135, 182, 217, 32, 207, 96, 57, 223, 20, 73, 146, 199, 98,
      163, 161, 115, 190, 101, 143, 141, 118, 119, 92, 138, 96, 119, 107, 123, 137, 87, 140, 182, 235, 32,
      200, 162, 50, 229, 45, 79, 131, 56, 109, 32, 85, 138, 61, 114, 167, 79, 132, 185,
    ],
  },
  {
    size: [4, 12],
    target: [6, 5],
    pixels: [
      34, 87, 140, 115, 168, 199, 162, 129, 95, 58, 89, 142, 117, 170, 136, 83, 133, 158, 128, 131, 145, 120,
      130, 139, 114, 128, 131, 101, 126, 133, 137, 168, 160, 134, 101, 103, 92, 130, 169, 157, 159, 127, 101,
      93, 123, 161, 124, 95, 104, 130, 155, 150, 132, 112, 108, 133, 158, 167, 138, 102, 119, 118, 125, 136,
      150, 142, 143, 133, 122, 123, 115, 129, 140, 147, 146, 70, 123, 171, 175, 163, 116, 121, 133, 145, 150,
      103, 91, 95, 143, 196,
    ],
  },
  {
    size: [12, 10],
    target: [12, 4],
    pixels: [
      37, 90, 143, 120, 173, 195, 152, 113, 94, 52, 93, 146, 135, 176, 171, 131, 92, 94, 88, 141, 184, 187,
      159, 107, 163, 111, 83, 101, 144, 167, 158, 119, 100, 90, 131, 184, 75, 128, 169, 174, 156, 116, 126,
      138, 140, 144, 92, 87, 161, 156, 104, 124, 126, 138, 165, 126, 107, 128, 169, 141, 96, 149, 109, 146,
      127, 88, 122, 144, 146, 77, 130, 125, 101, 154, 149, 95, 148, 119, 172, 132, 104, 166, 126, 74, 141, 89,
      142, 127, 98, 151, 129, 100, 153, 115, 110, 163, 134, 94, 147, 159, 120, 142, 86, 139, 110, 111, 164,
      112, 139, 134, 82, 150, 152, 123, 135, 137, 160, 153, 148, 119, 179, 116, 169, 141, 91, 113, 93, 135,
      117, 149, 97, 150, 161, 74, 127, 121, 123, 104, 91, 144, 166, 133, 104, 157,
    ],
  },
  {
    size: [5, 6],
    target: [3, 6],
    pixels: [
      39, 92, 145, 79, 132, 185, 119, 172, 115, 159, 102, 155, 89, 142, 195, 129, 182, 89, 125, 178, 89, 176,
      87, 140, 85, 138, 134, 136, 132, 128, 130, 126, 179, 124, 177, 88, 69, 122, 175, 131, 184, 91, 193, 100,
      153, 109, 162, 105, 171, 114, 167, 123, 176, 83,
    ],
  },
];

function pattern(height: number, width: number): Uint8Array {
  const data = new Uint8Array(height * width * 3);
  for (let i = 0; i < data.length; i++) {
    const [y, x, channel] = [Math.floor(i / 3 / width), Math.floor(i / 3) % width, i % 3];
    data[i] = x * 37 + y * 91 + channel * 53 + x * y * 7;
  }
  return data;
}

/** Whole numbers from 0 to below `end`. */
function randomNumbers(seed: number): (end: number) => number {
  let state = seed;
  return (end) => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return (state >> 8) % end;
  };
}

/** As `resizeBilinear`, a sum at a time: along rows, then along columns. */
function defined(data: Uint8Array, size: Size, target: Size): Uint8Array {
  const resized = alongRows(data, size, target.width);
  const turned = alongRows(
    transposed(resized, { height: size.height, width: target.width }),
    { height: target.width, width: size.height },
    target.height,
  );
  return transposed(turned, { height: target.width, width: target.height });
}

function alongRows(data: Uint8Array, { height, width }: Size, target: number): Uint8Array {
  if (width === target) return data;
  const scale = width / target;
  const radius = Math.max(1, scale);
  const result = new Uint8Array(height * target * 3);
  for (let x = 0; x < target; x++) {
    const center = (x + 0.5) * scale;
    const start = Math.max(0, Math.floor(center - radius + 0.5));
    const end = Math.min(width, Math.floor(center + radius + 0.5));
    const triangle = Array.from({ length: end - start }, (_, i) =>
      Math.max(0, 1 - Math.abs(start + i + 0.5 - center) / radius),
    );
    const total = triangle.reduce((sum, weight) => sum + weight, 0);
    const weights = triangle.map((weight) => Math.floor((weight / total) * 2 ** 22 + 0.5));
    for (let y = 0; y < height; y++)
      for (let channel = 0; channel < 3; channel++) {
        let sum = 2 ** 21;
        for (const [i, weight] of weights.entries())
          sum += weight * (data[(y * width + start + i) * 3 + channel] as number);
        result[(y * target + x) * 3 + channel] = Math.floor(sum / 2 ** 22);
      }
  }
  return result;
}

function transposed(data: Uint8Array, { height, width }: Size): Uint8Array {
  const result = new Uint8Array(data.length);
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++)
      for (let channel = 0; channel < 3; channel++)
        result[(x * height + y) * 3 + channel] = data[(y * width + x) * 3 + channel] as number;
  return result;
}

describe('resizeBilinear', () => {
  it.each(PILLOW)('gives the pixels of Pillow, $size to $target', ({ size, target, pixels }) => {
    const [height, width] = size;
    const resized = resizeBilinear(
      pattern(height, width),
      { height, width },
      { height: target[0], width: target[1] },
    );
    expect([...resized]).toEqual(pixels);
  });

  it('sums what the definition says, whatever the sizes', () => {
    const random = randomNumbers(7);
    for (let n = 0; n < 60; n++) {
      const [height, width, down, across] = [random(60), random(90), random(60), random(60)].map(
        (size) => 1 + size,
      ) as [number, number, number, number];
      // Blacks and whites among them, where sums are at the ends of the range.
      const data = Uint8Array.from({ length: height * width * 3 }, () =>
        random(4) > 0 ? random(256) : 255 * random(2),
      );
      const target = { height: down, width: across };
      expect(resizeBilinear(data, { height, width }, target)).toEqual(
        defined(data, { height, width }, target),
      );
    }
  });

  it('goes through an image of any height in bands, and one that is so large that its memory is not kept', () => {
    for (const [size, target] of [
      [
        { height: 301, width: 700 },
        { height: 30, width: 51 },
      ],
      [
        { height: 2, width: 50000 },
        { height: 1, width: 3 },
      ],
      [
        { height: 1500, width: 5 },
        { height: 1501, width: 4000 },
      ],
    ] as const) {
      const data = pattern(size.height, size.width);
      expect(Buffer.compare(resizeBilinear(data, size, target), defined(data, size, target))).toBe(0);
    }
  });

  it('shifts nothing: a symmetric image stays symmetric, enlarged or reduced', () => {
    const width = 11;
    const tent = Uint8Array.from({ length: width * 3 }, (_, i) => 250 - 40 * Math.abs(Math.floor(i / 3) - 5));
    for (const target of [5, 7, 22, 64]) {
      const row = [...resizeBilinear(tent, { height: 1, width }, { height: 1, width: target })];
      const reds = row.filter((_, i) => i % 3 === 0);
      expect(reds).toEqual(reds.toReversed());
    }
  });

  it('resizes each row like the others, in a picture of any number of rows', () => {
    const [height, width, target] = [5, 9, 4];
    const data = pattern(height, width);
    const resized = resizeBilinear(data, { height, width }, { height, width: target });
    for (let y = 0; y < height; y++) {
      const row = data.subarray(y * width * 3, (y + 1) * width * 3);
      const alone = resizeBilinear(row, { height: 1, width }, { height: 1, width: target });
      expect(resized.subarray(y * target * 3, (y + 1) * target * 3)).toEqual(alone);
    }
  });

  it('keeps a flat image flat to both ends of the range', () => {
    for (const value of [0, 255]) {
      const flat = new Uint8Array(97 * 61 * 3).fill(value);
      const resized = resizeBilinear(flat, { height: 97, width: 61 }, { height: 32, width: 80 });
      expect(new Set(resized)).toEqual(new Set([value]));
    }
  });
});

describe('resizeNearest', () => {
  it('takes the pixel under the centre of each new one', () => {
    const data = Uint8Array.from([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const half = resizeNearest(data, { height: 1, width: 10 }, { height: 1, width: 5 });
    expect([...half]).toEqual([1, 3, 5, 7, 9]);
    const doubled = resizeNearest(Uint8Array.from([1, 0]), { height: 2, width: 1 }, { height: 4, width: 2 });
    expect([...doubled]).toEqual([1, 1, 1, 1, 0, 0, 0, 0]);
  });
});
