/**
 * The line around a mask that was enlarged by a whole factor: the pixels outside of it that are at most `lineWidth` away, so that
 * no pixel of the mask is covered. The line may lie outside of the image.
 *
 * @param mask `[height, width]` in rows, non-zero inside.
 * @returns 1 on the line and 0 elsewhere, `[height * factor + 2 * lineWidth, width * factor + 2 * lineWidth]` in rows.
 */
export function maskOutline(
  mask: Uint8Array,
  size: { readonly width: number; readonly height: number },
  factor: number,
  lineWidth: number,
): Uint8Array {
  const width = size.width * factor + 2 * lineWidth;
  const height = size.height * factor + 2 * lineWidth;
  const inside = new Uint8Array(width * height);
  for (let y = 0; y < size.height; y++) {
    const row = new Uint8Array(width);
    for (let x = 0; x < size.width; x++)
      if (mask[y * size.width + x] !== 0) row.fill(1, lineWidth + x * factor, lineWidth + (x + 1) * factor);
    for (let line = 0; line < factor; line++) inside.set(row, (lineWidth + y * factor + line) * width);
  }

  const wider = dilated(inside, height, width, width, 1, lineWidth);
  const outline = dilated(wider, width, height, 1, width, lineWidth);
  for (let i = 0; i < outline.length; i++) if (inside[i] === 1) outline[i] = 0;
  return outline;
}

/** 1 wherever there is a 1 at most `radius` away on the same line, for lines of `length` pixels `step` apart. */
function dilated(
  pixels: Uint8Array,
  lines: number,
  length: number,
  lineStep: number,
  step: number,
  radius: number,
): Uint8Array {
  const result = new Uint8Array(pixels.length);
  for (let line = 0; line < lines; line++) {
    const start = line * lineStep;
    let last = Number.NEGATIVE_INFINITY;
    for (let i = 0; i < length + radius; i++) {
      if (i < length && pixels[start + i * step] === 1) last = i;
      const centre = i - radius;
      if (centre >= 0 && last >= centre - radius) result[start + centre * step] = 1;
    }
  }
  return result;
}
