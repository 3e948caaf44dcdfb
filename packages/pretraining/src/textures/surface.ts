/** A texture in colour: one or two fields, the colours their values stand for, and the light that falls on them. */
import { between, clamp, type Field, mix, type Random } from '@adfw/core';
import { chance, pick } from '../random.js';
import { cells } from './cells.js';
import { clouds } from './clouds.js';
import { dots } from './dots.js';
import { fibres } from './fibres.js';
import type { TextureFamily } from './field.js';
import { gradients } from './gradients.js';
import { rings } from './rings.js';
import { stripes } from './stripes.js';
import { tiles } from './tiles.js';
import { weaves } from './weaves.js';

export const families = {
  cells,
  clouds,
  dots,
  fibres,
  gradients,
  rings,
  stripes,
  tiles,
  weaves,
} as const satisfies Record<string, TextureFamily>;

/** RGB, each 0 to 1. */
export type Colour = readonly [red: number, green: number, blue: number];

/** Writes the colour at a point into three places of `pixels`, from `at` on. */
export type Surface = (x: number, y: number, pixels: Float32Array, at: number) => void;

/** A random surface: a texture of one family, or of two laid over each other. */
export function randomSurface(random: Random): Surface {
  const texture = chance(random, 0.35) ? blended(random) : randomTexture(random);
  const field = chance(random, 0.35) ? inRelief(random, texture) : texture;
  const colours = randomColours(random);
  const last = colours.length - 1;
  return (x, y, pixels, at) => {
    const position = clamp(field(x, y), 0, 1) * last;
    const index = Math.min(Math.floor(position), last - 1);
    const share = position - index;
    const [from, to] = [colours[index] as Colour, colours[index + 1] as Colour];
    pixels[at] = mix(from[0], to[0], share);
    pixels[at + 1] = mix(from[1], to[1], share);
    pixels[at + 2] = mix(from[2], to[2], share);
  };
}

const randomTexture = (random: Random): Field => pick(random, Object.values(families))(random);

/** One texture with another on it, or showing where a third is low. */
function blended(random: Random): Field {
  const [first, second] = [randomTexture(random), randomTexture(random)];
  const share = between(random, 0.15, 0.5);
  if (chance(random, 0.5)) return (x, y) => mix(first(x, y), second(x, y), share);
  const mask = randomTexture(random);
  return (x, y) => (mask(x, y) < share ? second(x, y) : first(x, y));
}

/** The field as height, lit from one side: what faces the light is bright. */
function inRelief(random: Random, height: Field): Field {
  const [towardsX, towardsY] = [between(random, -1.5, 1.5), between(random, -1.5, 1.5)];
  const depth = between(random, 0.5, 2.5);
  const pigment = between(random, 0, 0.6);
  return (x, y) => {
    const here = height(x, y);
    return 0.5 + depth * (here - height(x + towardsX, y + towardsY)) + pigment * (here - 0.5);
  };
}

/** Two to four colours, near each other in hue more often than not, as those of one material are. */
export function randomColours(random: Random): Colour[] {
  const count = 2 + Math.floor(random() * random() * 3);
  const colourful = random() ** 2;
  const hue = random();
  const hueRange = chance(random, 0.25) ? 1 : 0.15;
  const [darkest, brightest] = [random(), random()];
  return Array.from({ length: count }, (_, index) => {
    const value = clamp(mix(darkest, brightest, index / (count - 1)) + between(random, -0.1, 0.1), 0, 1);
    return colour(hue + hueRange * (random() - 0.5), colourful * random(), value);
  });
}

/** From hue (any number, period 1), saturation and value, 0 to 1 (Smith 1978, "Color gamut transform pairs"). */
function colour(hue: number, saturation: number, value: number): Colour {
  const channel = (offset: number) => {
    const k = (offset + (hue - Math.floor(hue)) * 6) % 6;
    return value * (1 - saturation * clamp(Math.min(k, 4 - k), 0, 1));
  };
  return [channel(5), channel(3), channel(1)];
}
