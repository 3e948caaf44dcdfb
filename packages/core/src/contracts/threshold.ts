import type { Size } from './size.js';

/** The anomaly maps and masks of scored images, read when they are asked for: all of them at once may not fit into memory. */
export interface PixelSource {
  /** How many images. */
  readonly length: number;
  /** Of an image's map and of its mask. */
  size(index: number): Size;
  /** How many pixels of an image have no score: they do not count. None where it is missing. */
  unscored?(index: number): number;
  /**
   * `[H, W]` in rows; -Infinity where a pixel has no score.
   * @param into an earlier map of this source that is not needed any more: it may be written into where its length fits.
   */
  map(index: number, into?: Float32Array): Promise<Float32Array>;
  /**
   * `[H, W]` in rows, non-zero where defective: all zero for a nominal image, zero where a pixel has no score, null where there is none.
   * @param into an earlier mask, likewise.
   */
  mask(index: number, into?: Uint8Array): Promise<Uint8Array | null>;
  /** Where there are threads that read the same images: does work there. Without it they are read here, one after another. */
  readonly each?: EachImage;
  /** Bytes that counts of pixels may take at once; where it is missing, 30 MB. */
  readonly memory?: number;
}

/**
 * Does the tasks of these names on each of the images that have a mask, with what each is `given` when an image's turn comes: plain data, in
 * memory that threads share where it is a SharedArrayBuffer.
 * @param take is given what the tasks gave for an image, in the order of `images`, whichever was ready first.
 */
export type EachImage = (
  images: readonly number[],
  tasks: readonly { readonly name: string; readonly given: () => unknown }[],
  take: (results: readonly unknown[], index: number) => void,
) => Promise<void>;

/** What a threshold can be chosen from: scored images, and where masks exist their scored pixels. */
export interface ScoredImages {
  /** One image-level score an image, eq. 5.5. */
  scores: ArrayLike<number>;
  /** One label an image, 1 defective, 0 nominal; absent where only nominal images were scored. */
  labels?: ArrayLike<number>;
  /** The pixels of the same images; those of images without a mask do not count. Absent where no image has a mask. */
  pixels?: PixelSource;
}

/** Chooses the score from which on an image (and a pixel) counts as defective: `score >= threshold`. */
export interface Thresholder {
  /** What it has to be given: nothing but nominal scores, image labels, or masks. */
  readonly needs: 'nominal' | 'labels' | 'masks';
  /** From how many nominal images on it keeps what it promises; of fewer it gives a threshold too, which is worth less. */
  readonly sufficient?: number;
  /** @throws DataError where what it needs is missing or empty. */
  threshold(images: ScoredImages): number | Promise<number>;
}
