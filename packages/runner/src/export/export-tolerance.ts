/**
 * How far numbers may be from those of `predict`. Anomaly maps and image scores: in parts of the largest score or value on the maps
 * compared. Normalised scores: absolutely; where scores are large against the range they are divided by, in that many parts of
 * largest value / range.
 */
export const EXPORT_TOLERANCE = 1e-5;
