import sharp from 'sharp';

/** Something between noise and a plane, as a photograph of a part is, of `side` x `side` pixels. */
export function picture(seed, side) {
  const small = Uint8Array.from({ length: 90 * 90 * 3 }, (_, i) => 96 + (((i + seed) * 2654435761) >>> 26));
  const raw = { width: 90, height: 90, channels: 3 };
  return sharp(small, { raw }).resize(side, side, { kernel: 'cubic' });
}
