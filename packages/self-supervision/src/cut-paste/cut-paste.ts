/** The augmentations of CutPaste (Li et al. 2021): a piece of an image, pasted elsewhere into the same image. */
import { between, ConfigurationError, type Random, type RgbImage, type Size } from '@adfw/core';

/** Grey in the channels of RGB, ITU-R BT.601. */
const LUMA = [0.299, 0.587, 0.114] as const;

export interface CutPasteOptions {
  /** Brightness, contrast and saturation of what is pasted change by up to this share. */
  readonly jitter: number;
}

const integer = (value: number, least: number, most: number) =>
  Math.min(most, Math.max(least, Math.round(value)));

/** Shares of the image's area, and the side lengths' quotient at most, of what {@link cutPaste} pastes. */
const [LEAST_AREA, MOST_AREA, MOST_ASPECT] = [0.02, 0.15, 3.3];

/** @throws ConfigurationError where the smallest and thinnest rectangle of {@link cutPaste} is thinner than a pixel. */
export function checkPasteSize({ height, width }: Size, what: 'Images' | 'Patches', path: string): void {
  if (Math.sqrt((LEAST_AREA * height * width) / MOST_ASPECT) < 1)
    throw new ConfigurationError(
      `${what} of ${height}x${width} are too small for CutPaste: the smallest piece that it pastes, 2 % of the area, would be thinner than a pixel. Give ${path} 13 pixels or more.`,
    );
}

/**
 * A rectangle of 2 to 15 % of the image's area, of an aspect from 0.3 to 1 or 1 to 3.3, jittered and pasted; it lies wholly inside.
 * @returns a new image.
 */
export function cutPaste(image: RgbImage, random: Random, { jitter }: CutPasteOptions): RgbImage {
  const { width, height } = image;
  const area = between(random, LEAST_AREA, MOST_AREA) * width * height;
  const aspect = random() < 0.5 ? between(random, 0.3, 1) : between(random, 1, MOST_ASPECT);
  const along = integer(Math.sqrt(area * aspect), 1, width);
  const across = integer(Math.sqrt(area / aspect), 1, height);
  return pasted(image, random, { along, across, angle: 0, jitter });
}

/** Sizes of scars are pixels of images of this size. */
const SCAR_IMAGE = 256;

/**
 * The same of a thin rectangle, 2 to 16 by 10 to 25 pixels of an image of 256, turned by up to 45 degrees.
 * @returns a new image.
 */
export function cutPasteScar(image: RgbImage, random: Random, { jitter }: CutPasteOptions): RgbImage {
  const { width, height } = image;
  const unit = Math.min(width, height) / SCAR_IMAGE;
  const along = integer(between(random, 2, 16) * unit, 1, width);
  const across = integer(between(random, 10, 25) * unit, 2, height);
  return pasted(image, random, { along, across, angle: between(random, -Math.PI / 4, Math.PI / 4), jitter });
}

interface Piece {
  /** Pixels. */
  readonly along: number;
  readonly across: number;
  /** Radians. */
  readonly angle: number;
  readonly jitter: number;
}

function pasted(image: RgbImage, random: Random, { along, across, angle, jitter }: Piece): RgbImage {
  const { width, height } = image;
  const place = (length: number, piece: number) => Math.floor(random() * (length - piece + 1));
  const [left, top] = [place(width, along), place(height, across)];
  const recolour = jittered(image, { left, top, along, across }, random, jitter);
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  // The box around the turned piece.
  const boxWidth = Math.min(width, Math.ceil(Math.abs(along * cos) + Math.abs(across * sin) - 1e-9));
  const boxHeight = Math.min(height, Math.ceil(Math.abs(along * sin) + Math.abs(across * cos) - 1e-9));
  const [toX, toY] = [place(width, boxWidth), place(height, boxHeight)];
  const data = Uint8Array.from(image.data);
  for (let y = 0; y < boxHeight; y++)
    for (let x = 0; x < boxWidth; x++) {
      const [dx, dy] = [x + 0.5 - boxWidth / 2, y + 0.5 - boxHeight / 2];
      const u = Math.floor(cos * dx + sin * dy + along / 2 + 1e-9);
      const v = Math.floor(cos * dy - sin * dx + across / 2 + 1e-9);
      if (u < 0 || u >= along || v < 0 || v >= across) continue;
      const from = 3 * ((top + v) * width + left + u);
      data.set(recolour(from), 3 * ((toY + y) * width + toX + x));
    }
  return { width, height, data };
}

/** The colour of a pixel of the piece: brightness, contrast about the piece's mean grey, and saturation, each multiplied. */
function jittered(
  { data, width }: RgbImage,
  { left, top, along, across }: { left: number; top: number; along: number; across: number },
  random: Random,
  jitter: number,
): (at: number) => readonly [number, number, number] {
  const factor = () => between(random, 1 - jitter, 1 + jitter);
  const [brightness, contrast, saturation] = [factor(), factor(), factor()];
  const grey = (at: number) => LUMA.reduce((sum, weight, c) => sum + weight * (data[at + c] as number), 0);
  let mean = 0;
  for (let y = top; y < top + across; y++)
    for (let x = left; x < left + along; x++) mean += grey(3 * (y * width + x)) / (along * across);
  const channel = (at: number, c: number) => {
    const own = grey(at);
    const saturated = own + saturation * ((data[at + c] as number) - own);
    const value = brightness * (mean + contrast * (saturated - mean));
    return Math.min(255, Math.max(0, Math.round(value)));
  };
  return (at) => [channel(at, 0), channel(at, 1), channel(at, 2)];
}
