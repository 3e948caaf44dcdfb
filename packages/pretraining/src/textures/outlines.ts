/** The outlines of things: how far inside one a point is. */
import { between, type Random } from '@adfw/core';
import { chance, pick } from '../random.js';
import { fractalNoise, randomSeed, smoothNoise } from './field.js';

/** Positive inside, in pixels from the outline (about), negative outside; positions are from the thing's centre, in pixels. */
export type Outline = (x: number, y: number) => number;

const ellipse = (random: Random, radius: number): Outline => {
  const flatness = between(random, 1, 2.5);
  return (x, y) => radius - Math.sqrt(x * x + y * y * flatness * flatness);
};

const rectangle = (random: Random, radius: number): Outline => {
  const [width, height] = [radius, radius / between(random, 1, 4)];
  return (x, y) => Math.min(width - Math.abs(x), height - Math.abs(y));
};

const bar = (random: Random, radius: number): Outline => {
  const thickness = Math.max(0.7, radius * between(random, 0.02, 0.12));
  return (x, y) => Math.min(radius * 1.5 - Math.abs(x), thickness - Math.abs(y));
};

const ring = (random: Random, radius: number): Outline => {
  const thickness = radius * between(random, 0.08, 0.4);
  return (x, y) => thickness - Math.abs(radius - thickness - Math.sqrt(x * x + y * y));
};

/** A convex polygon: what lies inside three to eight half planes. */
const polygon = (random: Random, radius: number): Outline => {
  const count = 3 + Math.floor(random() * 6);
  const sides = Array.from({ length: count }, (_, index) => {
    const angle = (2 * Math.PI * (index + 0.6 * random())) / count;
    return { cosine: Math.cos(angle), sine: Math.sin(angle), distance: radius * between(random, 0.4, 0.8) };
  });
  return (x, y) => {
    let inside = Number.POSITIVE_INFINITY;
    for (const { cosine, sine, distance } of sides)
      inside = Math.min(inside, distance - x * cosine - y * sine);
    // Parallel sides may leave a polygon open.
    return Math.min(inside, 2 * radius - Math.abs(x), 2 * radius - Math.abs(y));
  };
};

/** An ellipse that noise has made irregular. */
const blob = (random: Random, radius: number): Outline => {
  const round = ellipse(random, radius);
  const noise = fractalNoise(randomSeed(random), 3, 0.6);
  const roughness = radius * between(random, 0.3, 1.5);
  const size = radius * between(random, 0.4, 1);
  return (x, y) => round(x, y) + roughness * (noise(x / size + 500, y / size + 500) - 0.5);
};

/** A line that wanders: a scratch, a crack, a hair. */
const thread = (random: Random, radius: number): Outline => {
  const thickness = between(random, 0.5, Math.max(1, Math.min(3, radius * 0.1)));
  const bend = smoothNoise(randomSeed(random));
  const [amplitude, size] = [radius * between(random, 0, 0.8), radius * between(random, 0.2, 1.2)];
  const tapered = chance(random, 0.5);
  return (x, y) => {
    const reach = 1 - Math.abs(x) / (1.5 * radius);
    const half = tapered ? thickness * reach : thickness;
    return reach < 0 ? -1 : half - Math.abs(y - amplitude * (bend(x / size + 500, 0.5) - 0.5));
  };
};

const solids = [ellipse, rectangle, polygon, blob, ring, bar];
const marks = [blob, thread, thread, bar, ellipse];

/** Of a thing about `radius` across from its centre; it may reach twice as far. */
export const solidOutline = (random: Random, radius: number): Outline => pick(random, solids)(random, radius);

/** Of a mark on a surface: a spot, a scratch, a line. */
export const markOutline = (random: Random, radius: number): Outline => pick(random, marks)(random, radius);
