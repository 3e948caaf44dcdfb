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
  const inside = (x: number, y: number): boolean =>
    x >= 0 && y >= 0 && x < width && y < height && isInside(y * width + x);
  const segments: Segment[] = [];
  const along = (
    lines: number,
    length: number,
    differs: (line: number, at: number) => boolean,
    add: (line: number, from: number, to: number) => void,
  ) => {
    for (let line = 0; line <= lines; line++)
      for (let at = 0; at < length; at++) {
        if (!differs(line, at)) continue;
        const from = at;
        while (at < length && differs(line, at)) at++;
        add(line, from, at);
      }
  };
  along(
    height,
    width,
    (y, x) => inside(x, y) !== inside(x, y - 1),
    (y, x1, x2) => segments.push({ x1, y1: y, x2, y2: y }),
  );
  along(
    width,
    height,
    (x, y) => inside(x, y) !== inside(x - 1, y),
    (x, y1, y2) => segments.push({ x1: x, y1, x2: x, y2 }),
  );
  return segments;
}
