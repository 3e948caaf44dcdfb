/** Maps of bytes as text: filtered, deflated, in base64. A browser unpacks them without drawing, so that no value changes. */
import { promisify } from 'node:util';
import { deflate } from 'node:zlib';
import type { PackedMap } from '../report-document.js';
import { gradientFiltered } from './gradient-filter.js';

const deflated = promisify(deflate);

/** @param values `[height, width]` in rows. */
export async function packMap(
  values: Uint8Array,
  { width, height, span }: Omit<PackedMap, 'data'>,
): Promise<PackedMap> {
  const data = await deflated(gradientFiltered(values, width));
  return { width, height, span, data: data.toString('base64') };
}
