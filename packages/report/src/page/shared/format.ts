/** Numbers as a person reads them. */

/** Four significant digits: scores of methods differ by orders of magnitude. */
export function formatScore(score: number): string {
  const magnitude = Math.abs(score);
  if (score !== 0 && (magnitude < 1e-3 || magnitude >= 1e6)) return score.toExponential(3);
  return score.toPrecision(4);
}

/** A measure between 0 and 1; an en dash where it could not be measured. */
export const formatMeasure = (value: number | null): string => (value === null ? '–' : value.toFixed(3));

/** `83.3 %`. */
export const formatPercent = (part: number): string => `${Number((100 * part).toFixed(1))} %`;

/** A chance that is at most this one, `5.9 %`: rounded up. */
export const formatBound = (chance: number): string => formatPercent(Math.ceil(1000 * chance - 1e-9) / 1000);

/** `1 image`, `2 images`, `1,000 images`. */
export const count = (many: number, noun: string): string =>
  `${many.toLocaleString('en')} ${noun}${many === 1 ? '' : 's'}`;

/** `12 s`, `3 min 5 s`, `2 h 4 min`. */
export function formatSeconds(seconds: number): string {
  if (seconds < 60) return `${seconds.toPrecision(seconds < 10 ? 2 : 3).replace(/\.0+$/, '')} s`;
  const [minutes, rest] = [Math.floor(seconds / 60), Math.round(seconds % 60)];
  return minutes < 60 ? `${minutes} min ${rest} s` : `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
