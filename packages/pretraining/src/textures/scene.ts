/** Pictures to learn from: surfaces, things in front of each other, marks, light, and a camera's blur and noise. */
import { between, clamp, type Random, randomNormal, smoothStep } from '@adfw/core';
import { betweenScales, chance, pick, randomDirection } from '../random.js';
import { markOutline, type Outline, solidOutline } from './outlines.js';
import { randomSurface, type Surface } from './surface.js';

/** A picture in the making: `[size, size, 3]`, 0 to 1. */
interface Canvas {
  readonly size: number;
  readonly pixels: Float32Array;
}

/**
 * A picture of a kind drawn at random: a single surface with marks on it, or surfaces that hide one another, of sizes as natural
 * images have them (Lee, Mumford and Huang 2001, "Occlusion models for natural images"; as images to learn from, Baradad et
 * al. 2021, "Learning to see by looking at noise").
 * @returns `[size, size, 3]`, 0 to 255.
 */
export function drawScene(random: Random, size: number): Uint8Array {
  const canvas: Canvas = { size, pixels: new Float32Array(size * size * 3) };
  if (chance(random, 0.35)) fill(canvas, randomSurface(random));
  else deadLeaves(canvas, random);
  if (chance(random, 0.6)) addMarks(canvas, random);
  if (chance(random, 0.6)) addLight(canvas, random);
  if (chance(random, 0.5)) blur(canvas, between(random, 0.2, 1));
  return developed(canvas, chance(random, 0.6) ? betweenScales(random, 0.5, 8) : 0, random);
}

function fill({ size, pixels }: Canvas, surface: Surface): void {
  for (let y = 0, at = 0; y < size; y++) for (let x = 0; x < size; x++, at += 3) surface(x, y, pixels, at);
}

const MOST_LEAVES = 400;

/**
 * Leaves of random size and place, each hiding what fell before it. They are drawn from the last to the first, each where nothing
 * is yet, so that no pixel is computed twice. Radii have the density r⁻³, which makes the picture look alike at every scale.
 */
function deadLeaves({ size, pixels }: Canvas, random: Random): void {
  const free = new Uint8Array(size * size).fill(1);
  let left = size * size;
  const [smallest, largest] = [betweenScales(random, 4, 60), size * between(random, 0.3, 0.8)];
  // A picture has a few materials, which come again.
  const surfaces = Array.from({ length: 2 + Math.floor(random() * 7) }, () => randomSurface(random));
  for (let count = 0; count < MOST_LEAVES && left > 0; count++) {
    const radius = 1 / Math.sqrt(smallest ** -2 + random() * (largest ** -2 - smallest ** -2));
    const leaf = placed(random, size, solidOutline(random, radius));
    const surface = chance(random, 0.3) ? randomSurface(random) : pick(random, surfaces);
    const reach = Math.ceil(2 * radius);
    const shading = chance(random, 0.4) ? between(random, -0.6, 0.6) : 0;
    eachPixel(size, leaf, reach, (x, y, index) => {
      if (free[index] === 0) return;
      const inside = leaf.outline(x, y);
      if (inside <= 0) return;
      free[index] = 0;
      left -= 1;
      surface(x, y, pixels, index * 3);
      // Rounded things are darker, or brighter, towards their outline.
      const light = 1 - shading * (1 - clamp(inside / radius, 0, 1)) ** 2;
      if (shading !== 0) scale(pixels, index * 3, light);
    });
  }
  const ground = pick(random, surfaces);
  free.forEach((isFree, index) => {
    if (isFree) ground(index % size, Math.floor(index / size), pixels, index * 3);
  });
}

interface Placed {
  readonly x: number;
  readonly y: number;
  /** In the picture's coordinates. */
  readonly outline: Outline;
}

function placed(random: Random, size: number, outline: Outline): Placed {
  const [x, y] = [random() * size, random() * size];
  const [cosine, sine] = randomDirection(random);
  return {
    x,
    y,
    outline: (px, py) => {
      const [dx, dy] = [px - x, py - y];
      return outline(dx * cosine + dy * sine, dy * cosine - dx * sine);
    },
  };
}

