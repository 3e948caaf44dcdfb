import { outlineRings, type Size } from '@adfw/core';
import sharp from 'sharp';

/**
 * The line around a mask that was enlarged by a whole factor, outside of it, so that no pixel of the mask is covered. The line may lie
 * outside of the image.
 *
 * @param mask `[height, width]` in rows, 1 inside and 0 outside.
 * @returns 0 but on the line, `[height * factor + 2 * lineWidth, width * factor + 2 * lineWidth]` in rows.
 */
export async function maskOutline(
  mask: Uint8Array,
  size: Size,
  factor: number,
  lineWidth: number,
): Promise<Uint8Array> {
  const enlarged = { width: size.width * factor, height: size.height * factor };
  const inside = new Uint8Array(enlarged.width * enlarged.height);
  for (let y = 0, at = 0; y < enlarged.height; y++)
    for (let x = 0; x < enlarged.width; x++, at++)
      inside[at] = mask[Math.floor(y / factor) * size.width + Math.floor(x / factor)] as number;

  const line = outlineRings(inside, enlarged, 0.5).map((ring) => `M${ring.join('L')}Z`);
  const [width, height] = [enlarged.width + 2 * lineWidth, enlarged.height + 2 * lineWidth];
  // Half of the stroke lies inside, and is taken away below.
  const svg =
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="${-lineWidth} ${-lineWidth} ${width} ${height}">` +
    `<path d="${line.join('')}" fill="none" stroke="#fff" stroke-width="${2 * lineWidth}" stroke-linejoin="round" shape-rendering="crispEdges"/></svg>`;
  const drawn = await sharp(Buffer.from(svg), { unlimited: true }).extractChannel('alpha').raw().toBuffer();
  for (let y = 0, at = 0; y < enlarged.height; y++)
    for (let x = 0; x < enlarged.width; x++, at++)
      if (inside[at] !== 0) drawn[(lineWidth + y) * width + lineWidth + x] = 0;
  return drawn;
}
