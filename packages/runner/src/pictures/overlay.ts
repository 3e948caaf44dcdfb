/** A picture of one scored image for a person to look at: the image, its anomaly map, and what was found, side by side. */
import { DataError, NO_SCORE, type RgbImage, resizeBilinear, type ValueRange, valueRange } from '@adfw/core';
import sharp from 'sharp';
import { type ColorScale, colorAt, colorScale, positionOn, scoreColors } from './color-scale.js';
import { maskOutline } from './mask-outline.js';
import { shrinkMap } from './shrink-map.js';
import { shortenedToWidth, textPath, textWidth } from './text-path.js';

export interface OverlayContent {
  readonly image: RgbImage;
  /** The anomaly map, `[height, width]` of the image in rows, -Infinity where it has no score; null where there is none. */
  readonly map: Float32Array | null;
  /** The scores at the ends of the colour scale; the same for all images of a run, so that colours can be compared. Null for the map's own. */
  readonly mapScale: ValueRange | null;
  /** The pixel score from which on a pixel counts as defective; Infinity where there is no threshold. */
  readonly threshold: number;
  /** The true mask, 1 where defective and 0 elsewhere; null or left out where it is not known. */
  readonly mask?: Uint8Array | null;
  readonly caption: {
    /** What the image is called; its beginning is left out where it is too long. */
    readonly title: string;
    /** The image's score and the threshold it was compared with, raw or normalised; NaN where there is none. */
    readonly score: number;
    readonly threshold: number;
    /** What it is called; `threshold` where nothing is said. */
    readonly thresholdName?: string | undefined;
    /** `nominal`, `defective`, or why there is none. */
    readonly verdict: string;
  };
}

/** Panels are enlarged by a whole factor, until their longer side is about this many pixels. */
const PANEL_SIZE = 384;
/** Larger images are drawn smaller, by a whole factor: a picture of three panels is of three times their pixels. */
const LARGEST_SIDE = 1600;
/** How much of the anomaly map's panel is heat; the rest is the image in grey. */
const HEAT_OPACITY = 0.6;
/** Two thirds of the size that the default settings give on these pictures. */
const COMPRESSION = { adaptiveFiltering: true, compressionLevel: 3 };
const BACKGROUND = '#ffffff';
const TEXT = '#1f2328';
const FAINT = '#656d76';
const VERDICTS: Readonly<Record<string, string>> = { defective: '#cf222e', nominal: '#1a7f37' };
// Told apart from each other with any kind of colour vision, and from grey.
const PREDICTED = '#ff8c00';
const TRUE = '#00a8ff';
/** Dashed with white, so that no image hides it. */
const SCORED = '#6e2594';

/**
 * Draws an image, its anomaly map as a heat map over it, and the outlines of the predicted mask (`score >= threshold`) and of
 * the true one, below a line with the verdict, the title, the score and the threshold. Without a map it is the image alone, with the
 * outline of the true mask.
 *
 * The colour scale goes from `mapScale.min` over the threshold in its middle to `mapScale.max`, so that the bright half of it is
 * what counts as defective; the bar below the panel shows it. Outlines run around the masks, on the pixels next to them.
 *
 * @returns a PNG file.
 * @throws DataError where the map or the mask is not of the image's size.
 */
export async function renderOverlay(given: OverlayContent): Promise<Buffer> {
  if (given.map) checkSize('anomaly map', given.map, given.image);
  if (given.mask) checkSize('mask', given.mask, given.image);
  const content = shrunk(given);
  const { image, map, mapScale, threshold, mask = null } = content;
  const found = map && foundOn(map, mapScale ?? valueRange([map]), threshold);
  const layout = layoutOf(image, found ? THREE_PANELS : ONE_PANEL);

  const strips = labels(content, found, layout);
  const [enlarged, ...drawnStrips] = await Promise.all([
    enlargedImage(image, layout),
    ...strips.map(({ svg }) => drawn(svg)),
  ]);
  const canvas = blank(layout.width, layout.height);
  const panels = found ? [enlarged, heatMap(enlarged, found, image, layout.factor), enlarged] : [enlarged];
  for (const [i, panel] of panels.entries())
    paste(canvas, panel, layout.panelsLeft[i] as number, layout.panelTop);
  for (const [i, strip] of drawnStrips.entries()) paste(canvas, strip, 0, strips[i]?.top as number);
  const lineAround = (inside: Uint8Array) => maskOutline(inside, image, layout.factor, layout.lineWidth);
  const [predictedLine, trueLine, scoredLine = null] = await Promise.all([
    found && lineAround(found.predicted),
    mask && lineAround(mask),
    found?.scored && lineAround(found.scored),
  ]);
  drawOutlines(canvas, image, { predictedLine, trueLine, scoredLine }, layout);
  return sharp(canvas.data, { raw: { width: canvas.width, height: canvas.height, channels: 3 } })
    .png(COMPRESSION)
    .toBuffer();
}

