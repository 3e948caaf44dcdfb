import { isRecord } from '../plugins/json.js';

/**
 * Objects are merged key by key, and anything else that is higher replaces what is lower; but what a lower layer says of a part
 * is dropped where a higher one names another part by `type`.
 */
export function mergeDocuments(lower: unknown, higher: unknown): unknown {
  if (!isRecord(lower) || !isRecord(higher)) return higher;
  if (lower.type !== undefined && higher.type !== undefined && higher.type !== lower.type) return higher;
  const merged = Object.entries(higher).map(([key, value]) => [
    key,
    Object.hasOwn(lower, key) ? mergeDocuments(lower[key], value) : value,
  ]);
  return { ...lower, ...Object.fromEntries(merged) };
}
