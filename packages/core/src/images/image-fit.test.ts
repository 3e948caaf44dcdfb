import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { RgbImage } from '../contracts/dataset.js';
import type { Frame, Size } from '../contracts/size.js';
import {
  checkShape,
  cornerIn,
  FILL,
  framed,
  framedImages,
  mapOfFrame,
  mapOfImage,
  NO_SCORE,
  shownBox,
  shownPart,
  shownSize,
} from './image-fit.js';
import { resizeBilinear } from './resize.js';

/** What `fixtures/make_image_fit.py` wrote. */
const pillow = JSON.parse(
  readFileSync(new URL('../../fixtures/image-fit.json', import.meta.url), 'utf8'),
) as {
  fill: number[];
  cases: {
    fit: 'pad' | 'crop';
    stored: Size;
    frame: Size;
    shown: Size;
    pixels: number[];
    framed: number[];
  }[];
};

/** As it is read, and put into its frame. */
function fitted(data: Uint8Array, stored: Size, frame: Frame): RgbImage {
  const shown = shownSize(stored, frame);
  return framed({ ...shown, data: resizeBilinear(data, stored, shown) }, frame);
}

describe('an image in a frame of another shape', () => {
  it('is padded and cut as with Pillow and numpy', () => {
    expect(FILL).toEqual(pillow.fill);
    for (const { fit, stored, frame, shown, pixels, framed } of pillow.cases) {
      expect(shownSize(stored, { ...frame, fit })).toEqual(shown);
      const { data, ...size } = fitted(Uint8Array.from(pixels), stored, { ...frame, fit });
      expect(size).toEqual(frame);
      expect([...data]).toEqual(framed);
    }
  });

  it('is stretched where nothing is said, and stays what it is where it fills the frame', () => {
    const [stored, frame] = [
      { height: 30, width: 40 },
      { height: 7, width: 9 },
    ];
    expect(shownSize(stored, frame)).toEqual(frame);
    const image = { ...frame, data: new Uint8Array(7 * 9 * 3) };
    expect(framed(image, frame)).toBe(image);
    const source = { length: 1, size: [7, 9] as const, image: async () => image };
    expect(framedImages(source, frame)).toBe(source);
  });

  const shapes: [fit: 'pad' | 'crop', stored: Size][] = [
    ['pad', { height: 300, width: 400 }],
    ['pad', { height: 500, width: 210 }],
    ['crop', { height: 300, width: 400 }],
    ['crop', { height: 500, width: 210 }],
  ];

  it.each(shapes)('with %s of %o, has a spot where it is in the image, scaled and shifted', (fit, stored) => {
    const frame = { height: 96, width: 128, fit };
    const [scale, shift] = closedForm(fit, stored, frame);
    for (const [x, y] of [
      [170, 200],
      [90, 240],
    ] as const) {
      const spot = centre(fitted(blot(stored, x, y), stored, frame));
      expect(Math.abs(spot.x - (x * scale + shift.x))).toBeLessThan(0.6);
      expect(Math.abs(spot.y - (y * scale + shift.y))).toBeLessThan(0.6);
    }
  });

  it.each(shapes)('with %s of %o, gives a map over the whole of it', (fit, stored) => {
    const frame = { height: 96, width: 128, fit };
    const image = fitted(blot(stored, 105, 200), stored, frame);
    const map = Float32Array.from({ length: 96 * 128 }, (_, pixel) => image.data[3 * pixel] as number);
    const shown = shownSize(stored, frame);
    const own = mapOfImage(map, shown, frame);
    expect(own).toHaveLength(shown.height * shown.width);
    const bright = centre({
      ...shown,
      data: Uint8Array.from({ length: own.length * 3 }, (_, at) =>
        Math.max(0, own[Math.floor(at / 3)] as number),
      ),
    });
    const toStored = stored.width / shown.width;
    expect(Math.abs(bright.x * toStored - 105)).toBeLessThan(0.6 * toStored);
    expect(Math.abs(bright.y * toStored - 200)).toBeLessThan(0.6 * toStored);
    const unscored = own.filter((score) => score === NO_SCORE).length;
    expect(unscored).toBe(fit === 'pad' ? 0 : own.length - 96 * 128);
    const back = mapOfFrame(own, shown, frame);
    const { top, left, height, width } = shownBox(frame, shown);
    back.forEach((score, pixel) => {
      const [y, x] = [Math.floor(pixel / 128), pixel % 128];
      const isShown = y >= top && y < top + height && x >= left && x < left + width;
      expect(score).toBe(isShown ? map[pixel] : NO_SCORE);
    });
  });

  it('has the shape that is asked for in any resolution, to a pixel', () => {
    const frame = { height: 8, width: 8, shape: { height: 300, width: 400 } };
    const sizes = [
      { height: 300, width: 400 },
      { height: 75, width: 100 },
      { height: 76, width: 101 },
      { height: 3001, width: 4000 },
      { height: 3, width: 4 },
    ];
    for (const size of sizes) expect(() => checkShape(size, frame, 'a.png')).not.toThrow();
    for (const size of [
      { height: 400, width: 300 },
      { height: 300, width: 403 },
      { height: 75, width: 104 },
    ])
      expect(() => checkShape(size, frame, 'a.png')).toThrow(
        `a.png is ${size.width}x${size.height} pixels, and the region of interest, $.images.region, is one of images of 400x300`,
      );
    expect(() => checkShape({ height: 1, width: 9 }, { height: 8, width: 8 }, 'a.png')).not.toThrow();
  });

  it('lies in the centre, of an odd rest with the smaller half above and on the left', () => {
    expect(cornerIn({ height: 10, width: 10 }, { height: 5, width: 10 })).toEqual({ top: 2, left: 0 });
    expect(cornerIn({ height: 10, width: 10 }, { height: 15, width: 10 })).toEqual({ top: -2, left: 0 });
    const part = shownPart(
      { height: 1, width: 5, data: Uint8Array.from({ length: 15 }, (_, i) => i) },
      {
        height: 3,
        width: 2,
      },
    );
    expect(part).toEqual({ height: 1, width: 2, data: Uint8Array.of(3, 4, 5, 6, 7, 8) });
  });
});

/** x' = x · scale + shift, for points in pixels from the upper left corner. */
function closedForm(fit: 'pad' | 'crop', stored: Size, frame: Size) {
  const factors = [frame.width / stored.width, frame.height / stored.height];
  const scale = fit === 'pad' ? Math.min(...factors) : Math.max(...factors);
  const shift = {
    x: (frame.width - stored.width * scale) / 2,
    y: (frame.height - stored.height * scale) / 2,
  };
  return [scale, shift] as const;
}

/** Grey of the padding with a white square around a point. */
function blot({ height, width }: Size, x: number, y: number): Uint8Array {
  return Uint8Array.from({ length: height * width * 3 }, (_, at) => {
    const pixel = Math.floor(at / 3);
    const isInside =
      Math.abs((pixel % width) + 0.5 - x) < 6 && Math.abs(Math.floor(pixel / width) + 0.5 - y) < 6;
    return isInside ? 255 : (FILL[at % 3] as number);
  });
}

/** The centre of what is brighter than the padding. */
function centre({ height, width, data }: RgbImage): { x: number; y: number } {
  let [x, y, sum] = [0, 0, 0];
  for (let pixel = 0; pixel < height * width; pixel++) {
    const weight = Math.max(0, (data[3 * pixel] as number) - FILL[0]);
    x += ((pixel % width) + 0.5) * weight;
    y += (Math.floor(pixel / width) + 0.5) * weight;
    sum += weight;
  }
  return { x: x / sum, y: y / sum };
}
