/** Which of many images are copies of one another, though their files differ. */
import { beside, correlation, fineStructure, quantize, similarity } from './detail.js';
import { bitCount, perceptualHash } from './perceptual-hash.js';
import { PIXELS } from './thumbnail.js';

export interface NearDuplicate {
  /** Their places in the list, the first one the smaller. */
  readonly one: number;
  readonly other: number;
  /** The correlation of what is their own, at most 1. */
  readonly similarity: number;
}

export interface NearDuplicateOptions {
  /** Whether a pair is of interest. */
  readonly matters: (one: number, other: number) => boolean;
  readonly onProgress?: (done: number, total: number) => void;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Copies that were made of four real data sets (reduced to 0.6, JPEG of quality 60, brighter by 6 %) have 0.94 and more; of different parts
 * and textures hardly any pair has 0.9, and what has 0.92 is a part that was photographed twice.
 */
const SIMILAR = 0.92;

/** Bits that hashes of copies differ in at most: 8 of those above. */
const HASH_BITS = 12;

/** Of so few images all pairs are compared, and each with the mean of the others: it would have a large share in that of all. */
const FEW = 64;

/**
 * Hashes find the candidates, which are few, and a comparison of `fineStructure` decides. Images are compared by what sets them
 * apart from the mean of all: of aligned parts before one background, whole images all look alike.
 * @param thumbnails 64x64 grey levels an image; they are written over.
 * @returns the pairs, most similar first.
 * @throws the signal's reason when it is aborted.
 */
export async function nearDuplicates(
  thumbnails: Uint8Array,
  { matters, onProgress, signal }: NearDuplicateOptions,
): Promise<NearDuplicate[]> {
  const pause = pauses(signal);
  const options = { matters, pause, ...(onProgress && { onProgress }) };
  const found =
    thumbnails.length <= FEW * PIXELS
      ? await amongFew(thumbnails, options)
      : await amongMany(thumbnails, options);
  return found.sort((a, b) => b.similarity - a.similarity || a.one - b.one || a.other - b.other);
}

interface Search extends Pick<NearDuplicateOptions, 'matters' | 'onProgress'> {
  /** Lets others have their turn now and then, and throws when the search is aborted. */
  readonly pause: () => Promise<void>;
}

async function amongFew(
  thumbnails: Uint8Array,
  { matters, pause, onProgress }: Search,
): Promise<NearDuplicate[]> {
  const count = thumbnails.length / PIXELS;
  const fine = Array.from({ length: count }, (_, image) =>
    fineStructure(thumbnails.subarray(image * PIXELS, (image + 1) * PIXELS)),
  );
  const sum = new Float64Array(PIXELS);
  for (const image of fine)
    for (let pixel = 0; pixel < PIXELS; pixel++)
      sum[pixel] = (sum[pixel] as number) + (image[pixel] as number);
  const found: NearDuplicate[] = [];
  for (let one = 0; one < count; one++) {
    onProgress?.(one, count);
    for (let other = one + 1; other < count; other++) {
      await pause();
      if (!matters(one, other)) continue;
      const pair = [fine[one], fine[other]] as [Float64Array, Float64Array];
      // Of two images there are no others.
      const others =
        count === 2
          ? null
          : sum.map((value, pixel) => value - (pair[0][pixel] as number) - (pair[1][pixel] as number));
      const alike = correlation(beside(pair[0], others), beside(pair[1], others));
      if (alike !== null && alike >= SIMILAR) found.push({ one, other, similarity: alike });
    }
  }
  onProgress?.(count, count);
  return found;
}

async function amongMany(
  thumbnails: Uint8Array,
  { matters, pause, onProgress }: Search,
): Promise<NearDuplicate[]> {
  const count = thumbnails.length / PIXELS;
  const { hashes, details, isBlank } = await described(thumbnails, pause);
  const found: NearDuplicate[] = [];
  for (let one = 0; one < count; one++) {
    await pause();
    onProgress?.(one, count);
    if (isBlank[one]) continue;
    const [first, second] = [hashes[2 * one] as number, hashes[2 * one + 1] as number];
    for (let other = one + 1; other < count; other++) {
      const bits =
        bitCount(first ^ (hashes[2 * other] as number)) +
        bitCount(second ^ (hashes[2 * other + 1] as number));
      if (bits > HASH_BITS || isBlank[other] || !matters(one, other)) continue;
      const alike = similarity(details, one, other);
      if (alike >= SIMILAR) found.push({ one, other, similarity: alike });
    }
  }
  onProgress?.(count, count);
  return found;
}

/** The hash and the detail of each image. */
async function described(thumbnails: Uint8Array, pause: () => Promise<void>) {
  const count = thumbnails.length / PIXELS;
  const mean = meanOf(thumbnails, count);
  const fineMean = fineStructure(mean);
  const hashes = new Uint32Array(2 * count);
  const isBlank = new Uint8Array(count);
  const details = new Int8Array(thumbnails.buffer, thumbnails.byteOffset, thumbnails.length);
  for (let image = 0; image < count; image++) {
    await pause();
    const pixels = Float64Array.from(thumbnails.subarray(image * PIXELS, (image + 1) * PIXELS));
    hashes.set(perceptualHash(beside(pixels, mean)), 2 * image);
    const own = beside(fineStructure(pixels), fineMean);
    const isSeen = quantize(own, details.subarray(image * PIXELS, (image + 1) * PIXELS));
    isBlank[image] = isSeen ? 0 : 1;
  }
  return { hashes, details, isBlank };
}

function meanOf(thumbnails: Uint8Array, count: number): Float64Array {
  const sums = new Float64Array(PIXELS);
  for (let image = 0; image < count; image++)
    for (let pixel = 0; pixel < PIXELS; pixel++)
      sums[pixel] = (sums[pixel] as number) + (thumbnails[image * PIXELS + pixel] as number);
  return sums.map((sum) => sum / count);
}

/** Milliseconds after which others have their turn: whoever interrupts, for one. */
const TURN = 50;

function pauses(signal: AbortSignal | undefined): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < TURN) return;
    await new Promise((resolve) => setTimeout(resolve));
    signal?.throwIfAborted();
    last = performance.now();
  };
}
