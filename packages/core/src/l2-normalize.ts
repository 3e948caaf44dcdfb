import { maximum, mul, rsqrt, square, sum, type Tensor4D, tidy } from '@tensorflow/tfjs-core';

// The smallest squared norm that is divided by: a vector of zeros stays zero. PyTorch's normalize clamps the norm at 1e-12.
const SMALLEST_SQUARED_NORM = 1e-24;

/** 1 / ‖Φᵢⱼ‖₂ of each feature vector: `[N, H, W, C]` to `[N, H, W, 1]`. */
export function inverseNorm(features: Tensor4D): Tensor4D {
  return tidy(() => rsqrt(maximum(sum(square(features), -1, true), SMALLEST_SQUARED_NORM)) as Tensor4D);
}

/**
 * Φ̂ = Φ / ‖Φ‖₂ for each feature vector (thesis eq. 5.2): every vector along the last axis has length 1, or 0 where all its
 * elements are 0. Shape `[N, H, W, C]` in and out.
 */
export function l2Normalize(features: Tensor4D): Tensor4D {
  return tidy(() => mul(features, inverseNorm(features)));
}
