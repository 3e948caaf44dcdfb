/** What a threshold can be chosen from: scored images, and where masks exist their scored pixels. */
export interface ScoredImages {
  /** One image-level score an image, eq. 5.5. */
  scores: ArrayLike<number>;
  /** One label an image, 1 defective, 0 nominal; absent where only nominal images were scored. */
  labels?: ArrayLike<number>;
  /** Pixel scores of all images after one another, and whether each pixel is defective; absent where there are no masks. */
  pixels?: { scores: Float32Array; labels: Uint8Array };
}

/** Chooses the score from which on an image (and a pixel) counts as defective: `score >= threshold`. */
export interface Thresholder {
  /** What it has to be given: nothing but nominal scores, image labels, or masks. */
  readonly needs: 'nominal' | 'labels' | 'masks';
  /** From how many nominal images on it keeps what it promises; of fewer it gives a threshold too, which is worth less. */
  readonly sufficient?: number;
  /** @throws DataError where what it needs is missing or empty. */
  threshold(images: ScoredImages): number;
}
