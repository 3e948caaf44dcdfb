/** Where a defect is: shapes in the unit square. */

import { between, clamp, type Field, type Random } from '@adfw/core';
import { noiseField } from './noise.js';

export type Point = readonly [x: number, y: number];

/** A point at least `margin` from the border. */
export const randomPoint = (random: Random, margin: number): Point => [
  between(random, margin, 1 - margin),
  between(random, margin, 1 - margin),
];

/** A direction, of length 1. */
export function randomDirection(random: Random): Point {
  for (;;) {
    const [x, y] = [between(random, -1, 1), between(random, -1, 1)];
    const length = Math.sqrt(x * x + y * y);
    // Points of the disc only, so that no direction is preferred.
    if (length > 0.1 && length <= 1) return [x / length, y / length];
  }
}

/**
 * How far inside a blob a point is: 1 at its centre, 0 on its outline, negative outside. The outline is an ellipse that noise
 * makes irregular.
 * @param radius of the longer axis.
 * @param roughness 0 for an ellipse; 0.5 for a ragged outline.
 */
export function blob(random: Random, [centerX, centerY]: Point, radius: number, roughness: number): Field {
  const [alongX, alongY] = randomDirection(random);
  const flatness = between(random, 1, 1.7);
  const coarse = noiseField(random, [9, 9]);
  const fine = noiseField(random, [31, 31]);
  return (x, y) => {
    const [dx, dy] = [x - centerX, y - centerY];
    const along = (dx * alongX + dy * alongY) / radius;
    const across = ((dy * alongX - dx * alongY) / radius) * flatness;
    const distance = Math.sqrt(along * along + across * across);
    if (distance > 2) return -1;
    return 1 - distance * (1 + roughness * (0.7 * coarse(x, y) + 0.3 * fine(x, y)));
  };
}

/** Where a point is beside a line: how far from it, and how far along it (0 at its start, 1 at its end). */
export type LinePosition = (x: number, y: number) => { distance: number; along: number };

/** A line through points. */
export function polyline(points: readonly Point[]): LinePosition {
  const segments = points.slice(1).map((end, index) => {
    const start = points[index] as Point;
    const [dx, dy] = [end[0] - start[0], end[1] - start[1]];
    return { start, dx, dy, lengthSquared: dx * dx + dy * dy };
  });
  return (x, y) => {
    let nearest = Number.POSITIVE_INFINITY;
    let along = 0;
    segments.forEach(({ start, dx, dy, lengthSquared }, index) => {
      const [px, py] = [x - start[0], y - start[1]];
      const share = clamp((px * dx + py * dy) / lengthSquared, 0, 1);
      const [ex, ey] = [px - share * dx, py - share * dy];
      const squared = ex * ex + ey * ey;
      if (squared < nearest) {
        nearest = squared;
        along = (index + share) / segments.length;
      }
    });
    return { distance: Math.sqrt(nearest), along };
  };
}

/** Points along a curve that leaves `start` for `end` and bends towards `control` (a quadratic Bézier curve). */
export const curve = (start: Point, control: Point, end: Point, count: number): Point[] =>
  Array.from({ length: count }, (_, index) => {
    const t = index / (count - 1);
    const at = (axis: 0 | 1): number =>
      (1 - t) * (1 - t) * start[axis] + 2 * t * (1 - t) * control[axis] + t * t * end[axis];
    return [at(0), at(1)];
  });
