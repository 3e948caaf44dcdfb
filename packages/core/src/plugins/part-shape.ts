/** What a part must give, as far as that can be seen from outside: plugins in plain JavaScript have no compiler to tell them. */
import type { Kind } from '../contracts/kind.js';
import { isRecord, showJson } from './json.js';

type Shape = Pick<Kind, 'shape'>;

/** What a part's `create` gave instead of a part of its kind, as it follows the part's name; undefined where it gave one. */
export const shapeFault = (created: unknown, kind: Shape): string | undefined =>
  hasShape(created, kind) ? undefined : `must create ${describeShape(kind)}; it gave ${showPart(created)}`;

function hasShape(value: unknown, { shape }: Shape): boolean {
  if (shape === 'function' || typeof value !== 'object' || value === null) return typeof value === shape;
  return Object.entries(shape).every(([key, type]) => {
    const member: unknown = Reflect.get(value, key);
    return typeof member === type && member !== null;
  });
}

function describeShape({ shape }: Shape): string {
  if (shape === 'function') return 'a function';
  const members = Object.entries(shape).map(([key, type]) => (type === 'function' ? `${key}()` : key));
  return `an object with ${members.join(', ')}`;
}

const showPart = (value: unknown): string =>
  isRecord(value) ? `an object with ${Object.keys(value).join(', ') || 'nothing in it'}` : showJson(value);