/** Of the map and the mask the highest of what becomes one pixel: what reaches the threshold still does. */
function shrunk(content: OverlayContent): OverlayContent {
  const { image, map, mask } = content;
  const factor = Math.ceil(Math.max(image.width, image.height) / LARGEST_SIDE);
  if (factor === 1) return content;
  const size = { height: Math.ceil(image.height / factor), width: Math.ceil(image.width / factor) };
  return {
    ...content,
    mapScale: content.mapScale ?? (map && valueRange([map])),
    image: { ...size, data: resizeBilinear(image.data, image, size) },
    map: map && shrinkMap(map, image, LARGEST_SIDE).data,
    ...(mask && { mask: shrinkMap(mask, image, LARGEST_SIDE).data }),
  };
}

/** What the anomaly map shows. */
interface Found {
  readonly map: Float32Array;
  readonly scale: ColorScale;
  /** 1 where it reaches the threshold. */
  readonly predicted: Uint8Array;
  /** 1 where it has a score; null where it has one everywhere. */
  readonly scored: Uint8Array | null;
}

function foundOn(map: Float32Array, { min, max }: ValueRange, threshold: number): Found {
  const predicted = new Uint8Array(map.length);
  for (let i = 0; i < map.length; i++) if ((map[i] as number) >= threshold) predicted[i] = 1;
  const scored = map.includes(NO_SCORE)
    ? Uint8Array.from(map, (score) => (score === NO_SCORE ? 0 : 1))
    : null;
  return { map, scale: colorScale(min, max, threshold), predicted, scored };
}

function checkSize(name: string, pixels: ArrayLike<number>, { width, height }: RgbImage): void {
  if (pixels.length !== width * height)
    throw new DataError(
      `The ${name} has ${pixels.length} pixels but the image has ${width}x${height}; resize both alike.`,
    );
}

/** Where everything is, in pixels of the picture. */
interface Layout {
  readonly width: number;
  readonly height: number;
  /** How many pixels of the picture, in each direction, a pixel of the image takes. */
  readonly factor: number;
  readonly lineWidth: number;
  readonly textSize: number;
  readonly gap: number;
  /** Of the column around a panel, which is wider than the panel where that is narrow. */
  readonly columnWidth: number;
  readonly columnsLeft: readonly number[];
  readonly panelsLeft: readonly number[];
  readonly panelTop: number;
  readonly panelHeight: number;
}

/** How panels stand side by side. */
interface Arrangement {
  readonly columns: number;
  /** How wide a column is at least, and how high what is above the panels, in sizes of the text. */
  readonly narrowest: number;
  readonly head: number;
}
const THREE_PANELS: Arrangement = { columns: 3, narrowest: 20, head: 4.5 };
/** The score has a line of its own. */
const ONE_PANEL: Arrangement = { columns: 1, narrowest: 30, head: 6.5 };

function layoutOf({ width, height }: RgbImage, { columns, narrowest, head }: Arrangement): Layout {
  const longer = Math.max(width, height);
  const factor = Math.max(1, Math.round(PANEL_SIZE / longer));
  const textSize = Math.max(13, Math.round((longer * factor) / 30));
  const gap = textSize;
  const columnWidth = Math.max(width * factor, textSize * narrowest);
  const columnsLeft = Array.from({ length: columns }, (_, column) => gap + column * (columnWidth + gap));
  const panelTop = gap + Math.round(textSize * head);
  return {
    width: gap + columns * (columnWidth + gap),
    height: panelTop + height * factor + Math.round(textSize * 3.6),
    factor,
    lineWidth: Math.max(2, Math.round((longer * factor) / 200)),
    textSize,
    gap,
    columnWidth,
    columnsLeft,
    panelsLeft: columnsLeft.map((left) => left + Math.floor((columnWidth - width * factor) / 2)),
    panelTop,
    panelHeight: height * factor,
  };
}

const blank = (width: number, height: number): RgbImage => ({
  width,
  height,
  data: new Uint8Array(width * height * 3).fill(255),
});

function paste(canvas: RgbImage, { width, height, data }: RgbImage, left: number, top: number): void {
  for (let y = 0; y < height; y++)
    canvas.data.set(data.subarray(y * width * 3, (y + 1) * width * 3), ((top + y) * canvas.width + left) * 3);
}