function eachPixel(
  size: number,
  { x, y }: Placed,
  reach: number,
  visit: (x: number, y: number, index: number) => void,
): void {
  const [left, right] = [Math.max(0, Math.floor(x - reach)), Math.min(size - 1, Math.ceil(x + reach))];
  const [top, bottom] = [Math.max(0, Math.floor(y - reach)), Math.min(size - 1, Math.ceil(y + reach))];
  for (let row = top; row <= bottom; row++)
    for (let column = left; column <= right; column++) visit(column, row, row * size + column);
}

/** Spots, scratches and lines: darker, brighter, or of a surface of their own; some hardly to be seen. */
function addMarks({ size, pixels }: Canvas, random: Random): void {
  const count = Math.ceil(betweenScales(random, 1, 25));
  const mark = new Float32Array(3);
  for (let index = 0; index < count; index++) {
    const radius = betweenScales(random, 2, size * 0.2);
    const spot = placed(random, size, markOutline(random, radius));
    const surface = randomSurface(random);
    const opacity = betweenScales(random, 0.15, 1);
    const light = chance(random, 0.6) ? betweenScales(random, 0.3, 2.5) : null;
    const softness = betweenScales(random, 0.7, 5);
    eachPixel(size, spot, Math.ceil(2 * radius), (x, y, pixel) => {
      const inside = spot.outline(x, y);
      if (inside <= 0) return;
      const share = opacity * Math.min(1, inside / softness);
      const at = pixel * 3;
      if (light === null) surface(x, y, mark, 0);
      for (let channel = 0; channel < 3; channel++) {
        const before = pixels[at + channel] as number;
        const after = light === null ? (mark[channel] as number) : before * light;
        pixels[at + channel] = before + share * (after - before);
      }
    });
  }
}

/** Light that falls off to one side, into the corners, or with the soft edge of a shadow. */
function addLight({ size, pixels }: Canvas, random: Random): void {
  const [towardsX, towardsY] = randomDirection(random);
  const strength = between(random, -0.5, 0.5);
  const edge = chance(random, 0.3) ? betweenScales(random, 2, 60) : null;
  const offset = between(random, -0.4, 0.4) * size;
  for (let y = 0, at = 0; y < size; y++)
    for (let x = 0; x < size; x++, at += 3) {
      const along = (x - size / 2) * towardsX + (y - size / 2) * towardsY;
      const share = edge === null ? along / size : smoothStep(-edge, edge, along + offset) - 0.5;
      scale(pixels, at, 1 + strength * share * 1.5);
    }
}

function scale(pixels: Float32Array, at: number, factor: number): void {
  for (let channel = 0; channel < 3; channel++)
    pixels[at + channel] = (pixels[at + channel] as number) * factor;
}

/** Each pixel takes `share` of the mean of itself and its neighbours, first along rows, then along columns. */
function blur({ size, pixels }: Canvas, share: number): void {
  const side = share / 3;
  const pass = (step: number, isEdge: (index: number) => boolean) => {
    const source = pixels.slice();
    for (let index = 0; index < size * size; index++) {
      if (isEdge(index)) continue;
      for (let at = index * 3; at < index * 3 + 3; at++)
        pixels[at] =
          (1 - 2 * side) * (source[at] as number) +
          side * ((source[at - step] as number) + (source[at + step] as number));
    }
  };
  pass(3, (index) => index % size === 0 || index % size === size - 1);
  pass(3 * size, (index) => index < size || index >= size * (size - 1));
}

/** To 8 bits, with the noise of a sensor. @param grain its standard deviation, of 255. */
function developed({ pixels }: Canvas, grain: number, random: Random): Uint8Array {
  const result = new Uint8Array(pixels.length);
  for (let at = 0; at < pixels.length; at += 3) {
    const noise = grain > 0 ? grain * randomNormal(random) : 0;
    for (let channel = 0; channel < 3; channel++)
      result[at + channel] = Math.round(clamp((pixels[at + channel] as number) * 255 + noise, 0, 255));
  }
  return result;
}
