import type { Emitter } from '../emit/emitter.js';
import type { PhaseImage } from '../emit/fusion.js';
import type { Operand } from '../emit/operand.js';
import type { ResultSpec } from '../emit/operation.js';
import { blockedOperand, imageShape } from './image.js';

/** Puts phases together: first columns, then rows, each by laying blocks of memory side by side. */
export function joinPhases(
  emitter: Emitter,
  images: readonly (PhaseImage | null)[],
  [down, across]: readonly [number, number],
  result: ResultSpec,
): Operand {
  const [n, c, h, w] = imageShape(result.shape);
  const { block } = emitter;
  const [height, width] = [h / down, w / across];
  const size = [((n * c) / block) * height, width, block];
  const tensors = images.map((image) =>
    image ? emitter.reshape(image(emitter, null), size) : emitter.expand(emitter.scalar(0), [], size),
  );
  const rows = Array.from({ length: down }, (_, a) => {
    const row = tensors.slice(a * across, (a + 1) * across);
    return emitter.reshape(concat(emitter, row, 2), [((n * c) / block) * height, w * block]);
  });
  return blockedOperand(emitter, result, emitter.reshape(concat(emitter, rows, 1), [n, c, h, w]));
}

const concat = (emitter: Emitter, tensors: readonly string[], axis: number): string =>
  tensors.length === 1 ? (tensors[0] as string) : emitter.op('Concat', tensors, { axis });

/** The sum of two images that come in phases, added phase by phase; null where they can't be. */
export function addPhases(emitter: Emitter, a: Operand, b: Operand): Operand | null {
  const [p, q] = [a.fusion?.phases, b.fusion?.phases];
  if (!p || !q || a.shared || b.shared || p.strides.join() !== q.strides.join()) return null;
  const images = p.images.map((image, i): PhaseImage | null => {
    const other = q.images[i];
    if (!image || !other) return image ?? other ?? null;
    return () => image(emitter, other(emitter, null));
  });
  return p.join(emitter, images);
}
