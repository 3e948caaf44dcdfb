/** The line around what a map has inside: the sides of its pixels beyond which it is outside. */

export interface Segment {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/**
 * @param isInside of a pixel by its index, in rows.
 * @returns horizontal and vertical segments in pixels of the map, each as long as it runs straight; the map's own border counts.
 */
export function outline(
  { width, height }: { readonly width: number; readonly height: number },
  isInside: (index: number) => boolean,
): Segment[] {
  // A border of pixels that are outside makes all pixels alike.
  const stride = width + 2;
  const inside = new Uint8Array(stride * (height + 2));
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) if (isInside(y * width + x)) inside[(y + 1) * stride + x + 1] = 1;

  const segments: Segment[] = [];
  /** Goes along each line between pixels and adds where the pixels on its sides, `across` apart, differ. */
  const along = (
    lines: number,
    length: number,
    across: number,
    step: number,
    add: (line: number, from: number, to: number) => void,
  ) => {
    for (let line = 0; line <= lines; line++) {
      const start = step + line * across;
      let from = -1;
      for (let at = 0; at <= length; at++) {
        const pixel = start + at * step;
        const differs = at < length && inside[pixel] !== inside[pixel + across];
        if (differs && from < 0) from = at;
        if (differs || from < 0) continue;
        add(line, from, at);
        from = -1;
      }
    }
  };
  along(height, width, stride, 1, (y, x1, x2) => segments.push({ x1, y1: y, x2, y2: y }));
  along(width, height, 1, stride, (x, y1, y2) => segments.push({ x1: x, y1, x2: x, y2 }));
  return segments;
}
