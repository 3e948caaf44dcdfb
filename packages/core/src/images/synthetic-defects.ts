/**
 * Defects drawn into nominal images. They are no real defects, and a detector that finds them need not find real ones; but they can be
 * had without a single defective image, and where one setting finds far more of them than another, that says something.
 */
import type { RgbImage } from '../contracts/dataset.js';
import { between, namedRandom, type Random } from './named-random.js';

export const syntheticDefectKinds = ['patch', 'scar', 'stain'] as const;
/**
 * `patch` and `scar` are CutPaste's (Li et al. 2021, section 3.2): a rectangle of the image, 2 to 15 % of its area, or a thin one,
 * turned, pasted elsewhere, its brightness and contrast jittered by up to 10 %. `stain` is an irregular spot, 0.1 to 2 % of the area,
 * darker or brighter than what it lies on, through which the surface shows (after DRAEM's blending, Zavrtanik et al. 2021, eq. 2).
 */
export type SyntheticDefectKind = (typeof syntheticDefectKinds)[number];

export interface SyntheticDefect {
  readonly image: RgbImage;
  /** 1 where a pixel was changed, row by row, `height` times `width`. */
  readonly mask: Uint8Array;
}

/**
 * @param image is left as it is.
 * @param seed together with `name` decides all random numbers.
 */
export function syntheticDefect(
  image: RgbImage,
  kind: SyntheticDefectKind,
  seed: number,
  name: string,
): SyntheticDefect {
  const random = namedRandom(seed, `${kind}/${name}`);
  const { width, height } = image;
  const canvas: Canvas = {
    source: image,
    data: Uint8Array.from(image.data),
    mask: new Uint8Array(width * height),
  };
  drawings[kind](canvas, random);
  return { image: { width, height, data: canvas.data }, mask: canvas.mask };
}

interface Canvas {
  readonly source: RgbImage;
  readonly data: Uint8Array;
  readonly mask: Uint8Array;
}

const drawings: Record<SyntheticDefectKind, (canvas: Canvas, random: Random) => void> = {
  patch(canvas, random) {
    const { width, height } = canvas.source;
    const area = between(random, 0.02, 0.15) * width * height;
    const aspect = random() < 0.5 ? between(random, 0.3, 1) : between(random, 1, 3.3);
    paste(canvas, random, { along: Math.sqrt(area * aspect), across: Math.sqrt(area / aspect), angle: 0 });
  },
  scar(canvas, random) {
    // CutPaste's 2 to 16 by 10 to 25 pixels of images of 256.
    const unit = Math.min(canvas.source.width, canvas.source.height) / 256;
    paste(canvas, random, {
      along: between(random, 10, 25) * unit,
      across: between(random, 2, 16) * unit,
      angle: between(random, -Math.PI / 4, Math.PI / 4) + (random() < 0.5 ? 0 : Math.PI / 2),
    });
  },
  stain(canvas, random) {
    const { width, height } = canvas.source;
    const radius = Math.sqrt((between(random, 0.001, 0.02) * width * height) / Math.PI);
    const outline = irregularRadius(radius, random);
    const [x, y] = [between(random, 0, width), between(random, 0, height)];
    const opacity = between(random, 0.1, 0.4);
    // As far from the surface's own brightness as the opacity allows: nothing is seen of a dark stain on black.
    const surface = meanAround(canvas.source, x, y, radius);
    const colour = surface > 127 ? between(random, 0, 60) : between(random, 195, 255);
    change(canvas, [x, y], 2 * radius, (dx, dy, at) =>
      Math.hypot(dx, dy) > outline(Math.atan2(dy, dx))
        ? null
        : (channel) => (1 - opacity) * (canvas.source.data[3 * at + channel] as number) + opacity * colour,
    );
  },
};

interface Rectangle {
  /** Pixels. */
  readonly along: number;
  readonly across: number;
  /** Radians. */
  readonly angle: number;
}

/** A rectangle of the image, turned and jittered, somewhere else in it. */
function paste(canvas: Canvas, random: Random, { along, across, angle }: Rectangle): void {
  const { source } = canvas;
  const { width, height } = source;
  const anywhere = (): [number, number] => [between(random, 0, width), between(random, 0, height)];
  const [fromX, fromY] = anywhere();
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  const [brightness, contrast] = [between(random, -25.5, 25.5), between(random, 0.9, 1.1)];
  change(canvas, anywhere(), Math.hypot(along, across) / 2, (dx, dy) => {
    const [u, v] = [cos * dx + sin * dy, cos * dy - sin * dx];
    if (Math.abs(u) > along / 2 || Math.abs(v) > across / 2) return null;
    const from = mirrored(fromY + v, height) * width + mirrored(fromX + u, width);
    return (channel) => ((source.data[3 * from + channel] as number) - 127.5) * contrast + 127.5 + brightness;
  });
}

/**
 * Sets the pixels within `reach` of a point.
 * @param colourAt what each channel becomes `dx`, `dy` from the point, at the pixel `at`; null for pixels that stay.
 */
function change(
  { source: { width, height }, data, mask }: Canvas,
  [x, y]: readonly [number, number],
  reach: number,
  colourAt: (dx: number, dy: number, at: number) => ((channel: number) => number) | null,
): void {
  const range = (centre: number, length: number): [number, number] => [
    Math.max(0, Math.floor(centre - reach)),
    Math.min(length - 1, Math.ceil(centre + reach)),
  ];
  const [left, right] = range(x, width);
  const [top, bottom] = range(y, height);
  for (let row = top; row <= bottom; row++)
    for (let column = left; column <= right; column++) {
      const at = row * width + column;
      const colour = colourAt(column - x, row - y, at);
      if (!colour) continue;
      mask[at] = 1;
      for (let channel = 0; channel < 3; channel++)
        data[3 * at + channel] = Math.min(255, Math.max(0, Math.round(colour(channel))));
    }
}

/** A closed curve around a point: its radius at an angle, up to twice and down to a third of `radius`. */
function irregularRadius(radius: number, random: Random): (angle: number) => number {
  const waves = [1, 2, 3, 5].map((count) => ({
    count,
    height: between(random, 0, 0.35 / count),
    phase: between(random, 0, 2 * Math.PI),
  }));
  return (angle) =>
    radius *
    waves.reduce((sum, { count, height, phase }) => sum + height * Math.cos(count * angle + phase), 1);
}

function meanAround(image: RgbImage, x: number, y: number, radius: number): number {
  let sum = 0;
  for (let step = 0; step < 16; step++) {
    const angle = (step / 16) * 2 * Math.PI;
    const column = mirrored(x + (radius / 2) * Math.cos(angle), image.width);
    const row = mirrored(y + (radius / 2) * Math.sin(angle), image.height);
    for (let channel = 0; channel < 3; channel++)
      sum += image.data[3 * (row * image.width + column) + channel] as number;
  }
  return sum / 48;
}

/** The pixel at a position, which is mirrored at the borders. */
function mirrored(position: number, length: number): number {
  const within = Math.abs(Math.floor(position)) % (2 * length);
  return within < length ? within : 2 * length - 1 - within;
}
