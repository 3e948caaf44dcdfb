/** A Gaussian at every position of an image: mean and covariance of the vectors that nominal images have there. */
import { DataError, tf, whitening } from '@adfw/core';

export interface PositionGaussians {
  /** μ, `[P, D]`. */
  readonly mean: tf.Tensor2D;
  /** V with Σ⁻¹ = V Vᵀ, `[P, D, D]`. */
  readonly whitening: tf.Tensor3D;
}

/** How many values go into one product at most: so many that a pass over all covariances is little beside it. */
const CHUNK_VALUES = 2 ** 25;
/** How many positions are worked on between two looks at whether to stop. */
const POSITIONS_AT_ONCE = 128;

/**
 * Moments of vectors that come in batches. Products are sums over some hundred images, of what is left beyond a mean near theirs: they are
 * of the covariance's own size, so that single precision is enough (with ResNet-18 on real images, distances differ from those in
 * double precision by 2e-7 of themselves).
 *
 * @param total how many vectors a position will have.
 */
export function positionMoments(
  positions: number,
  dimensions: number,
  total: number,
  chunkValues = CHUNK_VALUES,
) {
  const imageSize = positions * dimensions;
  // Chunks of one size, for an engine that compiles what it runs for each size.
  const chunks = Math.ceil(total / Math.max(1, Math.floor(chunkValues / imageSize)));
  const chunkImages = Math.ceil(total / chunks);
  let chunk: Float32Array | null = null;
  let inChunk = 0;
  let count = 0;
  /** The mean of the first chunk, which all vectors are taken from. */
  let origin: tf.Tensor3D | null = null;
  const sums = new Float64Array(imageSize);
  const products = new Float32Array(imageSize * dimensions);

  async function addChunk(): Promise<void> {
    if (!chunk) return;
    const values = chunk.subarray(0, inChunk * imageSize);
    const [sum, product] = tf.tidy(() => {
      const vectors = tf.tensor3d(values, [inChunk, positions, dimensions]);
      origin ??= tf.keep(tf.mean<tf.Tensor3D>(vectors, 0, true));
      const centred = tf.transpose(tf.sub(vectors, origin), [1, 0, 2]);
      return [tf.sum(centred, 1), tf.matMul(centred, centred, true, false)] as const;
    });
    addTo(sums, await sum.data());
    addTo(products, await product.data());
    tf.dispose([sum, product]);
    count += inChunk;
    inChunk = 0;
    // Not written over: an engine may still read what it was given.
    chunk = null;
  }

  return {
    /** @param vectors `[N, P, D]` in rows. */
    async add(vectors: Float32Array): Promise<void> {
      for (let start = 0; start < vectors.length; start += imageSize) {
        chunk ??= new Float32Array(chunkImages * imageSize);
        chunk.set(vectors.subarray(start, start + imageSize), inChunk * imageSize);
        inChunk += 1;
        if (inChunk === chunkImages) await addChunk();
      }
    },

    /**
     * Σ is the sample covariance (over N − 1) plus `regularization` on its diagonal. To be called once.
     * @throws DataError where there were no vectors.
     */
    async gaussians(
      regularization: number,
      {
        onProgress,
        signal,
      }: { onProgress?: (done: number, total: number) => void; signal?: AbortSignal } = {},
    ): Promise<PositionGaussians> {
      await addChunk();
      if (!origin || count === 0)
        throw new DataError('There are no images to take a mean and a covariance of.');
      const mean = (await origin.data()).slice() as Float32Array;
      origin.dispose();
      const covariance = new Float64Array(dimensions * dimensions);
      for (let position = 0; position < positions; position++) {
        if (position % POSITIONS_AT_ONCE === 0) {
          onProgress?.(position, positions);
          await new Promise((resolve) => setTimeout(resolve));
          signal?.throwIfAborted();
        }
        const start = position * dimensions;
        for (let i = 0; i < dimensions; i++) {
          const from = (start + i) * dimensions;
          const offset = sums[start + i] as number;
          for (let j = 0; j <= i; j++)
            covariance[i * dimensions + j] =
              ((products[from + j] as number) - (offset * (sums[start + j] as number)) / count) /
              Math.max(1, count - 1);
          const diagonal = i * dimensions + i;
          covariance[diagonal] = (covariance[diagonal] as number) + regularization;
        }
        // What its products were needed for is done: the result takes their place.
        products.set(whitening(covariance, dimensions), start * dimensions);
        for (let i = start; i < start + dimensions; i++)
          mean[i] = (mean[i] as number) + (sums[i] as number) / count;
      }
      return {
        mean: tf.tensor2d(mean, [positions, dimensions]),
        whitening: tf.tensor3d(products, [positions, dimensions, dimensions]),
      };
    },

    dispose(): void {
      origin?.dispose();
    },
  };
}

function addTo(sums: Float32Array | Float64Array, values: ArrayLike<number>): void {
  for (let index = 0; index < values.length; index++)
    sums[index] = (sums[index] as number) + (values[index] as number);
}

/**
 * √((x − μ)ᵀ Σ⁻¹ (x − μ)) at every position, the Mahalanobis distance.
 * @param vectors `[N, P, D]`.
 * @returns `[N, P]`.
 */
export function mahalanobisDistances(
  vectors: tf.Tensor3D,
  { mean, whitening }: PositionGaussians,
): tf.Tensor2D {
  return tf.tidy(() => {
    const centred = tf.sub(tf.transpose(vectors, [1, 0, 2]), tf.expandDims(mean, 1));
    const whitened = tf.matMul(centred, whitening);
    return tf.transpose(tf.sqrt(tf.sum<tf.Tensor2D>(tf.square(whitened), 2)));
  });
}
