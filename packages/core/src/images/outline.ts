import { contours } from 'd3-contour';
import type { Size } from '../contracts/size.js';

/** A closed line of points `[x, y]`, of which the last is the first. */
export type Ring = (readonly [x: number, y: number])[];

/**
 * Where the values of a map, interpolated linearly between the centres of its pixels (marching squares), are as high as `threshold`;
 * beyond the map they count as lower. Of a mask of 0 and 1 a threshold of 0.5 gives its border, with its corners cut.
 *
 * @param values `[size.height, size.width]` in rows.
 * @param target the size of the picture in whose pixels the rings are wanted, from its upper left corner, to a tenth of a pixel.
 * @returns rings around regions and around holes in them, to be filled by the even-odd rule.
 */
export function outlineRings(
  values: ArrayLike<number>,
  size: Size,
  threshold: number,
  target: Size = size,
): Ring[] {
  const { coordinates } = contours()
    .size([size.width, size.height])
    .contour(values as number[], threshold);
  const [across, down] = [target.width / size.width, target.height / size.height];
  const round = (value: number) => Math.round(value * 10) / 10;
  return coordinates.flatMap((polygon) =>
    polygon.map((ring) =>
      withoutStraightOn(
        ring.map(([x, y]) => [round((x as number) * across), round((y as number) * down)] as const),
      ),
    ),
  );
}

/** Without the points at which the line goes straight on. */
const withoutStraightOn = (ring: Ring): Ring =>
  ring.filter(([x, y], i) => {
    const [previous, next] = [ring[i - 1], ring[i + 1]];
    if (!previous || !next) return true;
    return (x - previous[0]) * (next[1] - y) !== (y - previous[1]) * (next[0] - x);
  });