async function enlargedImage(image: RgbImage, { factor }: Layout): Promise<RgbImage> {
  if (factor === 1) return image;
  const [width, height] = [image.width * factor, image.height * factor];
  const data = await sharp(image.data, { raw: { width: image.width, height: image.height, channels: 3 } })
    .resize(width, height, { kernel: 'cubic', fit: 'fill' })
    .raw()
    .toBuffer();
  return { width, height, data };
}

async function drawn(svg: string): Promise<RgbImage> {
  const { data, info } = await sharp(Buffer.from(svg))
    .flatten({ background: BACKGROUND })
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, data };
}

/** The map's colours over the image in grey, which is seen alone where there is no score; each pixel of the map is a square of `factor` pixels. */
function heatMap(
  { width, height, data }: RgbImage,
  { map, scale, scored }: Found,
  image: RgbImage,
  factor: number,
): RgbImage {
  const colors = scoreColors(map, scale);
  const heat = new Uint8Array(data.length);
  for (let y = 0, at = 0; y < height; y++) {
    const row = Math.floor(y / factor) * image.width;
    for (let x = 0; x < width; x++, at += 3) {
      const pixel = row + Math.floor(x / factor);
      const opacity = scored?.[pixel] === 0 ? 0 : HEAT_OPACITY;
      const color = pixel * 3;
      const [red, green, blue] = [data[at] as number, data[at + 1] as number, data[at + 2] as number];
      const grey = (1 - opacity) * (0.299 * red + 0.587 * green + 0.114 * blue);
      heat[at] = opacity * (colors[color] as number) + grey;
      heat[at + 1] = opacity * (colors[color + 1] as number) + grey;
      heat[at + 2] = opacity * (colors[color + 2] as number) + grey;
    }
  }
  return { width, height, data: heat };
}

/** On the last panel, what {@link maskOutline} gave; where both lines run together they alternate. */
function drawOutlines(
  canvas: RgbImage,
  image: RgbImage,
  lines: Readonly<Record<'predictedLine' | 'trueLine' | 'scoredLine', Uint8Array | null>>,
  { factor, lineWidth, panelsLeft, panelTop, panelHeight }: Layout,
): void {
  const { predictedLine, trueLine, scoredLine } = lines;
  const width = image.width * factor + 2 * lineWidth;
  const [predictedColor, trueColor] = [rgb(PREDICTED), rgb(TRUE)];
  const scoredColors = [rgb(SCORED), rgb(BACKGROUND)] as const;
  const left = (panelsLeft.at(-1) as number) - lineWidth;
  const dash = 4 * lineWidth;
  for (let i = 0; i < width * (panelHeight + 2 * lineWidth); i++) {
    const isPredicted = predictedLine !== null && predictedLine[i] !== 0;
    const isTrue = trueLine !== null && trueLine[i] !== 0;
    const isBorder = scoredLine !== null && scoredLine[i] !== 0;
    if (!isPredicted && !isTrue && !isBorder) continue;
    const x = i % width;
    const y = (i - x) / width;
    const isDash = (x + y) % (2 * dash) < dash;
    const found = isTrue && (!isPredicted || isDash) ? trueColor : predictedColor;
    const at = (panelTop - lineWidth + y) * canvas.width + left + x;
    canvas.data.set(isPredicted || isTrue ? found : scoredColors[isDash ? 0 : 1], at * 3);
  }
}

const rgb = (hex: string) => [1, 3, 5].map((digit) => Number.parseInt(hex.slice(digit, digit + 2), 16));

/** Everything that is not pixels, as strips of SVG above and below the panels: to draw only those is faster. */
function labels(
  content: OverlayContent,
  found: Found | null,
  layout: Layout,
): { svg: string; top: number }[] {
  const { textSize, columnsLeft, columnWidth, panelTop, panelHeight, lineWidth } = layout;
  const titles = found
    ? ['image', 'anomaly map', content.mask ? 'predicted and true defect' : 'predicted defect']
    : [content.mask ? 'image and true defect' : 'image'];
  const titleBase = panelTop - Math.round(textSize * 0.6);
  const legendTop = panelTop + panelHeight + Math.round(textSize * 0.9);
  const strip = (top: number, bottom: number, parts: string[]) => ({
    svg:
      `<svg xmlns="http://www.w3.org/2000/svg" width="${layout.width}" height="${bottom - top}" ` +
      `viewBox="0 ${top} ${layout.width} ${bottom - top}">${parts.join('')}</svg>`,
    top,
  });
  return [
    strip(0, panelTop - lineWidth, [
      captionLine(content.caption, layout),
      ...titles.map((title, column) =>
        textPath(title, columnsLeft[column] as number, titleBase, textSize, TEXT),
      ),
    ]),
    strip(panelTop + panelHeight + lineWidth, layout.height, [
      found ? colorBar(found.scale, columnsLeft[1] as number, legendTop, columnWidth, textSize) : '',
      lineLegend(content, found, columnsLeft.at(-1) as number, legendTop, textSize),
    ]),
  ];
}

