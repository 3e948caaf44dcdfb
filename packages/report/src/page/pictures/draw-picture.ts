/** Draws an image with its heat map and outlines into a canvas. */
import { outlineRings } from '@adfw/core';
import { interpolateInferno } from 'd3-scale-chromatic';
import type { DecodedMap, DecodedPicture } from './pictures.js';

export interface PictureStyle {
  /** How much of what is seen is heat, 0 to 1. */
  readonly heat: number;
  readonly showsPredicted: boolean;
  readonly showsTrue: boolean;
}

export interface PictureContent {
  readonly picture: DecodedPicture;
  /** Which run's anomaly map. */
  readonly run: number;
  /** The lowest score of each level of the map; null where there are no maps. */
  readonly levels: readonly number[] | null;
  readonly threshold: number;
  readonly isCalledDefective: boolean;
}

/** As in the overlays of a run; told apart from each other with any kind of colour vision. */
const PREDICTED = '#ff8c00';
const TRUE = '#00a8ff';
/** Dashed on white, so that no image hides it. */
const SCORED = '#6e2594';

/** @param side of the canvas, in pixels of the screen, the longer one. */
export function drawPicture(
  canvas: HTMLCanvasElement,
  content: PictureContent,
  style: PictureStyle,
  side: number,
): void {
  const { picture, run } = content;
  const { width, height } = picture.size;
  const scale = side / Math.max(width, height);
  canvas.width = Math.round(width * scale);
  canvas.height = Math.round(height * scale);
  const context = canvas.getContext('2d');
  if (!context) return;
  const map = picture.maps[run] ?? null;
  if (picture.image) context.drawImage(picture.image, 0, 0, canvas.width, canvas.height);
  if (map && style.heat > 0) {
    context.globalAlpha = picture.image ? style.heat : 1;
    const [across, down] = pixelSize(canvas, map);
    context.drawImage(heatImage(map), 0, 0, map.width * across, map.height * down);
    context.globalAlpha = 1;
  }
  const lineWidth = 1.5 + canvas.width / 600;
  const scored = picture.scored[run];
  if (scored && style.heat > 0) {
    strokeOutline(context, canvas, scored, 1, '#ffffff', lineWidth);
    context.setLineDash([3 * lineWidth, 3 * lineWidth]);
    strokeOutline(context, canvas, scored, 1, SCORED, lineWidth);
    context.setLineDash([]);
  }
  if (style.showsTrue && picture.mask) strokeOutline(context, canvas, picture.mask, 1, TRUE, lineWidth + 1.2);
  if (style.showsPredicted && map && content.levels && content.isCalledDefective)
    strokeOutline(
      context,
      canvas,
      map,
      cutLevel(map, content.levels, content.threshold),
      PREDICTED,
      lineWidth,
    );
}

/**
 * The level from which on pixels are outlined: the one that begins nearest to the threshold, but one that the map has, since an image
 * is called defective by its highest score.
 */
export function cutLevel(
  { highest }: Pick<DecodedMap, 'highest'>,
  levels: readonly number[],
  threshold: number,
): number {
  const above = levels.findIndex((level) => level >= threshold);
  const nearest =
    above < 0
      ? levels.length
      : above > 0 && threshold - (levels[above - 1] as number) < (levels[above] as number) - threshold
        ? above - 1
        : above;
  return Math.min(nearest, highest);
}

/** Of each level red, green, blue and opacity: below the middle, where the threshold is, heat fades away, so that the image is seen. */
const COLORS = Uint8Array.from({ length: 256 * 4 }, (_, at) => {
  const [level, channel] = [Math.floor(at / 4), at % 4];
  if (channel === 3) return Math.min(255, 2 * level);
  const color = interpolateInferno(level / 255);
  return Number.parseInt(color.slice(1 + 2 * channel, 3 + 2 * channel), 16);
});

const heatImages = new WeakMap<DecodedMap, HTMLCanvasElement>();

/** The map in its colours, which no threshold changes. */
function heatImage(map: DecodedMap): HTMLCanvasElement {
  const known = heatImages.get(map);
  if (known) return known;
  const { width, height, values } = map;
  const canvas = Object.assign(document.createElement('canvas'), { width, height });
  const pixels = new ImageData(width, height);
  for (let i = 0; i < values.length; i++)
    for (let channel = 0; channel < 4; channel++)
      pixels.data[4 * i + channel] = COLORS[4 * (values[i] as number) + channel] as number;
  canvas.getContext('2d')?.putImageData(pixels, 0, 0);
  heatImages.set(map, canvas);
  return canvas;
}

/** How large a pixel of the map is on the canvas. */
const pixelSize = (canvas: HTMLCanvasElement, { span }: DecodedMap): [width: number, height: number] => [
  canvas.width / span.width,
  canvas.height / span.height,
];

/** Around the pixels of a map of whole numbers that are `from` or more. */
function strokeOutline(
  context: CanvasRenderingContext2D,
  canvas: HTMLCanvasElement,
  map: DecodedMap,
  from: number,
  color: string,
  lineWidth: number,
): void {
  const [across, down] = pixelSize(canvas, map);
  const rings = outlineRings(map.values, map, from - 0.5, {
    width: map.width * across,
    height: map.height * down,
  });
  // A line along the border is drawn inside.
  const inset = lineWidth / 2;
  const within = (at: number, length: number) => Math.min(length - inset, Math.max(inset, at));
  const path = new Path2D();
  for (const ring of rings) {
    const line = new Path2D();
    for (const [x, y] of ring) line.lineTo(within(x, canvas.width), within(y, canvas.height));
    line.closePath();
    path.addPath(line);
  }
  context.strokeStyle = color;
  context.lineWidth = lineWidth;
  context.lineJoin = 'round';
  context.stroke(path);
}
