/** The colours of anomaly scores: dark and purple below the threshold, orange and yellow from it on. */
import { interpolateInferno } from 'd3-scale-chromatic';

/**
 * From min over the threshold in the middle to max, linear on both sides: most scores of a run are far below its highest, and
 * on a scale that is linear throughout, nearly everything would be black.
 */
export interface ColorScale {
  readonly min: number;
  readonly max: number;
  /** The score in the middle of the scale; null where it is linear throughout. */
  readonly middle: number | null;
}

/** The scale of a run; linear where the threshold is not between its ends. */
export const colorScale = (min: number, max: number, threshold: number): ColorScale => ({
  min,
  max,
  middle: threshold > min && threshold < max ? threshold : null,
});

/** Where a score is on the scale, 0 to 1; scores beyond its ends are at them. */
export function positionOn({ min, max, middle }: ColorScale, score: number): number {
  if (score <= min || max <= min) return 0;
  if (score >= max) return 1;
  if (middle === null) return (score - min) / (max - min);
  if (score < middle) return (0.5 * (score - min)) / (middle - min);
  return 0.5 + (0.5 * (score - middle)) / (max - middle);
}

/** Colour at a position, `#rrggbb`: a perceptually uniform map, dark to bright. */
export const colorAt = (position: number): string => interpolateInferno(position);

const STEPS = 256;
const [red, green, blue] = [1, 3, 5].map((digit) =>
  Uint8Array.from({ length: STEPS }, (_, step) =>
    Number.parseInt(colorAt(step / (STEPS - 1)).slice(digit, digit + 2), 16),
  ),
) as [Uint8Array, Uint8Array, Uint8Array];

/** Red, green and blue of each score, 0 to 255, one after another. */
export function scoreColors(scores: Float32Array, scale: ColorScale): Uint8Array {
  const colors = new Uint8Array(scores.length * 3);
  for (let i = 0; i < scores.length; i++) {
    const step = Math.round(positionOn(scale, scores[i] as number) * (STEPS - 1));
    colors[3 * i] = red[step] as number;
    colors[3 * i + 1] = green[step] as number;
    colors[3 * i + 2] = blue[step] as number;
  }
  return colors;
}
