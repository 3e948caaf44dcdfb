import type { ImageDocument } from '../report-document.js';
import { choice } from './shared/elements.js';

/** A filter for the kinds of defects that images have; null is all of them. Folders may be called anything, so values are numbers. */
export function kindChoice(images: readonly ImageDocument[], onChange: (defect: string | null) => void) {
  const kinds = [...new Set(images.map(({ defect }) => defect))];
  const options = kinds.map((kind, index) => [String(index), kind] as const);
  return choice('Kind', [['', 'all'], ...options], (chosen) => onChange(kinds[Number(chosen || -1)] ?? null));
}
