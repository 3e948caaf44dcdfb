/** Random pieces of images: of any place and of a size within a range, resized, mirrored and turned by quarters, with other colours. */
import { between, clamp, mix, type Random, type RgbImage, randomNormal } from '@adfw/core';
import { betweenScales, chance } from './random.js';

export interface CropOptions {
  /** Height and width of a crop. */
  readonly size: number;
  /**
   * Where it is set, twice as many crops as images come: the second half shows what the first does, image by image, moved by up to
   * `shift` pixels along each axis and with other colours and noise.
   */
  readonly pairs?: { readonly shift: number };
}

/** Pixels of the image a pixel of the crop covers: below 1 the image is enlarged. */
const SCALES = [0.7, 1.5] as const;

/** A crop of each image; which ones depends on the random numbers alone. */
export function cropsOf(
  images: readonly RgbImage[],
  random: Random,
  { size, pairs }: CropOptions,
): RgbImage[] {
  const places = images.map((image) => randomPlace(random, image, size));
  const first = places.map((place) => recoloured(random, cut(place, size)));
  if (!pairs) return first;
  const moved = places.map((place) => {
    const [across, down] = [between(random, -1, 1), between(random, -1, 1)];
    const shift = pairs.shift * place.scale;
    return { ...place, x: place.x + across * shift, y: place.y + down * shift };
  });
  return [...first, ...moved.map((place) => grainy(random, recoloured(random, cut(place, size))))];
}

/** A square of an image, which may reach past its border: what is there is the nearest pixel. */
interface Place {
  readonly image: RgbImage;
  /** Its upper left corner. */
  readonly x: number;
  readonly y: number;
  /** Pixels of the image a pixel of the crop. */
  readonly scale: number;
  readonly mirrored: boolean;
  readonly turned: boolean;
}

function randomPlace(random: Random, image: RgbImage, size: number): Place {
  const largest = Math.min(image.height, image.width) / size;
  const [low, high] = SCALES;
  const scale = Math.min(betweenScales(random, low, high), largest);
  const side = scale * size;
  return {
    image,
    x: random() * (image.width - side),
    y: random() * (image.height - side),
    scale,
    mirrored: chance(random, 0.5),
    turned: chance(random, 0.5),
  };
}

/** The place as an image of `size` by `size`, between pixels bilinear. */
function cut({ image, x, y, scale, mirrored, turned }: Place, size: number): RgbImage {
  const { width, height, data } = image;
  const result = new Uint8Array(size * size * 3);
  for (let row = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const [across, down] = turned ? [row, column] : [column, row];
      const left = clamp(x + ((mirrored ? size - 1 - across : across) + 0.5) * scale - 0.5, 0, width - 1);
      const top = clamp(y + (down + 0.5) * scale - 0.5, 0, height - 1);
      const [column0, row0] = [Math.floor(left), Math.floor(top)];
      const [shareX, shareY] = [left - column0, top - row0];
      const upper = (row0 * width + column0) * 3;
      const right = column0 + 1 < width ? 3 : 0;
      const below = row0 + 1 < height ? width * 3 : 0;
      const at = (row * size + column) * 3;
      for (let channel = 0; channel < 3; channel++) {
        const from = upper + channel;
        const above = mix(data[from] as number, data[from + right] as number, shareX);
        const under = mix(data[from + below] as number, data[from + below + right] as number, shareX);
        result[at + channel] = Math.round(mix(above, under, shareY));
      }
    }
  return { width: size, height: size, data: result };
}

/** Another exposure, contrast, saturation and white balance; one in five grey. In place. */
function recoloured(random: Random, image: RgbImage): RgbImage {
  const { data } = image;
  const contrast = between(random, 0.6, 1.4);
  const brightness = between(random, 0.7, 1.3);
  const saturation = chance(random, 0.2) ? 0 : between(random, 0.5, 1.3);
  const balance = [between(random, 0.9, 1.1), 1, between(random, 0.9, 1.1)] as const;
  let sum = 0;
  for (let at = 0; at < data.length; at++) sum += data[at] as number;
  const mean = sum / data.length;
  for (let at = 0; at < data.length; at += 3) {
    // Luma of ITU-R BT.601.
    const [red, green, blue] = [data[at] as number, data[at + 1] as number, data[at + 2] as number];
    const grey = 0.299 * red + 0.587 * green + 0.114 * blue;
    for (let channel = 0; channel < 3; channel++) {
      const own = grey + saturation * ((data[at + channel] as number) - grey);
      const tint = saturation === 0 ? 1 : (balance[channel] as number);
      const value = (mean + contrast * (own - mean)) * brightness * tint;
      data[at + channel] = Math.round(clamp(value, 0, 255));
    }
  }
  return image;
}

/** With noise as that of a sensor. In place. */
function grainy(random: Random, image: RgbImage): RgbImage {
  const grain = between(random, 0, 8);
  image.data.forEach((value, at) => {
    image.data[at] = Math.round(clamp(value + grain * randomNormal(random), 0, 255));
  });
  return image;
}
