import type { RgbImage } from '@adfw/core';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { type OverlayContent, renderOverlay } from './overlay.js';

const BLACK = '#000000';
const PREDICTED = '#ff8c00';
const TRUE = '#00a8ff';
/** The bright end of the heat map, over black. */
const HOT = '#979962';

/** A black image with one pixel that is as anomalous as can be. */
function content(width: number, height: number, hot: { x: number; y: number }): OverlayContent {
  const map = new Float32Array(width * height);
  map[hot.y * width + hot.x] = 1;
  return {
    image: { width, height, data: new Uint8Array(width * height * 3) },
    map,
    mapScale: { min: 0, max: 1 },
    threshold: 0.5,
    mask: null,
    caption: { title: 'test/crack/003.jpg', score: 1, threshold: 0.5, verdict: 'defective' },
  };
}

async function decode(png: Buffer): Promise<RgbImage> {
  const { data, info } = await sharp(png).raw().toBuffer({ resolveWithObject: true });
  expect(info.channels).toBe(3);
  return { width: info.width, height: info.height, data };
}

interface Box {
  left: number;
  top: number;
  width: number;
  height: number;
}

/** The box around all pixels of a colour within a box, and how many there are. */
function find({ data, width }: RgbImage, color: string, within: Box): Box & { count: number } {
  const wanted = Number.parseInt(color.slice(1), 16);
  let count = 0;
  let [left, top, right, bottom] = [Infinity, Infinity, -Infinity, -Infinity];
  for (let y = within.top; y < within.top + within.height; y++)
    for (let x = within.left; x < within.left + within.width; x++) {
      const at = (y * width + x) * 3;
      if (Buffer.from(data.buffer, data.byteOffset).readUIntBE(at, 3) !== wanted) continue;
      count++;
      [left, right] = [Math.min(left, x), Math.max(right, x)];
      [top, bottom] = [Math.min(top, y), Math.max(bottom, y)];
    }
  return { left, top, width: right - left + 1, height: bottom - top + 1, count };
}

/** The three panels of a picture of a black image: the first by its pixels, the others as far apart as a third of the picture. */
function panelsOf(picture: RgbImage): [Box, Box, Box] {
  const third = { left: 0, top: 0, width: Math.floor(picture.width / 3), height: picture.height };
  const { left, top, width, height } = find(picture, BLACK, third);
  // Columns and gaps take turns, and a gap is left and right of all.
  const gap = Math.max(13, Math.round(Math.max(width, height) / 30));
  const distance = (picture.width - gap) / 3;
  return [0, 1, 2].map((panel) => ({ left: left + panel * distance, top, width, height })) as [Box, Box, Box];
}

/** That a line of 2 pixels runs around a box, but for what is cut off its corners. */
function expectLineAround({ count, ...box }: Box & { count: number }, inside: Box): void {
  expect(box).toEqual(around(inside, 2));
  const frame = box.width * box.height - inside.width * inside.height;
  expect(count).toBeLessThanOrEqual(frame);
  expect(count).toBeGreaterThanOrEqual(frame - 4 * 3);
}

const around = ({ left, top, width, height }: Box, margin: number): Box => ({
  left: left - margin,
  top: top - margin,
  width: width + 2 * margin,
  height: height + 2 * margin,
});

