/**
 * How far numbers may be from those of `predict`. Anomaly maps and image scores: in parts of the largest score or value on the maps
 * compared. Normalised scores: absolutely; where scores are large against the range they are divided by, in that many parts of
 * largest value / range.
 *
 * Most models differ by less than a hundredth of it. Some divide by what is nearly 0, and so make 1e-7, the last bit of what is summed up in
 * another order, a thousand times as large: the energy in a mixture, structural similarity of a flat image.
 */
export const EXPORT_TOLERANCE = 1e-4;
