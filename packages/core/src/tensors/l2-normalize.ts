import {
  customGrad,
  type GradSaveFunc,
  maximum,
  mul,
  rsqrt,
  square,
  sub,
  sum,
  type Tensor,
  type Tensor4D,
  tidy,
} from '@tensorflow/tfjs-core';

// The smallest squared norm that is divided by: a vector of zeros stays zero. PyTorch's normalize clamps the norm at 1e-12.
const SMALLEST_SQUARED_NORM = 1e-24;

/** 1 / ‖Φᵢⱼ‖₂ of each feature vector: `[N, H, W, C]` to `[N, H, W, 1]`. */
export function inverseNorm(features: Tensor4D): Tensor4D {
  return tidy(() => rsqrt(maximum(sum(square(features), -1, true), SMALLEST_SQUARED_NORM)) as Tensor4D);
}

/**
 * Φ̂ = Φ / ‖Φ‖₂ for each feature vector (thesis eq. 5.2): every vector along the last axis has length 1, or 0 where all its
 * elements are 0. Shape `[N, H, W, C]` in and out.
 *
 * The gradient is written out, (g − ⟨g, Φ̂⟩ Φ̂) / ‖Φ‖₂ for the gradient g of Φ̂, since each operation on whole feature maps costs
 * a pass over them.
 */
export function l2Normalize(features: Tensor4D): Tensor4D {
  const normalize = customGrad((x, save) => {
    const inverse = inverseNorm(x as Tensor4D);
    const normalized = mul(x as Tensor4D, inverse) as Tensor4D;
    (save as GradSaveFunc)([normalized, inverse]);
    return {
      value: normalized,
      gradFunc: (dy: Tensor4D, saved: Tensor[]) => {
        const [vectors, scale] = saved as [Tensor4D, Tensor4D];
        const along = mul(vectors, sum(mul(dy, vectors), -1, true));
        return mul(sub(dy, along), scale);
      },
    };
  });
  return tidy(() => normalize(features));
}
