/** Brushed steel under a long lamp. */

import { between, clamp, type Field, type Random, smoothStep } from '@adfw/core';
import { noiseField } from '../noise.js';
import { paint } from '../paint.js';
import { blob, curve, type Point, polyline, randomDirection, randomPoint } from '../shapes.js';
import { type Damage, defineTexture, type Surface } from '../texture.js';

interface Metal {
  /** The marks of the brush, from broad to fine: long from left to right, narrow from top to bottom. */
  strokes: { field: Field; depth: number }[];
  /** How much the brush leaned, as a slope. */
  slope: number;
  /** The reflection of the lamp: where it is, how wide, how bright. */
  lamp: { center: number; slope: number; width: number; brightness: number };
  unevenness: Field;
}

const COLOUR = [0.56, 0.575, 0.59] as const;

export const metal = defineTexture<Metal>({
  summary: 'brushed steel',
  piece: (random) => ({
    strokes: [
      { field: noiseField(random, [2, 22]), depth: 0.045 },
      { field: noiseField(random, [3, 61]), depth: 0.06 },
      { field: noiseField(random, [5, 127]), depth: 0.07 },
      { field: noiseField(random, [19, 149]), depth: 0.05 },
    ],
    slope: between(random, -0.02, 0.02),
    lamp: {
      center: between(random, 0.2, 0.8),
      slope: between(random, -0.15, 0.15),
      width: between(random, 0.35, 0.55),
      brightness: between(random, 0.14, 0.24),
    },
    unevenness: noiseField(random, [3, 3]),
  }),
  render,
  defects: { scratch, dent },
});

function render({ strokes, slope, lamp, unevenness }: Metal, size: number): Surface {
  const surface = new Float32Array(size * size * 3);
  for (let row = 0, i = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const [x, y] = [(column + 0.5) / size, (row + 0.5) / size];
      const acrossStrokes = y + slope * x;
      let tone = 1 + 0.03 * unevenness(x, y);
      for (const { field, depth } of strokes) tone += depth * field(x, acrossStrokes);
      // Brushed metal spreads a reflection across the strokes: a broad, soft band.
      const offset = (x - lamp.center + lamp.slope * (y - 0.5)) / lamp.width;
      const band = Math.max(0, 1 - offset * offset);
      tone *= 0.88 + lamp.brightness * band * band * 1.6;
      for (let channel = 0; channel < 3; channel++, i++) surface[i] = (COLOUR[channel] as number) * tone;
    }
  return surface;
}

/** Something hard was dragged over it: a fine bright line with a dark edge, that fades in and out. */
function scratch(_: Metal, surface: Surface, size: number, random: Random): Damage {
  const line = polyline(scratchPoints(random));
  const width = between(random, 0.002, 0.006);
  const brightness = between(random, 0.3, 0.9);
  const pressure = noiseField(random, [29, 1]);
  const [shadowX, shadowY] = randomDirection(random);
  const strength = (x: number, y: number): number | null => {
    const { distance, along } = line(x, y);
    // Half a pixel more, so that the finest scratch covers one.
    const reach = width + 0.5 / size;
    if (distance > 3 * reach) return null;
    const fade = smoothStep(0, 0.2, along) * smoothStep(0, 0.2, 1 - along) * (1 + 0.5 * pressure(along, 0));
    const core = clamp((reach - distance) * size, 0, 1) * fade;
    // The edge that is turned from the light, beside the core.
    const beside = line(x + shadowX * reach * 1.4, y + shadowY * reach * 1.4).distance;
    const edge = clamp((reach - beside) * size, 0, 1) * fade * (1 - core);
    return core + edge < 0.08 ? null : brightness * (core - 0.6 * edge);
  };
  return paint(surface, size, strength, { dark: [0.35, 0.35, 0.36], bright: [1.75, 1.75, 1.75] });
}

function scratchPoints(random: Random): Point[] {
  const [x, y] = randomPoint(random, 0.2);
  const [directionX, directionY] = randomDirection(random);
  const length = between(random, 0.1, 0.4);
  const bend = between(random, -0.3, 0.3) * length;
  const start: Point = [x - directionX * length, y - directionY * length];
  const end: Point = [x + directionX * length, y + directionY * length];
  return curve(start, [x - directionY * bend, y + directionX * bend], end, 13);
}

/** It was hit: a hollow whose near wall lies in shadow and whose far wall catches the light. */
function dent(_: Metal, surface: Surface, size: number, random: Random): Damage {
  const radius = between(random, 0.05, 0.14);
  const center = randomPoint(random, radius);
  const inside = blob(random, center, radius, 0.12);
  const depth = between(random, 0.3, 1);
  const strength = (x: number, y: number): number | null => {
    const level = inside(x, y);
    if (level < 0.04) return null;
    // Light from the upper left; the walls are steepest half way down.
    const facing = ((x - center[0]) * LIGHT[0] + (y - center[1]) * LIGHT[1]) / radius;
    const steepness = 4 * level * (1 - level);
    return clamp(depth * (2 * facing * steepness - 0.15 * smoothStep(0, 0.3, level)), -1, 1);
  };
  return paint(surface, size, strength, { dark: [0.3, 0.3, 0.31], bright: [1.6, 1.6, 1.6] });
}

const LIGHT = [0.6, 0.8] as const;
