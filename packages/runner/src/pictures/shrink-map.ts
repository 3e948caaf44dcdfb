export interface ShrunkMap<T> {
  width: number;
  height: number;
  span: { width: number; height: number };
  data: T;
}

/**
 * A smaller map, no side of which is longer than `side`: the maximum of each square, so that whatever reaches a threshold still does.
 * @param map `[height, width]` in rows.
 * @returns the map, and how many of its pixels are as wide and as high as the whole was.
 */
export function shrinkMap<T extends Float32Array | Uint8Array>(
  map: T,
  { width, height }: { readonly width: number; readonly height: number },
  side: number,
): ShrunkMap<T> {
  const factor = Math.ceil(Math.max(width, height) / side);
  if (factor <= 1) return { width, height, span: { width, height }, data: map };
  const [columns, rows] = [Math.ceil(width / factor), Math.ceil(height / factor)];
  const data = new (map.constructor as new (length: number) => T)(columns * rows).fill(
    Number.NEGATIVE_INFINITY,
  ) as T;
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const at = Math.floor(y / factor) * columns + Math.floor(x / factor);
      const value = map[y * width + x] as number;
      if (value > (data[at] as number)) data[at] = value;
    }
  return { width: columns, height: rows, span: { width: width / factor, height: height / factor }, data };
}
