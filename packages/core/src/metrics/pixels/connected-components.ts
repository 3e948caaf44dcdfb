/**
 * The regions of a mask: pixels that touch by an edge or a corner (8-connectivity) belong together.
 *
 * @param mask `[H, W]` in rows, non-zero inside.
 * @param labels memory for them, all zero.
 * @param inside the pixels that are inside, ascending, where they are known.
 * @returns how many regions there are and, for each pixel, 0 or the number of its region, from 1 in the order of rows.
 */
export function connectedComponents(
  mask: ArrayLike<number>,
  { height, width }: { readonly height: number; readonly width: number },
  labels: Int32Array = new Int32Array(height * width),
  inside: Int32Array | null = null,
): { count: number; labels: Int32Array } {
  const pending: number[] = [];
  let count = 0;
  const seeds = inside?.length ?? labels.length;
  for (let i = 0; i < seeds; i++) {
    const seed = inside ? (inside[i] as number) : i;
    if (mask[seed] === 0 || labels[seed] !== 0) continue;
    labels[seed] = ++count;
    pending.push(seed);
    for (let pixel = pending.pop(); pixel !== undefined; pixel = pending.pop()) {
      const x = pixel % width;
      const y = (pixel - x) / width;
      for (let ny = Math.max(y - 1, 0); ny <= Math.min(y + 1, height - 1); ny++)
        for (let nx = Math.max(x - 1, 0); nx <= Math.min(x + 1, width - 1); nx++) {
          const neighbour = ny * width + nx;
          if (mask[neighbour] === 0 || labels[neighbour] !== 0) continue;
          labels[neighbour] = count;
          pending.push(neighbour);
        }
    }
  }
  return { count, labels };
}