describe('renderOverlay', () => {
  it.each([
    // Width, height, by how much it is enlarged.
    [5, 4, 77],
    [128, 100, 3],
    [224, 224, 2],
    [400, 120, 1],
    [30, 200, 2],
  ])('shows the pixels of a %ix%i image where they are, enlarged %i times', async (width, height, factor) => {
    for (const hot of [
      { x: 0, y: 0 },
      { x: width - 1, y: height - 1 },
      { x: Math.floor(width / 3), y: Math.floor(height / 2) },
    ]) {
      const picture = await decode(await renderOverlay(content(width, height, hot)));
      const [imagePanel, heatPanel, foundPanel] = panelsOf(picture);
      expect(imagePanel).toMatchObject({ width: width * factor, height: height * factor });

      const square = { width: factor, height: factor };
      const inPanel = (panel: Box) => ({
        left: panel.left + hot.x * factor,
        top: panel.top + hot.y * factor,
        ...square,
      });
      const heat = find(picture, HOT, heatPanel);
      expect(heat).toEqual({ ...inPanel(heatPanel), count: factor ** 2 });

      expectLineAround(find(picture, PREDICTED, around(foundPanel, 4)), inPanel(foundPanel));
    }
  });

  it('outlines the true mask in another colour, and both where they are the same', async () => {
    const hot = { x: 10, y: 20 };
    const mask = new Uint8Array(128 * 128);
    mask[100 * 128 + 90] = 1;
    const apart = await decode(await renderOverlay({ ...content(128, 128, hot), mask }));
    const panel = panelsOf(apart)[2];
    const square = (left: number, top: number) => ({
      left: panel.left + left,
      top: panel.top + top,
      width: 3,
      height: 3,
    });
    expectLineAround(find(apart, TRUE, panel), square(270, 300));
    expectLineAround(find(apart, PREDICTED, panel), square(30, 60));

    const large = new Uint8Array(128 * 128).fill(1, 0, 64 * 128);
    const map = Float32Array.from(large);
    const same = await decode(await renderOverlay({ ...content(128, 128, hot), map, mask: large }));
    const lines = [PREDICTED, TRUE].map((color) => find(same, color, around(panel, 2)).count) as [
      number,
      number,
    ];
    expect(Math.abs(lines[0] + lines[1] - (388 * 196 - 384 * 192))).toBeLessThanOrEqual(12);
    expect(Math.min(...lines)).toBeGreaterThan(900);
  });

  it('outlines a defect as large as the image, and nothing where nothing is found', async () => {
    const all = { ...content(128, 128, { x: 0, y: 0 }), map: new Float32Array(128 * 128).fill(1) };
    const picture = await decode(await renderOverlay(all));
    const panel = panelsOf(picture)[2];
    expectLineAround(find(picture, PREDICTED, around(panel, 2)), panel);
    const none = await decode(await renderOverlay({ ...all, map: new Float32Array(128 * 128) }));
    expect(find(none, PREDICTED, around(panel, 2)).count).toBe(0);
  });

  it('counts a score at the threshold as defective, and nothing without a threshold', async () => {
    const at = async (threshold: number) => {
      const picture = await decode(
        await renderOverlay({
          ...content(128, 128, { x: 5, y: 5 }),
          threshold,
          mapScale: { min: 0, max: 2 },
        }),
      );
      return find(picture, PREDICTED, panelsOf(picture)[2]).count;
    };
    expect(await at(1)).toBeGreaterThan(20);
    expect(await at(1.001)).toBe(0);
    expect(await at(Infinity)).toBe(0);
  });

  it('has one colour scale for all images: a colour depends on the score alone', async () => {
    const heatOf = async (max: number) => {
      const map = new Float32Array(128 * 128).fill(0.25).fill(max, 0, 64 * 128);
      const picture = await decode(await renderOverlay({ ...content(128, 128, { x: 0, y: 0 }), map }));
      const { left, top, width, height } = panelsOf(picture)[1];
      const at = ((top + height - 1) * picture.width + left + width - 1) * 3;
      return [...picture.data.subarray(at, at + 3)];
    };
    expect(await heatOf(0.3)).toEqual(await heatOf(5));
  });

  it('shows the image as it is, in colour', async () => {
    const data = Uint8Array.from({ length: 400 * 300 * 3 }, (_, i) => (i * 7919) % 251);
    const picture = await decode(
      await renderOverlay({
        ...content(400, 300, { x: 0, y: 0 }),
        map: new Float32Array(400 * 300),
        image: { width: 400, height: 300, data },
      }),
    );
    const [{ left, top }, , found] = panelsOf(
      await decode(await renderOverlay(content(400, 300, { x: 0, y: 0 }))),
    );
    for (const panelLeft of [left, found.left])
      for (const y of [0, 150, 299]) {
        const at = ((top + y) * picture.width + panelLeft) * 3;
        expect(Buffer.from(picture.data.subarray(at, at + 1200))).toEqual(
          Buffer.from(data.subarray(y * 1200, (y + 1) * 1200)),
        );
      }
  });

  it.each([
    [1, 1],
    [1, 900],
    [900, 1],
    [37, 1500],
    [1300, 1000],
  ])('draws a %ix%i image', async (width, height) => {
    const { width: pictureWidth, height: pictureHeight } = await sharp(
      await renderOverlay(content(width, height, { x: 0, y: 0 })),
    ).metadata();
    expect(pictureWidth).toBeGreaterThanOrEqual(3 * Math.max(width, 250));
    expect(pictureHeight).toBeGreaterThan(height);
  });

  it('writes the caption, whatever is in it', async () => {
    const base = content(64, 64, { x: 0, y: 0 });
    const captions: OverlayContent['caption'][] = [
      base.caption,
      { ...base.caption, title: '<b>&"\' 漢字 \u0000.png' },
      { ...base.caption, title: `${'long/'.repeat(500)}name.png` },
      { ...base.caption, title: '', verdict: 'nominal', score: 0.4999999 },
      { ...base.caption, verdict: 'no threshold', threshold: Number.NaN },
    ];
    const pictures = await Promise.all(
      captions.map(async (caption) => decode(await renderOverlay({ ...base, caption }))),
    );
    const [first] = pictures as [RgbImage];
    const panelTop = panelsOf(first)[0].top;
    const strips = pictures.map(({ data, width }) => Buffer.from(data.subarray(0, panelTop * width * 3)));
    for (const [i, strip] of strips.entries())
      for (const other of strips.slice(i + 1)) expect(strip.equals(other)).toBe(false);
    for (const picture of pictures) expect(panelsOf(picture)).toEqual(panelsOf(first));
  });

  it.each([
    [128, 100, 3],
    [30, 200, 2],
    [400, 120, 1],
  ])(
    'is a %ix%i image alone where there is no map, with the outline of the true mask',
    async (width, height, factor) => {
      const mask = new Uint8Array(width * height);
      mask[20 * width + 10] = 1;
      const alone = { ...content(width, height, { x: 0, y: 0 }), map: null, mapScale: null };
      const [bare, outlined] = await Promise.all(
        [null, mask].map(async (mask) => decode(await renderOverlay({ ...alone, mask }))),
      );
      const all = ({ width, height }: RgbImage) => ({ left: 0, top: 0, width, height });
      const panel = find(bare as RgbImage, BLACK, all(bare as RgbImage));
      expect(panel).toMatchObject({
        width: width * factor,
        height: height * factor,
        count: width * factor * height * factor,
      });
      expect(find(bare as RgbImage, TRUE, all(bare as RgbImage)).count).toBe(0);
      expectLineAround(find(outlined as RgbImage, TRUE, panel), {
        left: panel.left + 10 * factor,
        top: panel.top + 20 * factor,
        width: factor,
        height: factor,
      });
      for (const picture of [bare, outlined])
        for (const color of [PREDICTED, HOT])
          expect(find(picture as RgbImage, color, all(picture as RgbImage)).count).toBe(0);
      const others = ['nominal', 'defective'].map((verdict) =>
        renderOverlay({ ...alone, caption: { ...alone.caption, verdict } }),
      );
      const [one, other] = (await Promise.all(others)) as [Buffer, Buffer];
      expect(one.equals(other)).toBe(false);
    },
  );

  it('takes the ends of the map for those of the scale where there are no others', async () => {
    const some = { ...content(50, 40, { x: 3, y: 3 }), mapScale: { min: 0, max: 1 } };
    expect((await renderOverlay({ ...some, mapScale: null })).equals(await renderOverlay(some))).toBe(true);
  });

  it('is the same file each time', async () => {
    const same = content(50, 40, { x: 3, y: 3 });
    expect((await renderOverlay(same)).equals(await renderOverlay(same))).toBe(true);
  });

  it('draws large images smaller, and loses no pixel that was found', async () => {
    const [width, height] = [4000, 3001];
    const picture = await decode(await renderOverlay(content(width, height, { x: 3999, y: 0 })));
    expect(picture.width).toBeLessThan(3 * 1600);
    const whole = { left: 0, top: 0, width: picture.width, height: picture.height };
    expect(find(picture, HOT, whole).count).toBeGreaterThan(0);
    expect(find(picture, PREDICTED, whole).count).toBeGreaterThan(0);
  });

  it('says so where sizes differ', async () => {
    const good = content(8, 6, { x: 0, y: 0 });
    await expect(renderOverlay({ ...good, map: new Float32Array(40) })).rejects.toThrow(
      'The anomaly map has 40 pixels but the image has 8x6',
    );
    await expect(renderOverlay({ ...good, mask: new Uint8Array(64) })).rejects.toThrow(
      'The mask has 64 pixels but the image has 8x6',
    );
  });
});