function captionLine(
  { title, score, threshold, thresholdName, verdict }: OverlayContent['caption'],
  layout: Layout,
): string {
  const { width, gap, textSize, columnsLeft } = layout;
  const size = Math.round(textSize * 1.15);
  const [badgeHeight, padding] = [Math.round(size * 1.8), Math.round(size * 0.6)];
  const base = gap + Math.round(badgeHeight / 2 + size * 0.36);
  const badgeWidth = Math.round(textWidth(verdict, size)) + 2 * padding;
  const numbers = comparison(score, threshold, thresholdName);
  const titleLeft = gap + badgeWidth + gap;
  const isAlone = columnsLeft.length === 1;
  const numbersLeft = isAlone ? gap : width - gap - textWidth(numbers, size);
  const titleRight = isAlone ? width : numbersLeft;
  return [
    `<rect x="${gap}" y="${gap}" width="${badgeWidth}" height="${badgeHeight}" rx="${size / 3}" fill="${VERDICTS[verdict] ?? FAINT}"/>`,
    textPath(verdict, gap + padding, base, size, '#ffffff'),
    textPath(shortenedToWidth(title, titleRight - titleLeft - gap, size), titleLeft, base, size, TEXT),
    textPath(numbers, numbersLeft, isAlone ? base + 2 * textSize : base, size, TEXT),
  ].join('');
}

/** With as many digits as it takes to see which is higher. */
function comparison(score: number, threshold: number, thresholdName = 'threshold'): string {
  if (!Number.isFinite(threshold)) return `score ${short(score)}`;
  let digits = 3;
  while (digits < 9 && score !== threshold && short(score, digits) === short(threshold, digits)) digits++;
  const sign = score >= threshold ? '≥' : '<';
  return `score ${short(score, digits)} ${sign} ${thresholdName} ${short(threshold, digits)}`;
}

const short = (value: number, digits = 3) => String(Number(value.toPrecision(digits)));

function colorBar(scale: ColorScale, left: number, top: number, width: number, textSize: number): string {
  const height = Math.round(textSize * 0.8);
  const stops = Array.from({ length: 33 }, (_, i) => i / 32);
  const base = top + height + Math.round(textSize * 1.2);
  const size = textSize * 0.85;
  const [min, max] = [short(scale.min), short(scale.max)];
  const parts = [
    `<linearGradient id="scale">${stops.map((at) => `<stop offset="${at}" stop-color="${colorAt(at)}"/>`).join('')}</linearGradient>`,
    `<rect x="${left}" y="${top}" width="${width}" height="${height}" fill="url(#scale)"/>`,
    textPath(min, left, base, size, FAINT),
    textPath(max, left + width - textWidth(max, size), base, size, FAINT),
  ];
  if (scale.middle !== null) {
    const x = left + width * positionOn(scale, scale.middle);
    const text = `threshold ${short(scale.middle)}`;
    parts.push(
      `<path d="M${x} ${top - height / 2}V${top + height * 1.5}" stroke="${TEXT}" stroke-width="2"/>`,
      textPath(text, x - textWidth(text, size) / 2, base, size, TEXT),
    );
  }
  return parts.join('');
}

function lineLegend(
  { threshold, mask = null }: OverlayContent,
  found: Found | null,
  left: number,
  top: number,
  textSize: number,
): string {
  const swatch = Math.round(textSize * 0.8);
  const none = Number.isFinite(threshold) ? 'none' : 'no threshold';
  const entries = [
    ...(found
      ? [{ color: PREDICTED, text: found.predicted.includes(1) ? 'predicted' : `predicted: ${none}` }]
      : []),
    ...(mask ? [{ color: TRUE, text: mask.some((pixel) => pixel !== 0) ? 'true' : 'true: none' }] : []),
    ...(found?.scored ? [{ color: SCORED, text: 'scored' }] : []),
  ];
  let x = left;
  return entries
    .map(({ color, text }) => {
      const textLeft = x + swatch * 1.5;
      const entry = `<rect x="${x + 1}" y="${top + 1}" width="${swatch - 2}" height="${swatch - 2}" fill="none" stroke="${color}" stroke-width="2"/>`;
      x = textLeft + textWidth(text, textSize) + textSize * 1.5;
      return entry + textPath(text, textLeft, top + swatch, textSize, TEXT);
    })
    .join('');
}
