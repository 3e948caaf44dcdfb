/** A planed softwood board, with the grain running from top to bottom. */

import { between, type Field, mix, type Random, smoothStep } from '@adfw/core';
import { noiseField } from '../noise.js';
import { paint } from '../paint.js';
import { blob, type Point, polyline, randomPoint } from '../shapes.js';
import { type Damage, defineTexture, type Surface } from '../texture.js';

interface Wood {
  /** Growth rings in the width of the picture, and where the first begins. */
  rings: number;
  phase: number;
  slope: number;
  /** How the rings sway, and how far apart they are. */
  sway: Field;
  spacing: Field;
  /** What differs from ring to ring. */
  ringTone: Field;
  fibres: Field;
  fineFibres: Field;
  pores: Field;
  patches: Field;
}

const EARLY = [0.83, 0.67, 0.47] as const;
const LATE = [0.58, 0.38, 0.22] as const;

export const wood = defineTexture<Wood>({
  summary: 'planed pine',
  piece: (random) => ({
    rings: between(random, 6.5, 9),
    phase: random(),
    slope: between(random, -0.1, 0.1),
    sway: noiseField(random, [3, 3]),
    spacing: noiseField(random, [4, 1]),
    ringTone: noiseField(random, [23, 1]),
    fibres: noiseField(random, [61, 7]),
    fineFibres: noiseField(random, [139, 23]),
    pores: noiseField(random, [113, 13]),
    patches: noiseField(random, [4, 2]),
  }),
  render,
  defects: { hole, crack },
});

function render(piece: Wood, size: number): Surface {
  const surface = new Float32Array(size * size * 3);
  for (let row = 0, i = 0; row < size; row++)
    for (let column = 0; column < size; column++) {
      const [x, y] = [(column + 0.5) / size, (row + 0.5) / size];
      const across = x + piece.slope * (y - 0.5) + 0.035 * piece.sway(x * 0.5, y * 0.5);
      const position =
        across * piece.rings + piece.phase + 0.6 * piece.spacing(across * 0.9, 0) + 0.05 * piece.fibres(x, y);
      const ring = Math.floor(position);
      const age = position - ring;
      // Wood darkens slowly through a season, and the next begins bright at once.
      const late = smoothStep(0.25, 0.93, age) * (1 - smoothStep(0.95, 1, age));
      const lateness = late * (0.62 + 0.2 * piece.ringTone(ring / 23, 0));
      const tone =
        1 +
        0.055 * piece.fibres(x, y) +
        0.05 * piece.fineFibres(x, y) +
        0.05 * piece.patches(x, y) -
        0.22 * smoothStep(0.66, 0.9, piece.pores(x, y));
      for (let channel = 0; channel < 3; channel++, i++)
        surface[i] = mix(EARLY[channel] as number, LATE[channel] as number, lateness) * tone;
    }
  return surface;
}

const SHADOW = { dark: [0.12, 0.1, 0.09], bright: [1.35, 1.35, 1.35] } as const;

/** An insect's way out: a dark round hole, its lower rim in the light, with a darkened margin. */
function hole(_: Wood, surface: Surface, size: number, random: Random): Damage {
  const radius = between(random, 0.025, 0.075);
  const center = randomPoint(random, radius * 1.2);
  const inside = blob(random, center, radius, 0.2);
  const depth = between(random, 0.5, 0.95);
  const strength = (x: number, y: number): number | null => {
    const level = inside(x, y);
    if (level < 0) return null;
    const below = (y - center[1]) / radius;
    const opening = smoothStep(0.2, 0.4, level);
    const margin =
      -0.25 * smoothStep(0, 0.2, level) + 0.3 * Math.max(0, below) * smoothStep(0.05, 0.25, level);
    return depth * mix(margin, -1 + 0.25 * Math.max(0, below), opening);
  };
  return paint(surface, size, strength, SHADOW);
}

/** It dried too fast: a thin jagged split along the grain. */
function crack(piece: Wood, surface: Surface, size: number, random: Random): Damage {
  const line = polyline(crackPoints(piece, random));
  const width = between(random, 0.0045, 0.012);
  const depth = between(random, 0.45, 0.95);
  const strength = (x: number, y: number): number | null => {
    const { distance, along } = line(x, y);
    const opening = smoothStep(0, 0.25, along) * smoothStep(0, 0.25, 1 - along);
    const reach = width * (0.35 + 0.65 * opening) + 0.5 / size;
    if (distance > reach) return null;
    const cover = Math.min(1, (reach - distance) * size);
    return cover > 0.05 ? -depth * cover * (0.6 + 0.4 * opening) : null;
  };
  return paint(surface, size, strength, SHADOW);
}

function crackPoints({ slope }: Wood, random: Random): Point[] {
  const length = between(random, 0.25, 0.65);
  const count = 9;
  const top = between(random, 0, 1 - length);
  let x = between(random, 0.1, 0.9);
  return Array.from({ length: count }, (_, index) => {
    x += between(random, -0.011, 0.011) - (slope * length) / (count - 1);
    return [x, top + (length * index) / (count - 1)];
  });
}
