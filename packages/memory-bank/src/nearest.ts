/** Distances to the vectors of a bank, by matrix products: as functions of tensors they are replayed and exported like any other. */
import { tf } from '@adfw/core';

/** How many distances are there at a time, for each image of a batch: 8 MiB. */
const MOST_DISTANCES = 2 ** 21;

/** How many vectors of a bank are compared with at once, where each image has `queries` vectors. */
export const pieceFor = (queries: number): number => Math.max(1, Math.floor(MOST_DISTANCES / queries));

/**
 * ‖q - m‖² of each query q and each vector m of the bank, as ‖q‖² + ‖m‖² - 2 q·m, at least 0. In float32 it is off by about a millionth
 * of the squared norms.
 * @param queries `[Q, D]`.
 * @param bank `[M, D]`.
 * @returns `[Q, M]`.
 */
export const squaredDistances = (queries: tf.Tensor2D, bank: tf.Tensor2D): tf.Tensor2D =>
  tf.tidy(() => tf.relu(tf.add(squaredNorms(queries, true), lessOwnNorms(queries, bank))));

/**
 * The distance of each query to the nearest vector of the bank. The bank is gone through in pieces, so that of its distances to all
 * queries only some are there at a time.
 * @param queries `[..., Q, D]`.
 * @param bank `[..., M, D]`; what is before that is the same for both.
 * @param piece how many vectors of the bank are compared with at once.
 * @returns `[..., Q]`.
 */
export const nearestDistances = <Queries extends tf.Tensor2D | tf.Tensor3D>(
  queries: Queries,
  bank: Queries,
  piece: number,
): tf.Tensor =>
  tf.tidy(() => {
    const nearest = pieces(bank, piece)
      .map((part) => tf.min(lessOwnNorms(queries, part), -1))
      .reduce((one, other) => tf.minimum(one, other));
    return tf.sqrt(tf.relu(tf.add(squaredNorms(queries), nearest)));
  });

/**
 * The distances of each query to the `count` nearest vectors of the bank, and which these are.
 * @param queries `[Q, D]`.
 * @param bank `[M, D]`.
 * @param count at most M.
 * @returns both `[Q, count]`, the nearest first.
 */
export const nearestOf = (
  queries: tf.Tensor2D,
  bank: tf.Tensor2D,
  count: number,
): { distances: tf.Tensor2D; indices: tf.Tensor2D } =>
  tf.tidy(() => {
    const { values, indices } = tf.topk(tf.neg(squaredDistances(queries, bank)), count);
    return { distances: tf.sqrt(tf.neg(values)), indices };
  });

/** Which vector of the bank each query is nearest to: `[Q]`. */
export const nearestIndices = (queries: tf.Tensor2D, bank: tf.Tensor2D): tf.Tensor1D =>
  tf.tidy(() => tf.argMin(lessOwnNorms(queries, bank), 1));

/** ‖m‖² - 2 q·m, `[..., Q, M]`: what is left of a squared distance without ‖q‖², which is the same for all of the bank. */
const lessOwnNorms = <T extends tf.Tensor2D | tf.Tensor3D>(queries: T, bank: T): T =>
  tf.add(tf.expandDims(squaredNorms(bank), -2), tf.matMul(queries, tf.mul(bank, -2), false, true));

const squaredNorms = (vectors: tf.Tensor, keepDims = false): tf.Tensor =>
  tf.sum(tf.square(vectors), -1, keepDims);

function pieces<T extends tf.Tensor2D | tf.Tensor3D>(bank: T, size: number): T[] {
  const axis = bank.rank - 2;
  const count = bank.shape[axis] as number;
  if (count <= size) return [bank];
  return Array.from({ length: Math.ceil(count / size) }, (_, n) => {
    const begin = bank.shape.map((_, at) => (at === axis ? n * size : 0));
    const length = Math.min(size, count - n * size);
    return tf.slice(
      bank,
      begin,
      bank.shape.map((whole, at) => (at === axis ? length : whole)),
    );
  });
}
